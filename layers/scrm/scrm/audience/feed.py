"""The bank's daily feed of customer facts: a CSV file, read line by line (UTF-8).

Reasons name column and rule, never content: they are shown to people who may not see customers.
"""

import csv
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final

from scrm import clock
from scrm.audience.facts import Activity, Consent, CustomerFacts

REQUIRED: Final = ("external_userid", "risk_class", "assessed_on", "born_on", "consent")
LIST_SEPARATOR: Final = "|"
MOST_IN_A_LIST: Final = 50
_BOM: Final = b"\xef\xbb\xbf"
_EXTERNAL_USERID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_CODE: Final = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_LABEL: Final = re.compile(r"[\w.-]{1,32}")
_RISK_CLASS: Final = re.compile(r"[Cc]?([1-5])")
_YES_NO: Final = {"yes": True, "no": False, "": None}
_MOST_BANDS: Final = 99
_OLDEST: Final = date(1900, 1, 1)


class FeedRefusedError(Exception):
    """The whole file is refused; the text says why and what to do."""


class FeedRowError(Exception):
    """One row cannot be used; the text says why."""


def _customer(cell: str) -> str:
    if not _EXTERNAL_USERID.fullmatch(cell):
        raise FeedRowError("it must be WeCom's id of a customer")
    return cell


def _code(cell: str) -> str:
    if cell and not _CODE.fullmatch(cell):
        raise FeedRowError("it must be a code of 1 to 64 letters, digits and _ . -")
    return cell


def _codes(cell: str) -> tuple[str, ...]:
    return _list(cell, _CODE)


def _labels(cell: str) -> tuple[str, ...]:
    return _list(cell, _LABEL)


def _list(cell: str, pattern: re.Pattern[str]) -> tuple[str, ...]:
    found = sorted({each.strip() for each in cell.split(LIST_SEPARATOR)} - {""})
    if len(found) > MOST_IN_A_LIST:
        raise FeedRowError(f"more than {MOST_IN_A_LIST} entries")
    if not all(map(pattern.fullmatch, found)):
        raise FeedRowError(f"entries between {LIST_SEPARATOR} must be words of letters, digits and _ . -")
    return tuple(found)


def _band(cell: str) -> int | None:
    if not cell:
        return None
    if not cell.isascii() or not cell.isdigit() or int(cell) > _MOST_BANDS:
        raise FeedRowError(f"it must be a number from 0 to {_MOST_BANDS}")
    return int(cell)


def _risk_class(cell: str) -> int | None:
    if not cell:
        return None
    found = _RISK_CLASS.fullmatch(cell)
    if found is None:
        raise FeedRowError("it must be C1 to C5 or empty")
    return int(found[1])


def _day(cell: str) -> date | None:
    if not cell:
        return None
    try:
        found = date.fromisoformat(cell)
    except ValueError:
        raise FeedRowError("it must be a day like 2026-11-26 or empty") from None
    if found < _OLDEST:
        raise FeedRowError("no day before 1900 can be right")
    return found


def _yes_no(cell: str) -> bool | None:
    if cell.lower() not in _YES_NO:
        raise FeedRowError("it must be yes, no or empty")
    return _YES_NO[cell.lower()]


def _word[Word: StrEnum](words: type[Word], cell: str) -> Word | None:
    if not cell:
        return None
    try:
        return words(cell.lower())
    except ValueError:
        raise FeedRowError(f"it must be one of {', '.join(words)} or empty") from None


# Column of the file: field of the facts, and how a cell is read.
_COLUMNS: Final[Mapping[str, tuple[str, Callable[[str], Any]]]] = {
    "external_userid": ("external_userid", _customer),
    "risk_class": ("risk_class", _risk_class),
    "assessed_on": ("assessed_on", _day),
    "born_on": ("born_on", _day),
    "consent": ("consent", lambda cell: _word(Consent, cell) or Consent.UNKNOWN),
    "tier": ("tier", _code),
    "aum_band": ("aum_band", _band),
    "holdings": ("holdings", _codes),
    "labels": ("labels", _labels),
    "activity": ("activity", lambda cell: _word(Activity, cell)),
    "long_tail": ("is_long_tail", _yes_no),
    "pool": ("pool", _code),
    "protected": ("is_protected", lambda cell: _yes_no(cell) is True),
}


@dataclass(frozen=True, slots=True)
class FeedColumns:
    """The header: names of the columns in the file's order; columns nobody knows are skipped."""

    names: tuple[str, ...]

    @classmethod
    def of(cls, line: bytes) -> "FeedColumns":
        """From the file's first line. Raises FeedRefusedError."""
        try:
            names = tuple(cell.strip().lower() for cell in _cells(line.removeprefix(_BOM)))
        except FeedRowError:
            names = ()
        wrong = [column for column in REQUIRED if names.count(column) != 1]
        wrong += [column for column in _COLUMNS if column not in REQUIRED and names.count(column) > 1]
        if wrong:
            raise FeedRefusedError(f"The first line must name these columns once each: {', '.join(wrong)}.")
        return cls(names)

    def facts(self, line: bytes, told_at: datetime) -> CustomerFacts:
        """One row. Raises FeedRowError. A day after the file's own cannot be known and makes the row unusable."""
        cells = _cells(line)
        if len(cells) != len(self.names):
            raise FeedRowError(f"the row has {len(cells)} cells, the header has {len(self.names)}")
        found: dict[str, Any] = {}
        for column, cell in zip(self.names, cells, strict=True):
            if column in _COLUMNS:
                name, read = _COLUMNS[column]
                try:
                    found[name] = read(cell.strip())
                except FeedRowError as error:
                    raise FeedRowError(f"{column}: {error}") from None
        facts = CustomerFacts(told_at=told_at, **found)
        told_on = told_at.astimezone(clock.BUSINESS_ZONE).date()
        for column, day in (("assessed_on", facts.assessed_on), ("born_on", facts.born_on)):
            if day is not None and day > told_on:
                raise FeedRowError(f"{column}: the day lies after the file's own")
        return facts


@dataclass(frozen=True, slots=True)
class Plausibility:
    """When a file is refused whole: a cut or a mixed-up file must not replace what is known.

    ``bad_percent`` of its rows may be unusable; it has ``least_percent`` of the rows of the file before at least.
    """

    bad_percent: int = 5
    least_percent: int = 70

    def check(self, rows: int, bad: int, rows_before: int) -> None:
        """Raises FeedRefusedError."""
        if rows == 0:
            raise FeedRefusedError("The file has no row of a customer.")
        if bad * 100 > self.bad_percent * rows:
            raise FeedRefusedError(f"{bad} of {rows} rows cannot be used; more than {self.bad_percent} % is a mix-up.")
        if rows * 100 < self.least_percent * rows_before:
            raise FeedRefusedError(
                f"The file has {rows} rows, the one before had {rows_before}; fewer than {self.least_percent} % look "
                "like a cut file. Upload it under another name ending in -shrunk.csv if the bank means it."
            )


def _cells(line: bytes) -> list[str]:
    try:
        return next(csv.reader((line.decode().rstrip("\r\n"),), strict=True), [])
    except UnicodeDecodeError:
        raise FeedRowError("the row is not UTF-8") from None
    except csv.Error:
        raise FeedRowError("the row is not valid CSV; check its quotes") from None
