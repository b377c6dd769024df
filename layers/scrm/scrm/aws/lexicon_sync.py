"""What WeCom holds of the lexicon, and who asks for another look.

========  =============  ==========================================================================================
pk        sk             item
========  =============  ==========================================================================================
``SYNC``  ``INTERCEPT``  the version last applied, a mark of each rule, what was refused and what somebody changed
========  =============  ==========================================================================================
"""

from datetime import datetime
from typing import Any, Final

from scrm import clock
from scrm.aws.queues import Queue
from scrm.aws.table import ABSENT, Condition, Table
from scrm.lexicon.intercept import RuleMark, SyncState
from scrm.lexicon.messages import LexiconSyncRequested

SCHEMA_VERSION: Final = 1
_KEY: Final = {"pk": "SYNC", "sk": "INTERCEPT"}


class DynamoSyncStates:
    """Implements `scrm.lexicon.intercept.SyncStates`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def load(self) -> SyncState:
        item = self._table.get(_KEY)
        return _to_state(item) if item else SyncState()

    def save(self, state: SyncState) -> bool:
        before = state.revision - 1
        unchanged = Condition("revision = :read", {":read": before}) if before else ABSENT
        item = {
            **_KEY,
            "schema_version": SCHEMA_VERSION,
            "version": state.version,
            "checked_at": _moment(state.checked_at),
            "marks": {name: [mark.wanted, mark.held] for name, mark in state.marks.items()},
            "refused": dict(state.refused),
            "drifted": list(state.drifted),
            "drifted_at": _moment(state.drifted_at),
            "others": state.others,
            "no_room": state.no_room,
            "revision": state.revision,
        }
        return self._table.put(item, unchanged)


class SqsLexiconSync:
    """Asks contact_sync for a pass; any number of requests is harmless."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue

    def request(self) -> None:
        self._queue.send([LexiconSyncRequested()])


def _moment(at: datetime | None) -> str | None:
    return clock.to_iso(at) if at else None


def _to_state(item: dict[str, Any]) -> SyncState:
    return SyncState(
        version=item["version"],
        checked_at=clock.from_iso(item["checked_at"]) if item.get("checked_at") else None,
        marks={name: RuleMark(*marks) for name, marks in item["marks"].items()},
        refused=dict(item["refused"]),
        drifted=tuple(item["drifted"]),
        drifted_at=clock.from_iso(item["drifted_at"]) if item.get("drifted_at") else None,
        others=item["others"],
        no_room=item["no_room"],
        revision=item["revision"],
    )
