"""The bank's file of customers' answers about advertising: CSV, read line by line (UTF-8).

Reasons name column and rule, never content: they are shown to people who may not see customers.
"""

import csv
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from scrm.consent.model import ConsentAnswer, ConsentSource, Statement

COLUMNS: Final = ("external_userid", "answer", "said_at", "reference")
_BOM: Final = b"\xef\xbb\xbf"
_EXTERNAL_USERID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_REFERENCE: Final = re.compile(r"[0-9A-Za-z._/-]{0,64}")
_NO_REFERENCE: Final = "feed"


class AnswersRefusedError(Exception):
    """The whole file is refused; the text says why and what to do."""


class AnswerRowError(Exception):
    """One row cannot be used; the text says why."""


@dataclass(frozen=True, slots=True)
class AnswerColumns:
    """The header: names of the columns in the file's order; columns nobody knows are skipped."""

    names: tuple[str, ...]

    @classmethod
    def of(cls, line: bytes) -> "AnswerColumns":
        """From the file's first line. Raises AnswersRefusedError."""
        try:
            names = tuple(cell.strip().lower() for cell in _cells(line.removeprefix(_BOM)))
        except AnswerRowError:
            names = ()
        wrong = [column for column in COLUMNS if names.count(column) != 1]
        if wrong:
            raise AnswersRefusedError(f"The first line must name these columns once each: {', '.join(wrong)}.")
        return cls(names)

    def statement(self, line: bytes, told_at: datetime) -> Statement:
        """One row. The same row of another file is the same statement. Raises AnswerRowError."""
        cells = _cells(line)
        if len(cells) != len(self.names):
            raise AnswerRowError(f"the row has {len(cells)} cells, the header has {len(self.names)}")
        row = dict(zip(self.names, (cell.strip() for cell in cells), strict=True))
        if not _EXTERNAL_USERID.fullmatch(row["external_userid"]):
            raise AnswerRowError("external_userid: it must be WeCom's id of a customer")
        answer, said_at, reference = _answer(row["answer"]), _moment(row["said_at"], told_at), row["reference"]
        if not _REFERENCE.fullmatch(reference):
            raise AnswerRowError("reference: it must have at most 64 letters, digits and . _ / -")
        if answer is ConsentAnswer.CONSENTED and not reference:
            raise AnswerRowError("reference: a consent needs the number of its proof")
        cause = reference or _NO_REFERENCE
        return Statement(row["external_userid"], answer, ConsentSource.FEED, said_at, cause)


def _answer(cell: str) -> ConsentAnswer:
    try:
        return ConsentAnswer(cell.lower())
    except ValueError:
        raise AnswerRowError(f"answer: it must be one of {', '.join(ConsentAnswer)}") from None


def _moment(cell: str, told_at: datetime) -> datetime:
    try:
        found = datetime.fromisoformat(cell)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise AnswerRowError("said_at: it must be a moment with its zone like 2026-11-26T10:00:00+08:00")
    try:
        found = found.astimezone(UTC)
    except OverflowError:
        raise AnswerRowError("said_at: no such moment") from None
    if found > told_at:
        raise AnswerRowError("said_at: it lies after the file's own time")
    if found.year < 1970:  # noqa: PLR2004 - times are kept from there on
        raise AnswerRowError("said_at: no moment before 1970 can be right")
    return found.replace(microsecond=found.microsecond // 1_000 * 1_000)  # as it is kept


def _cells(line: bytes) -> list[str]:
    try:
        return next(csv.reader((line.decode().rstrip("\r\n"),), strict=True), [])
    except UnicodeDecodeError:
        raise AnswerRowError("the row is not UTF-8") from None
    except csv.Error:
        raise AnswerRowError("the row is not valid CSV; check its quotes") from None
