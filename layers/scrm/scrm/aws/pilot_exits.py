"""Recorded exits of pilots in the table of targets: ``PILOT_EXITS`` / ``EXIT#<id>``; each is written once.

They are few, so that one partition has all.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from scrm import clock
from scrm.aws.table import ABSENT, Item, Table, starts_with
from scrm.targets.rollout import RecordedExit

SCHEMA_VERSION: Final = 1
_PK: Final = "PILOT_EXITS"
_SK: Final = "EXIT#"


class DynamoPilotExits:
    """Implements `scrm.targets.rollout.ExitStore`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def find(self, exit_id: str) -> RecordedExit | None:
        item = self._table.get({"pk": _PK, "sk": _SK + exit_id})
        return _to_exit(item) if item else None

    def add(self, recorded: RecordedExit) -> bool:
        return self._table.put(_item(recorded), ABSENT)

    def all(self) -> Sequence[RecordedExit]:
        found = map(_to_exit, self._table.query(starts_with(_PK, _SK)))
        return sorted(found, key=lambda one: (one.recorded_at, one.exit_id), reverse=True)


def _item(recorded: RecordedExit) -> Item:
    return {
        "pk": _PK,
        "sk": _SK + recorded.exit_id,
        "schema_version": SCHEMA_VERSION,
        "exit_id": recorded.exit_id,
        "node_id": recorded.node_id,
        "node_path": recorded.node_path,
        "evidence": recorded.evidence,
        "recorded_by": recorded.recorded_by,
        "recorded_at": clock.to_iso(recorded.recorded_at),
    }


def _to_exit(item: Mapping[str, Any]) -> RecordedExit:
    return RecordedExit(
        exit_id=item["exit_id"],
        node_id=item["node_id"],
        node_path=item["node_path"],
        evidence=item["evidence"],
        recorded_by=item["recorded_by"],
        recorded_at=clock.from_iso(item["recorded_at"]),
    )
