"""A roster in the order of its userids, whatever its size: sorted in parts on disk, written and read as JSON lines."""

import heapq
import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import IO, Any, Final, Self

from scrm.org.roster import RejectedRow, RosterRow, RosterStatus
from scrm.org.roster_changes import RosterEntry, RosterStep

ROWS_IN_MEMORY: Final = 10_000
_DOUBLED = "userid: the file has another row with the same one; keep the right one"

type _Line = tuple[str, int, list[Any] | None]


class RosterSpool:
    """One file's rows by userid, and what changed, in temporary files until the block ends.

    First rows are added, then they are sealed; entries, doubled rows and steps may be read as often as needed.
    """

    def __init__(self, rows_in_memory: int) -> None:
        self._rows_in_memory = rows_in_memory
        self._folder = TemporaryDirectory()
        self._parts: list[Path] = []
        self._unsorted: list[_Line] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._folder.cleanup()

    def add(self, found: tuple[int, RosterRow] | RejectedRow) -> None:
        """Take a row in; of a rejected one only whose it is."""
        if isinstance(found, RejectedRow):
            if not found.userid:
                return
            self._unsorted.append((found.userid, found.line, None))
        else:
            self._unsorted.append((found[1].userid, found[0], to_json(found[1])))
        if len(self._unsorted) >= self._rows_in_memory:
            self._put_away()

    def seal(self) -> int:
        """Bring all rows into one order; returns how many are doubled: usable, but their userid has another row."""
        self._put_away()
        count = 0
        with self._path("entries").open("w") as entries, self._path("doubled").open("w") as doubled:
            merged = heapq.merge(*map(_read, self._parts), key=_order)
            for userid, found in groupby(merged, key=itemgetter(0)):
                lines = list(found)
                _write(entries, [userid, lines[0][2] if len(lines) == 1 else None])
                for _, number, row in lines if len(lines) > 1 else ():
                    if row is not None:
                        _write(doubled, [number, userid])
                        count += 1
        return count

    def entries(self) -> Iterator[RosterEntry]:
        """One entry for each userid, in their order; of a userid with several rows none can be used."""
        for userid, row in _read(self._path("entries")):
            yield RosterEntry(userid, from_json(row) if row else None)

    def doubled(self) -> Iterator[RejectedRow]:
        for number, userid in _read(self._path("doubled")):
            yield RejectedRow(number, _DOUBLED, userid)

    def put_steps(self, steps: Iterable[RosterStep]) -> None:
        """Keep the steps that changed something."""
        with self._path("steps").open("w") as kept:
            for step in steps:
                before, after = (to_json(row) if row else None for row in (step.before, step.after))
                _write(kept, [step.userid, before, step.listed, after])

    def steps(self) -> Iterator[RosterStep]:
        for userid, before, listed, after in _read(self._path("steps")):
            rows = (from_json(row) if row else None for row in (before, after))
            yield RosterStep(userid, next(rows), listed=listed, after=next(rows))

    def _path(self, name: str) -> Path:
        return Path(self._folder.name) / f"{name}.jsonl"

    def _put_away(self) -> None:
        if not self._unsorted:
            return
        path = self._path(f"part-{len(self._parts)}")
        with path.open("w") as part:
            for line in sorted(self._unsorted, key=_order):
                _write(part, line)
        self._parts.append(path)
        self._unsorted = []


def to_json(row: RosterRow) -> list[Any]:
    """A row as a JSON array, sets in order, so that equal rows are equal texts."""
    return [
        row.userid,
        row.name,
        row.node_id,
        row.post,
        row.status.value,
        row.last_day.isoformat() if row.last_day else None,
        row.successor_userid,
        sorted(row.languages),
        sorted(row.qualifications),
        row.capacity,
    ]


def from_json(values: list[Any]) -> RosterRow:
    """The inverse of `to_json`."""
    userid, name, node_id, post, status, last_day, successor, languages, qualifications, capacity = values
    return RosterRow(
        userid=userid,
        name=name,
        node_id=node_id,
        post=post,
        status=RosterStatus(status),
        last_day=date.fromisoformat(last_day) if last_day else None,
        successor_userid=successor,
        languages=frozenset(languages),
        qualifications=frozenset(qualifications),
        capacity=capacity,
    )


def _order(line: _Line) -> tuple[str, int]:
    return line[0], line[1]


def _write(file: IO[str], values: Sequence[Any]) -> None:
    file.write(json.dumps(values) + "\n")


def _read(path: Path) -> Iterator[Any]:
    with path.open() as file:
        for text in file:
            yield json.loads(text)
