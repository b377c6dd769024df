"""The bank's daily roster of its staff, a CSV file: read line by line, judged row by row.

One line is one row, so that a quote that is never closed costs that row and not its neighbours; a cell therefore holds
no line break. Reasons name line, column and rule, never what the file held.
"""

import csv
import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from scrm import ids

COLUMNS: Final = (
    "userid",
    "name",
    "node_id",
    "post",
    "status",
    "last_day",
    "successor_userid",
    "languages",
    "qualifications",
    "capacity",
)
_USERID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}")
_NODE_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_LONGEST_TEXT = 64
_LONGEST_WORD = 32
_MOST_WORDS = 20
_LARGEST_CAPACITY = 100_000
_LARGEST_DIGITS = 6
_BOM = b"\xef\xbb\xbf"
_ENCODINGS = ("utf-8", "gb18030")


class RosterRefusedError(Exception):
    """The whole file is refused; the text says why and what to do."""


class RosterStatus(StrEnum):
    ACTIVE = "active"
    DEPARTING = "departing"
    ON_LEAVE = "on_leave"
    DEPARTED = "departed"


@dataclass(frozen=True, slots=True)
class RosterRow:
    """One member of staff. ``last_day``: of his work when he departs, of his leave when he is on leave.

    ``successor_userid`` takes over when he departs, acts for him when he is on leave.
    """

    userid: str
    name: str
    node_id: str
    post: str
    status: RosterStatus
    last_day: date | None = None
    successor_userid: str = ""
    languages: frozenset[str] = frozenset()
    qualifications: frozenset[str] = frozenset()
    capacity: int | None = None


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A row that cannot be used. ``userid`` is whose row it is, empty when that cannot be told."""

    line: int
    reason: str
    userid: str = ""


@dataclass(frozen=True, slots=True)
class RosterFile:
    """What a first reading of the file tells: SHA-256 of its bytes, and how to decode it."""

    sha256: str
    encoding: str


class _RowError(Exception):
    """Column and rule that a row breaks."""


def examine(lines: Iterable[bytes]) -> RosterFile:
    """Read all of it once. Raises RosterRefusedError when it is neither UTF-8 nor GB18030.

    UTF-8 is tried first: text of GB18030 that is by chance valid UTF-8 throughout does not occur in files of this size.
    """
    digest = hashlib.sha256()
    possible = list(_ENCODINGS)
    for line in lines:
        digest.update(line)
        possible = [encoding for encoding in possible if _decodes(line, encoding)]
        if not possible:
            raise RosterRefusedError("The roster is neither UTF-8 nor GB18030; export it again as UTF-8.")
    return RosterFile(digest.hexdigest(), possible[0])


def decoded(lines: Iterable[bytes], encoding: str) -> Iterator[str]:
    """The lines as text, without byte order mark and line end."""
    for number, line in enumerate(lines):
        content = line.removeprefix(_BOM) if number == 0 else line
        yield content.decode(encoding).rstrip("\r\n")


def parse(lines: Iterable[str]) -> Iterator[tuple[int, RosterRow] | RejectedRow]:
    """Rows with their line numbers, in the file's order. Raises RosterRefusedError when the header is not one."""
    numbered = ((number, line) for number, line in enumerate(lines, start=1) if line.strip())
    header = next(numbered, None)
    if header is None:
        raise RosterRefusedError("The roster is empty; it needs a header and a row for each member of staff.")
    places = _places(header[1])
    for number, line in numbered:
        yield _judged(number, line, places)


def _decodes(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _places(line: str) -> dict[str, int]:
    """Column -> its place, and under the empty name how many columns there are."""
    try:
        names = [cell.strip().lower() for cell in _cells(line)]
    except csv.Error:
        names = []
    missing = [column for column in COLUMNS if column not in names]
    if missing:
        raise RosterRefusedError(f"The roster's first line must name its columns; missing: {', '.join(missing)}.")
    doubled = [column for column in COLUMNS if names.count(column) > 1]
    if doubled:
        raise RosterRefusedError(f"The roster's first line names a column twice: {', '.join(doubled)}.")
    return {column: names.index(column) for column in COLUMNS} | {"": len(names)}


def _cells(line: str) -> list[str]:
    return next(csv.reader((line,), strict=True))


def _judged(number: int, line: str, places: dict[str, int]) -> tuple[int, RosterRow] | RejectedRow:
    userid = ""
    try:
        cells = _row_cells(line)
        userid = _owner(cells, places)
        _check_width(cells, places[""])
        return number, _row({column: cells[places[column]].strip() for column in COLUMNS})
    except _RowError as error:
        return RejectedRow(number, str(error), userid)


def _row_cells(line: str) -> list[str]:
    try:
        return _cells(line)
    except csv.Error:
        raise _RowError("the row is not valid CSV; check its quotes") from None


def _owner(cells: Sequence[str], places: dict[str, int]) -> str:
    """Whose row it is, as far as that can be told from a row that may be broken."""
    place = places["userid"]
    found = cells[place].strip() if place < len(cells) else ""
    return ids.fold_userid(found) if _USERID.fullmatch(found) else ""


def _check_width(cells: Sequence[str], width: int) -> None:
    if len(cells) < width or any(cell.strip() for cell in cells[width:]):
        raise _RowError(f"the row has {len(cells)} cells, the header has {width}")


def _row(cells: dict[str, str]) -> RosterRow:
    for column in COLUMNS:
        if _CONTROL.search(cells[column]):
            raise _RowError(f"{column}: it holds control characters; remove them")
    userid = _userid(cells, "userid")
    if not userid:
        raise _RowError("userid: it is empty; fill in WeCom's userid")
    if not _NODE_ID.fullmatch(cells["node_id"]):
        raise _RowError("node_id: it must be the id of a department, 1 to 64 letters or digits")
    successor = _userid(cells, "successor_userid")
    if successor == userid:
        raise _RowError("successor_userid: it is the member himself; name somebody else")
    status, last_day = _status(cells), _day(cells)
    return RosterRow(
        userid=userid,
        name=_text(cells, "name"),
        node_id=cells["node_id"],
        post=_text(cells, "post"),
        status=status,
        last_day=last_day,
        successor_userid=successor,
        languages=_words(cells, "languages"),
        qualifications=_words(cells, "qualifications"),
        capacity=_capacity(cells),
    )


def _status(cells: dict[str, str]) -> RosterStatus:
    """An active member with a last day is departing."""
    try:
        status = RosterStatus(cells["status"].lower())
    except ValueError:
        raise _RowError(f"status: it must be one of {', '.join(RosterStatus)}") from None
    if status is RosterStatus.DEPARTING and not cells["last_day"]:
        raise _RowError("last_day: a departing member needs one")
    return RosterStatus.DEPARTING if status is RosterStatus.ACTIVE and cells["last_day"] else status


def _userid(cells: dict[str, str], column: str) -> str:
    if cells[column] and not _USERID.fullmatch(cells[column]):
        raise _RowError(f"{column}: it must be a userid of WeCom, 1 to 64 letters, digits and _ - @ .")
    return ids.fold_userid(cells[column])


def _text(cells: dict[str, str], column: str) -> str:
    if len(cells[column]) > _LONGEST_TEXT:
        raise _RowError(f"{column}: it is longer than {_LONGEST_TEXT} characters")
    return cells[column]


def _day(cells: dict[str, str]) -> date | None:
    if not cells["last_day"]:
        return None
    try:
        return date.fromisoformat(cells["last_day"])
    except ValueError:
        raise _RowError("last_day: it must be a date such as 2026-11-30") from None


def _words(cells: dict[str, str], column: str) -> frozenset[str]:
    words = frozenset(word for part in cells[column].split("|") if (word := part.strip()))
    if len(words) > _MOST_WORDS or any(len(word) > _LONGEST_WORD for word in words):
        raise _RowError(f"{column}: at most {_MOST_WORDS} words of {_LONGEST_WORD} characters, separated by |")
    return words


def _capacity(cells: dict[str, str]) -> int | None:
    found = cells["capacity"]
    if not found:
        return None
    if not (found.isascii() and found.isdecimal() and len(found) <= _LARGEST_DIGITS) or int(found) > _LARGEST_CAPACITY:
        raise _RowError(f"capacity: it must be a whole number from 0 to {_LARGEST_CAPACITY}")
    return int(found)
