"""What reviewing needs of the outside world."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from scrm.paging import Page
from scrm.review.figures import Tally
from scrm.review.model import ReviewCase
from scrm.review.queries import CaseQuery


@dataclass(frozen=True, slots=True)
class EntryVerdicts:
    """How often reviewers agreed with an entry of one version of the lexicon, over closed cases.

    ``violations``: how many of the ``right`` ones were violations, or complaints that were upheld.
    """

    entry_id: str
    lexicon_version: int
    right: int
    wrong: int
    violations: int = 0


class ReviewCases(Protocol):
    def add(self, case: ReviewCase) -> bool:
        """Keep a new case; False, and nothing written, when there is one with its id."""
        ...

    def case(self, case_id: str) -> ReviewCase | None: ...

    def save(self, case: ReviewCase, verdicts: Sequence[EntryVerdicts] = ()) -> bool:
        """Write a case over the version it was read in; when it is closed with its verdicts and what it adds to the
        tallies, together. False when that version is gone."""
        ...

    def listed(self, query: CaseQuery, cursor: str | None, limit: int) -> Page[ReviewCase]:
        """A page may be short, or empty, and still have a cursor. Raises InvalidCursorError."""
        ...

    def overdue_at_branches(self, before: datetime, limit: int) -> list[str]:
        """Ids of cases that a branch has and that were due before ``before``, the longest overdue first."""
        ...

    def verdicts(self, lexicon_version: int) -> list[EntryVerdicts]:
        """By entry."""
        ...

    def tallies(self, scope_path: str, first: date, last: date) -> Iterator[Tally]:
        """Of branches at or below ``scope_path``, by business day from ``first`` to ``last``."""
        ...

    def salt(self) -> str:
        """A secret of this bank's, made once, by which samples and second reviews are chosen."""
        ...


class ReviewJournal(Protocol):
    def told(self, case: ReviewCase, actor: str, at: datetime) -> None:
        """Record the last step of a case; a repeat is the same entry."""
        ...
