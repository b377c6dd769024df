"""The table of welcome messages.

=================  ================  ==============================================================
pk                 sk                item
=================  ================  ==============================================================
``NODE#<id>``      ``RULE#<state>``  with which content a node's new customers are greeted
``CODE#<id>``      ``CLAIM``         somebody greets, or greeted, with this code; kept for a day
=================  ================  ==============================================================

A code itself is never stored.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from scrm import clock, ids
from scrm.aws.table import ABSENT, Condition, Table, starts_with
from scrm.welcome.model import WelcomeRule

SCHEMA_VERSION: Final = 1
_CLAIM_LIFE: Final = timedelta(days=1)


class DynamoWelcomeRules:
    """Implements `scrm.welcome.ports.WelcomeRules`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def rules(self, node_ids: Sequence[str], states: Sequence[str]) -> Sequence[WelcomeRule]:
        keys = [_key(node_id, state) for node_id in node_ids for state in dict.fromkeys(states)]
        return [_to_rule(item) for item in self._table.get_many(keys)]

    def of_node(self, node_id: str) -> Sequence[WelcomeRule]:
        return [_to_rule(item) for item in self._table.query(starts_with(f"NODE#{node_id}", "RULE#"))]

    def save(self, rule: WelcomeRule) -> bool:
        item = {
            **_key(rule.node_id, rule.state),
            "schema_version": SCHEMA_VERSION,
            "revision": rule.revision + 1,
            "node_id": rule.node_id,
            "state": rule.state,
            "activity_id": rule.activity_id,
            "version": rule.version,
            "content_hash": rule.content_hash,
            "set_by": rule.set_by,
            "set_at": clock.to_iso(rule.set_at),
        }
        return self._table.put(item, _as_read(rule.revision) if rule.revision else ABSENT)

    def remove(self, rule: WelcomeRule) -> bool:
        return self._table.delete(_key(rule.node_id, rule.state), _as_read(rule.revision))


class DynamoWelcomeClaims:
    """Implements `scrm.welcome.ports.WelcomeClaims`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def claim(self, code: str, at: datetime) -> bool:
        item = {
            "pk": f"CODE#{ids.derive('code', code)}",
            "sk": "CLAIM",
            "schema_version": SCHEMA_VERSION,
            "claimed_at": clock.to_iso(at),
            "expires_at": int((at + _CLAIM_LIFE).timestamp()),
        }
        return self._table.put(item, ABSENT)


def _key(node_id: str, state: str) -> dict[str, str]:
    return {"pk": f"NODE#{node_id}", "sk": f"RULE#{state}"}


def _as_read(revision: int) -> Condition:
    return Condition("revision = :read", {":read": revision})


def _to_rule(item: dict[str, Any]) -> WelcomeRule:
    return WelcomeRule(
        node_id=item["node_id"],
        state=item["state"],
        activity_id=item["activity_id"],
        version=item["version"],
        content_hash=item["content_hash"],
        set_by=item["set_by"],
        set_at=clock.from_iso(item["set_at"]),
        revision=item["revision"],
    )
