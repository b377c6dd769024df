"""Full passes in the contacts table: a run, its parts, and a list of runs by time."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from itertools import batched

from scrm import clock
from scrm.aws.table import ABSENT, Condition, Item, Put, Table, Update
from scrm.aws.transactions import transacted
from scrm.contacts.ports import ContactsBusyError
from scrm.contacts.runs import PassCounts, SyncRun

SCHEMA_VERSION = 1
RUNS_PK = "SYNCS"
_PER_TRANSACTION = 100
_ATTEMPTS = 20
_KEEP_PARTS = timedelta(days=14)
_KEEP_RUNS = timedelta(days=400)


class DynamoSyncRuns:
    """Implements `scrm.contacts.ports.SyncRuns`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def run(self, run_id: str) -> SyncRun | None:
        item = self._table.get(run_key(run_id))
        return to_run(item) if item else None

    def plan(self, run: SyncRun, parts: Sequence[tuple[str, ...]]) -> SyncRun:
        """Parts first: a run that is there has all of them."""
        expires_at = int((run.started_at + _KEEP_PARTS).timestamp())
        for group in batched(enumerate(parts), _PER_TRANSACTION, strict=False):
            puts = [Put(_part_item(run.run_id, number, userids, expires_at), ABSENT) for number, userids in group]
            self._write(puts)
        self._write([Put(_run_item(run), ABSENT), Put(_pointer(run), ABSENT)])
        stored = self.run(run.run_id)
        if stored is None:
            raise ContactsBusyError
        return stored

    def open_parts(self, run_id: str) -> Iterator[tuple[int, tuple[str, ...]]]:
        values = {":pk": f"SYNC#{run_id}", ":sk": "PART#", ":false": False}
        parts = Condition("pk = :pk AND begins_with(sk, :sk)", values)
        for item in self._table.query(parts, where="done = :false"):
            yield item["number"], tuple(item["userids"])

    def finish_part(self, run_id: str, number: int, counts: PassCounts) -> bool:
        added = {name: value for name, value in asdict(counts).items() if value} | {"parts_done": 1}
        part = Update(
            _part_key(run_id, number),
            "SET done = :true",
            Condition("done = :false", {":true": True, ":false": False}),
        )
        run = Update(
            run_key(run_id),
            "ADD " + ", ".join(f"{name} :{name}" for name in added),
            Condition("attribute_exists(pk)", {f":{name}": value for name, value in added.items()}),
        )
        return self._write([part, run])

    def finish(self, run_id: str, at: datetime) -> bool:
        update = Update(
            run_key(run_id),
            "SET finished_at = :at",
            Condition("attribute_not_exists(finished_at)", {":at": clock.to_iso(at)}),
        )
        return self._write([update])

    def _write(self, writes: Sequence[Put | Update]) -> bool:
        """False when a condition did not hold; every part of a run ends at the same item, so crossing is common."""
        for _ in range(_ATTEMPTS):
            written = transacted(self._table, writes)
            if written is not None:
                return written
        raise ContactsBusyError


def run_key(run_id: str) -> dict[str, str]:
    return {"pk": f"SYNC#{run_id}", "sk": "RUN"}


def to_run(item: Item) -> SyncRun:
    return SyncRun(
        run_id=item["run_id"],
        started_at=clock.from_iso(item["started_at"]),
        members_total=item["members_total"],
        parts_total=item["parts_total"],
        parts_done=item.get("parts_done", 0),
        counts=PassCounts(**{name: item.get(name, 0) for name in PassCounts.__dataclass_fields__}),
        finished_at=clock.from_iso(item["finished_at"]) if "finished_at" in item else None,
    )


def _run_item(run: SyncRun) -> Item:
    return {
        **run_key(run.run_id),
        "schema_version": SCHEMA_VERSION,
        "run_id": run.run_id,
        "started_at": clock.to_iso(run.started_at),
        "members_total": run.members_total,
        "parts_total": run.parts_total,
        "expires_at": int((run.started_at + _KEEP_RUNS).timestamp()),
    }


def _pointer(run: SyncRun) -> Item:
    return {
        "pk": RUNS_PK,
        "sk": f"{clock.to_iso(run.started_at)}#{run.run_id}",
        "schema_version": SCHEMA_VERSION,
        "run_id": run.run_id,
        "expires_at": int((run.started_at + _KEEP_RUNS).timestamp()),
    }


def _part_key(run_id: str, number: int) -> dict[str, str]:
    return {"pk": f"SYNC#{run_id}", "sk": f"PART#{number:06d}"}


def _part_item(run_id: str, number: int, userids: tuple[str, ...], expires_at: int) -> Item:
    return {
        **_part_key(run_id, number),
        "schema_version": SCHEMA_VERSION,
        "number": number,
        "userids": list(userids),
        "done": False,
        "expires_at": expires_at,
    }
