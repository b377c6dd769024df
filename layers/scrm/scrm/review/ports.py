"""What reviewing needs of the outside world."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from scrm.paging import Page
from scrm.review.model import ReviewCase
from scrm.review.queries import CaseQuery


@dataclass(frozen=True, slots=True)
class EntryVerdicts:
    """How often reviewers agreed with an entry of one version of the lexicon, over closed cases."""

    entry_id: str
    lexicon_version: int
    right: int
    wrong: int


class ReviewCases(Protocol):
    def add(self, case: ReviewCase) -> bool:
        """Keep a new case; False, and nothing written, when there is one with its id."""
        ...

    def case(self, case_id: str) -> ReviewCase | None: ...

    def save(self, case: ReviewCase, verdicts: Sequence[EntryVerdicts] = ()) -> bool:
        """Write a case over the version it was read in and add to the verdicts, together; False when that is gone."""
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

    def salt(self) -> str:
        """A secret of this bank's, made once, by which samples and second reviews are chosen."""
        ...


class ReviewJournal(Protocol):
    def told(self, case: ReviewCase, actor: str, at: datetime) -> None:
        """Record the last step of a case; a repeat is the same entry."""
        ...
