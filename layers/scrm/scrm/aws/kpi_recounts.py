"""Wishes to have a day counted anew: one item of the KPI table, since the roll-up reads all of them at each run.

============  =================  ======================================================================================
pk            sk                 item
============  =================  ======================================================================================
``ROLLUP``    ``RECOUNTS``       the wishes that wait and the last that are done; ``revision`` rises with each change
============  =================  ======================================================================================
"""

from collections.abc import Callable, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from scrm import clock, ids
from scrm.aws.table import ABSENT, Condition, Table, TableBusyError
from scrm.kpi.recounts import Recount, RecountState
from scrm.node_paths import ROOT_PATH

if TYPE_CHECKING:
    from scrm.audit.log import AuditLog

SCHEMA_VERSION: Final = 1
_KEY: Final = {"pk": "ROLLUP", "sk": "RECOUNTS"}
_DONE_KEPT: Final = 50
_TRIES: Final = 10


class DynamoRecounts:
    """Implements `scrm.kpi.recounts.RecountStore`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def latest(self) -> Sequence[Recount]:
        return self._read()[1]

    def change(self, changed: Callable[[Sequence[Recount]], Sequence[Recount]]) -> Sequence[Recount]:
        """Raises TableBusyError when others changed it again and again."""
        for _ in range(_TRIES):
            revision, before = self._read()
            after = changed(before)
            if after == before or self._write(revision, after):
                return after
        raise TableBusyError(self._table.name)

    def _read(self) -> tuple[int, list[Recount]]:
        item = self._table.get(_KEY)
        if item is None:
            return 0, []
        return int(item["revision"]), [_recount(told) for told in item["recounts"]]

    def _write(self, revision: int, recounts: Sequence[Recount]) -> bool:
        done = [one.recount_id for one in recounts if one.state is RecountState.DONE]
        old = set(done[:-_DONE_KEPT])
        item = {
            **_KEY,
            "schema_version": SCHEMA_VERSION,
            "revision": revision + 1,
            "recounts": [_told(one) for one in recounts if one.recount_id not in old],
        }
        return self._table.put(item, Condition("revision = :read", {":read": revision}) if revision else ABSENT)


class AuditedRecounts:
    """Implements `scrm.kpi.recounts.RecountJournal`."""

    def __init__(self, audit: "AuditLog") -> None:
        self._audit = audit

    def asked(self, recount: Recount) -> None:
        subject = f"{recount.recount_id}/{recount.day.isoformat()}"
        cause = ids.derive("evt", recount.recount_id, "asked")
        self._audit.record(
            recount.requested_by, "kpi_recount.asked", subject, ROOT_PATH, "done", recount.requested_at, cause=cause
        )


def _told(recount: Recount) -> dict[str, Any]:
    return {
        "recount_id": recount.recount_id,
        "day": recount.day.isoformat(),
        "reason": recount.reason,
        "requested_by": recount.requested_by,
        "requested_at": clock.to_iso(recount.requested_at),
        "window": recount.window,
        "events": recount.events,
    }


def _recount(told: dict[str, Any]) -> Recount:
    return Recount(
        told["recount_id"],
        date.fromisoformat(told["day"]),
        told["reason"],
        told["requested_by"],
        clock.from_iso(told["requested_at"]),
        None if told["window"] is None else int(told["window"]),
        int(told["events"]),
    )
