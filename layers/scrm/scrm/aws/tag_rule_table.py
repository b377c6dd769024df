"""Rules of automatic tags, in the table of welcome messages.

====================  ====================  ========================================================================
pk                    sk                    item
====================  ====================  ========================================================================
``TAGRULE#<rule>``    ``RULE``              a rule: what it wants, its state, who did what
``NODE#<node>``       ``TAGRULE#<rule>``    the same, of a node; written with it
``TAGRULE#<rule>``    ``DONE#<customer>``   a customer whom it tagged; written with the count
``TAGRULE#<rule>``    ``DAY#<yyyy-mm-dd>``  how many who came that day it tagged
====================  ====================  ========================================================================
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final

from scrm import clock, ids
from scrm.audit.log import AuditLog
from scrm.aws import cursors
from scrm.aws.day_counts import counted_once, per_day
from scrm.aws.table import ABSENT, Condition, Item, Put, Table, starts_with
from scrm.clock import BUSINESS_ZONE
from scrm.paging import Page
from scrm.tagging.model import MissingTag, Newcomer, RuleState, RuleWish, TagRule

SCHEMA_VERSION: Final = 1


class TallyBusyError(Exception):
    """Others kept counting at the same moment; the message should be tried again later."""


class DynamoTagRules:
    """Implements `scrm.tagging.ports.TagRules`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def find(self, rule_id: str) -> TagRule | None:
        item = self._table.get({"pk": _pk(rule_id), "sk": "RULE"})
        return _to_rule(item) if item else None

    def save(self, rule: TagRule) -> bool:
        before = rule.revision - 1
        as_read = Condition("revision = :read", {":read": before}) if before else ABSENT
        of_node = {"pk": _node_pk(rule.node_id), "sk": f"TAGRULE#{rule.rule_id}"}
        values = _values(rule)
        return self._table.transact(
            [Put({"pk": _pk(rule.rule_id), "sk": "RULE", **values}, as_read), Put({**of_node, **values})]
        )

    def of_node(self, node_id: str, cursor: str | None, limit: int) -> Page[TagRule]:
        scope = f"tag rules {node_id}"
        items, last = self._table.query_page(
            starts_with(_node_pk(node_id), "TAGRULE#"),
            start=cursors.key(cursors.decode(scope, cursor), "after"),
            limit=limit,
        )
        return Page(tuple(map(_to_rule, items)), cursors.encode(scope, {"after": last}) if last else None)

    def released(self, node_ids: Sequence[str]) -> Sequence[TagRule]:
        of_nodes = (starts_with(_node_pk(node_id), "TAGRULE#") for node_id in node_ids)
        found = [_to_rule(item) for each in of_nodes for item in self._table.query(each)]
        return [rule for rule in found if rule.state is RuleState.RELEASED]


class DynamoTallies:
    """Implements `scrm.tagging.ports.Tallies`. The item and the count are one transaction."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def count(self, rule: TagRule, newcomer: Newcomer) -> bool:
        done = {
            "pk": _pk(rule.rule_id),
            "sk": f"DONE#{newcomer.external_userid}",
            "schema_version": SCHEMA_VERSION,
            "external_userid": newcomer.external_userid,
            "userid": newcomer.userid,
            "at": clock.to_iso(newcomer.at),
        }
        counted = counted_once(self._table, done, "tagged", newcomer.at.astimezone(BUSINESS_ZONE).date())
        if counted is None:
            raise TallyBusyError
        return counted

    def per_day(self, rule_id: str) -> dict[date, int]:
        return per_day(self._table, _pk(rule_id), "tagged")


class AuditedTagRules:
    """Implements `scrm.tagging.ports.RuleJournal`."""

    def __init__(self, audit: AuditLog) -> None:
        self._audit = audit

    def told(self, rule: TagRule, action: str, actor: str) -> None:
        subject = f"{rule.rule_id}/r{rule.revision}"
        at = rule.ended_at or rule.released_at or rule.changed_at
        cause = ids.derive("evt", subject, action)
        self._audit.record(actor, f"tag_rule.{action}", subject, rule.node_path, "done", at, cause=cause)


def _pk(rule_id: str) -> str:
    return f"TAGRULE#{rule_id}"


def _node_pk(node_id: str) -> str:
    return f"NODE#{node_id}"


def _values(rule: TagRule) -> Item:
    wish = rule.wish
    return {
        "schema_version": SCHEMA_VERSION,
        "rule_id": rule.rule_id,
        "node_id": rule.node_id,
        "node_path": rule.node_path,
        "name": wish.name,
        "tag_group": wish.group,
        "tags": list(wish.tags),
        "came_by": list(wish.came_by),
        "tiers": list(wish.tiers),
        "missing": wish.missing.value,
        "state": rule.state.value,
        "made_at": clock.to_iso(rule.made_at),
        "changed_by": rule.changed_by,
        "changed_at": clock.to_iso(rule.changed_at),
        "released_by": rule.released_by or None,
        "released_at": _iso(rule.released_at),
        "ended_by": rule.ended_by or None,
        "ended_at": _iso(rule.ended_at),
        "revision": rule.revision,
    }


def _to_rule(item: Item) -> TagRule:
    return TagRule(
        rule_id=item["rule_id"],
        node_id=item["node_id"],
        node_path=item["node_path"],
        wish=RuleWish(
            name=item["name"],
            group=item["tag_group"],
            tags=tuple(item["tags"]),
            came_by=tuple(item["came_by"]),
            tiers=tuple(item["tiers"]),
            missing=MissingTag(item["missing"]),
        ),
        state=RuleState(item["state"]),
        made_at=clock.from_iso(item["made_at"]),
        changed_by=item["changed_by"],
        changed_at=clock.from_iso(item["changed_at"]),
        released_by=item.get("released_by", ""),
        released_at=_moment(item.get("released_at")),
        ended_by=item.get("ended_by", ""),
        ended_at=_moment(item.get("ended_at")),
        revision=item["revision"],
    )


def _iso(moment: datetime | None) -> str | None:
    return clock.to_iso(moment) if moment else None


def _moment(text: str | None) -> datetime | None:
    return clock.from_iso(text) if text else None
