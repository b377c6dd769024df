"""How a request that two persons decide is written down, whatever it asks for."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypedDict

from scrm import clock
from scrm.aws.table import ABSENT, Condition, Item
from scrm.two_persons import Decision, RequestState


class Decided(TypedDict):
    """Parameters of `scrm.two_persons.Decision`."""

    state: RequestState
    decided_by: str
    decided_at: datetime | None
    note: str
    version: int


def decision_item(decision: Decision) -> Item:
    return {
        "state": decision.state.value,
        "decided_by": decision.decided_by or None,
        "decided_at": clock.to_iso(decision.decided_at) if decision.decided_at else None,
        "note": decision.note or None,
        "version": decision.version,
    }


def decision_of(item: Mapping[str, Any]) -> Decided:
    return {
        "state": RequestState(item["state"]),
        "decided_by": item.get("decided_by", ""),
        "decided_at": clock.from_iso(item["decided_at"]) if "decided_at" in item else None,
        "note": item.get("note", ""),
        "version": item["version"],
    }


def as_read(decision: Decision) -> Condition:
    """That nobody decided since it was read."""
    return Condition("version = :read", {":read": decision.version}) if decision.version else ABSENT
