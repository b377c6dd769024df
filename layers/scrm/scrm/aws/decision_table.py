"""Decisions that a second person confirms, in the handover's table.

=====================  =============  ==========================================================
pk                     sk             item
=====================  =============  ==========================================================
``DECISION#<id>``      ``DECISION``   a decision; while it waits it is in two indexes of the cases
=====================  =============  ==========================================================
"""

import json
from dataclasses import replace
from datetime import datetime
from typing import Any

from scrm import clock
from scrm.aws import cursors
from scrm.aws.table import ABSENT, Condition, Item, Table
from scrm.handover.errors import StaleVersionError
from scrm.handover.four_eyes import DecisionState, PendingDecision, Wish
from scrm.node_paths import ROOT_PATH, branch_of
from scrm.paging import Page

SCHEMA_VERSION = 1
_EVERYWHERE = "DECISIONS"


class DynamoDecisionStore:
    """Implements `scrm.handover.four_eyes.DecisionStore`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def find(self, decision_id: str) -> PendingDecision | None:
        item = self._table.get(_key(decision_id))
        return _to_decision(item) if item else None

    def save(self, decision: PendingDecision) -> PendingDecision:
        saved = replace(decision, version=decision.version + 1)
        read = Condition("#version = :read", {":read": decision.version}, {"#version": "version"})
        if not self._table.put(_from_decision(saved), read if decision.version else ABSENT):
            raise StaleVersionError(decision.decision_id)
        return saved

    def waiting(self, node_path: str, now: datetime, cursor: str | None, limit: int) -> Page[PendingDecision]:
        """Head office reads one partition, everyone else his branch's."""
        scope = f"decisions/{node_path}"
        whole_bank = node_path == ROOT_PATH
        name, partition = ("month_pk", _EVERYWHERE) if whole_bank else ("branch_pk", _of_branch(node_path))
        items, last = self._table.query_page(
            Condition(f"{name} = :partition", {":partition": partition, ":path": node_path, ":now": clock.to_iso(now)}),
            index="by_month" if whole_bank else "by_branch",
            start=cursors.key(cursors.decode(scope, cursor), "after"),
            limit=limit,
            newest_first=True,
            where="begins_with(node_path, :path) AND valid_until > :now",
        )
        return Page(tuple(map(_to_decision, items)), cursors.encode(scope, {"after": last}) if last else None)


def _key(decision_id: str) -> dict[str, str]:
    return {"pk": f"DECISION#{decision_id}", "sk": "DECISION"}


def _of_branch(node_path: str) -> str:
    return f"{_EVERYWHERE}#{branch_of(node_path)}"


def _from_decision(decision: PendingDecision) -> Item:
    waits = decision.state is DecisionState.PENDING
    return {
        **_key(decision.decision_id),
        "schema_version": SCHEMA_VERSION,
        "version": decision.version,
        "branch_pk": _of_branch(decision.wish.node_path) if waits else None,
        "month_pk": _EVERYWHERE if waits else None,
        "opened_at": clock.to_iso(decision.made_at),
        "decision_id": decision.decision_id,
        "operation": decision.wish.operation,
        "case_id": decision.wish.case_id,
        "node_path": decision.wish.node_path,
        "parameters": json.dumps(decision.wish.parameters, ensure_ascii=False, sort_keys=True, separators=(",", ":")),
        "made_by": decision.made_by,
        "valid_until": clock.to_iso(decision.expires_at),
        "state": decision.state.value,
        "decided_by": decision.decided_by,
        "decided_at": clock.to_iso(decision.decided_at) if decision.decided_at else None,
        "reason": decision.reason,
        "done_at": clock.to_iso(decision.done_at) if decision.done_at else None,
    }


def _to_decision(item: dict[str, Any]) -> PendingDecision:
    return PendingDecision(
        decision_id=item["decision_id"],
        wish=Wish(item["operation"], item["case_id"], item["node_path"], json.loads(item["parameters"])),
        made_by=item["made_by"],
        made_at=clock.from_iso(item["opened_at"]),
        expires_at=clock.from_iso(item["valid_until"]),
        state=DecisionState(item["state"]),
        decided_by=item["decided_by"],
        decided_at=clock.from_iso(item["decided_at"]) if "decided_at" in item else None,
        reason=item["reason"],
        done_at=clock.from_iso(item["done_at"]) if "done_at" in item else None,
        version=item["version"],
    )
