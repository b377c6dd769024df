"""What closed review cases say, on the wire. Shares come with the bounds of their 95 % interval (Wilson)."""

from collections.abc import Sequence
from datetime import date
from typing import Self

from pydantic import Field

from scrm.review.figures import Share, Tally, share
from scrm.review.model import Disposition, ReviewKind
from scrm.review.ports import EntryVerdicts
from scrm.runtime.http.wire import Reply


class ShareText(Reply):
    """``part`` of ``whole``; ``share`` is null when there is nothing to divide by, and then nothing is known."""

    part: int
    whole: int
    share: float | None
    low: float
    high: float

    @classmethod
    def of(cls, found: Share) -> Self:
        known = found.part / found.whole if found.whole else None
        return cls(part=found.part, whole=found.whole, share=known, low=found.low, high=found.high)


class DeskReport(Reply):
    """Cases of a branch and kind that were closed in the period; times are from opening to closing."""

    branch_path: str
    kind: ReviewKind
    closed: int
    ended: dict[Disposition, int]
    average_minutes: int | None
    late: int = Field(description="Closed after their time.")
    two: int = Field(description="By two reviewers.")

    @classmethod
    def of(cls, tally: Tally) -> Self:
        return cls(
            branch_path=tally.branch_path,
            kind=tally.kind,
            closed=tally.closed,
            ended=dict(tally.ended),
            average_minutes=tally.minutes // tally.closed if tally.closed else None,
            late=tally.late,
            two=tally.two,
        )


class ReviewReport(Reply):
    """``open`` and ``overdue`` are of now; 1000 means that or more. ``sampling``: samples that the lexicon missed."""

    first_day: date
    last_day: date
    desks: list[DeskReport]
    sampling: ShareText
    open: int
    overdue: int


class EntryPrecision(Reply):
    """How often reviewers found an entry's hits to be what it looks for."""

    entry_id: str
    right: ShareText
    violations: int


class PrecisionReport(Reply):
    lexicon_version: int
    whole: ShareText
    items: list[EntryPrecision]

    @classmethod
    def of(cls, version: int, verdicts: Sequence[EntryVerdicts]) -> Self:
        """What was decided most often comes first."""
        right, wrong = sum(each.right for each in verdicts), sum(each.wrong for each in verdicts)
        ordered = sorted(verdicts, key=lambda each: (-(each.right + each.wrong), each.entry_id))
        return cls(
            lexicon_version=version,
            whole=ShareText.of(share(right, right + wrong)),
            items=[
                EntryPrecision(
                    entry_id=each.entry_id,
                    right=ShareText.of(share(each.right, each.right + each.wrong)),
                    violations=each.violations,
                )
                for each in ordered
            ],
        )
