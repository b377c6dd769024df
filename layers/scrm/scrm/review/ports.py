"""What reviewing needs of the outside world."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from scrm.paging import Page
from scrm.review.model import ReviewCase, ReviewState


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

    def at_desk(self, desk_path: str, state: ReviewState, cursor: str | None, limit: int) -> Page[ReviewCase]:
        """Cases that a desk has, what is due first first; closed ones the latest first."""
        ...

    def overdue(self, now: datetime, limit: int) -> list[ReviewCase]:
        """Cases of the whole bank that are past their time, the longest first."""
        ...

    def verdicts(self, lexicon_version: int) -> list[EntryVerdicts]:
        """By entry."""
        ...
