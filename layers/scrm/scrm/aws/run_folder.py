"""What is kept of a morning's run, in the data bucket.

======================================  =============================================================
``kpi/collect/<run>/parts/<n>.jsonl``   the members of a part and where they stand, a line each
``kpi/collect/<run>/plan.json``         how many parts and sections there are; written when all parts are there
``kpi/collect/<run>/readings/<n>-<p>``  what was read of a part up to a place
``kpi/collect/<run>/done/<n>``          the part was read
``kpi/collect/<run>/adds/<step>/<n>``   a section's step of judging adds is done
``kpi/collect/snapshots/<day>.json``    all contacts of a day are written, and in how many sections
``kpi/collect/history.json``            WeCom's history is asked for, or was
======================================  =============================================================
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import date
from typing import Final, Protocol

from scrm.collect.model import AddsStep, AddsWork, Part, Plan, Readings, RosterRow, Run

FOLDER: Final = "kpi/collect/"
_HISTORY: Final = f"{FOLDER}history.json"
_JSON: Final = "application/json"
_JSON_LINES: Final = "application/x-ndjson"


class Documents(Protocol):
    """The data bucket, as far as a run needs it."""

    def put(self, key: str, body: bytes, content_type: str) -> object: ...

    def get(self, key: str) -> bytes | None: ...

    def sizes_below(self, prefix: str) -> Iterator[tuple[str, int]]: ...


class PartMissingError(LookupError):
    """The part's members are not there: the run is older than what is kept."""


class BucketRunFolder:
    """Implements `scrm.collect.ports.RunFolder`."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    def plan(self, run: Run) -> Plan | None:
        found = self._documents.get(_plan_key(run))
        if found is None:
            return None
        told = json.loads(found)
        return Plan(told["parts"], told.get("sections", 1))

    def put_part(self, run: Run, number: int, rows: Sequence[RosterRow]) -> None:
        body = b"".join(_line(row) for row in rows)
        self._documents.put(_part_key(run, number), body, _JSON_LINES)

    def part(self, run: Run, number: int) -> Sequence[RosterRow]:
        found = self._documents.get(_part_key(run, number))
        if found is None:
            raise PartMissingError(f"part {number} of run {run.run_id} is not kept any more; the next run reads anew")
        return [RosterRow(*json.loads(line)) for line in found.splitlines()]

    def put_plan(self, run: Run, plan: Plan) -> None:
        told = {"schema_version": 1, "parts": plan.parts, "sections": plan.sections}
        self._documents.put(_plan_key(run), json.dumps(told).encode(), _JSON)

    def readings(self, part: Part) -> Readings | None:
        found = self._documents.get(_readings_key(part))
        return Readings(**json.loads(found)) if found else None

    def put_readings(self, part: Part, read: Readings) -> None:
        body = json.dumps(asdict(read), separators=(",", ":")).encode()
        self._documents.put(_readings_key(part), body, _JSON)

    def note_done(self, run: Run, number: int) -> None:
        self._documents.put(f"{_done_prefix(run)}{number:05d}", b"", _JSON)

    def done(self, run: Run) -> set[int]:
        return {int(key.rpartition("/")[2]) for key, _ in self._documents.sizes_below(_done_prefix(run))}

    def note_snapshot(self, day: date, sections: int) -> None:
        told = {"schema_version": 1, "sections": sections}
        self._documents.put(_snapshot_key(day), json.dumps(told).encode(), _JSON)

    def sections(self, day: date) -> int | None:
        """Implements `scrm.adds.snapshots.Snapshots`."""
        found = self._documents.get(_snapshot_key(day))
        return int(json.loads(found)["sections"]) if found else None

    def note_section(self, work: AddsWork) -> None:
        self._documents.put(f"{_adds_prefix(work.run, work.step)}{work.section:04d}", b"", _JSON)

    def sections_done(self, run: Run, step: AddsStep) -> set[int]:
        return {int(key.rpartition("/")[2]) for key, _ in self._documents.sizes_below(_adds_prefix(run, step))}

    def begin_history(self) -> bool:
        return self._documents.get(_HISTORY) is None

    def note_history(self) -> None:
        self._documents.put(_HISTORY, b'{"schema_version":1}', _JSON)


def _line(row: RosterRow) -> bytes:
    told = [row.userid, row.node_id, row.node_path, row.on_roster, row.is_licensed, row.is_asked]
    return json.dumps(told, separators=(",", ":")).encode() + b"\n"


def _part_key(run: Run, number: int) -> str:
    return f"{FOLDER}{run.run_id}/parts/{number:05d}.jsonl"


def _readings_key(part: Part) -> str:
    return f"{FOLDER}{part.run.run_id}/readings/{part.name}.json"


def _plan_key(run: Run) -> str:
    return f"{FOLDER}{run.run_id}/plan.json"


def _snapshot_key(day: date) -> str:
    return f"{FOLDER}snapshots/{day.isoformat()}.json"


def _adds_prefix(run: Run, step: AddsStep) -> str:
    return f"{FOLDER}{run.run_id}/adds/{step.value}/"


def _done_prefix(run: Run) -> str:
    return f"{FOLDER}{run.run_id}/done/"
