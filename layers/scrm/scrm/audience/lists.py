"""Lists of customers that an operator brings as a CSV file (UTF-8): a segment whose members are named one by one.

Good rows count, the others are told with line and reason; a file of which too much is unusable is refused whole.
Reasons name the rule, never the content.
"""

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Protocol

MOST_CUSTOMERS: Final = 100_000
MOST_BYTES: Final = 8 * 1024 * 1024
_COLUMN: Final = "external_userid"
_BAD_PERCENT: Final = 5
_BOM: Final = b"\xef\xbb\xbf"
_CUSTOMER: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")


class ListRefusedError(Exception):
    """The whole file is refused; the text says why and what to do."""


class ListExpiredError(LookupError):
    """The list is not kept any more."""


@dataclass(frozen=True, slots=True)
class CustomerList:
    """What a file says: customers in its order, each once.

    ``unusable`` are lines with their reasons, ``repeated`` counts rows that named somebody again. ``sha256`` is the
    file's.
    """

    external_userids: tuple[str, ...]
    unusable: tuple[tuple[int, str], ...]
    repeated: int
    sha256: str


class ListStore(Protocol):
    """Lists by segment and hash, and the files they come from."""

    def upload_link(self, uploader: str, sha256: str, size: int) -> str:
        """A signed URL that takes the file with HTTP PUT for a while."""

    def uploaded(self, uploader: str, sha256: str) -> bytes | None:
        """What was put there, of `MOST_BYTES` + 1 at most."""

    def put(self, segment_id: str, found: CustomerList) -> None:
        """Keep the list, and its unusable lines for the bank."""

    def customers(self, segment_id: str, sha256: str) -> tuple[str, ...]:
        """Raises ListExpiredError."""


def read_list(lines: Iterable[bytes], sha256: str) -> CustomerList:
    """Raises ListRefusedError."""
    place: int | None = None
    found: dict[str, None] = {}
    unusable: list[tuple[int, str]] = []
    rows = 0
    for number, line in enumerate(lines, start=1):
        if place is None:
            place = _place(line)
            continue
        if not line.strip():
            continue
        rows += 1
        customer, why = _customer(line, place)
        if why:
            unusable.append((number, why))
        found.setdefault(customer)
    found.pop("", None)
    _check(rows, len(found), len(unusable))
    return CustomerList(tuple(found), tuple(unusable), rows - len(unusable) - len(found), sha256)


def _place(line: bytes) -> int:
    """Of the column in the first line."""
    names = [name.strip().lower() for name in _cells(line.removeprefix(_BOM)) or ()]
    if names.count(_COLUMN) != 1:
        raise ListRefusedError(f"The first line must name the column {_COLUMN} once.")
    return names.index(_COLUMN)


def _customer(line: bytes, place: int) -> tuple[str, str]:
    """The customer, or why the row cannot be used."""
    cells = _cells(line)
    if cells is None:
        return "", "the row is not valid CSV in UTF-8"
    if len(cells) <= place:
        return "", "the row has fewer cells than the header"
    cell = cells[place].strip()
    return (cell, "") if _CUSTOMER.fullmatch(cell) else ("", f"{_COLUMN}: it must be WeCom's id of a customer")


def _check(rows: int, customers: int, unusable: int) -> None:
    if not rows:
        raise ListRefusedError("The file names no customer.")
    if unusable * 100 > _BAD_PERCENT * rows:
        raise ListRefusedError(f"{unusable} of {rows} rows cannot be used; more than {_BAD_PERCENT} % is a mix-up.")
    if customers > MOST_CUSTOMERS:
        raise ListRefusedError(
            f"A list names {MOST_CUSTOMERS} customers at most; have the bank's feed label more of them."
        )


def _cells(line: bytes) -> list[str] | None:
    try:
        return next(csv.reader((line.decode().rstrip("\r\n"),), strict=True), [])
    except (UnicodeDecodeError, csv.Error):
        return None
