"""What closed cases say: how often the lexicon was right, what it misses, how much there was to do.

A *tally* adds up the cases of one branch and kind that were closed on one business day.
"""

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from scrm import clock
from scrm.review.model import Disposition, ReviewCase, ReviewKind, desk_of

_Z_95 = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Tally:
    """``minutes``: from opening to closing, added up. ``late``: closed after their time. ``two``: by two reviewers."""

    branch_path: str
    kind: ReviewKind
    day: date
    ended: Counter[Disposition] = field(default_factory=Counter)
    minutes: int = 0
    late: int = 0
    two: int = 0

    @property
    def closed(self) -> int:
        return self.ended.total()


@dataclass(frozen=True, slots=True)
class Share:
    """``part`` of ``whole``, with the bounds between which the true share lies in 95 of 100 such counts (Wilson)."""

    part: int
    whole: int
    low: float
    high: float


def tally_of(case: ReviewCase) -> Tally | None:
    """What a case adds when it is closed; None before."""
    if case.closed_at is None or case.disposition is None:
        return None
    return Tally(
        branch_path=desk_of(case.node_path),
        kind=case.kind,
        day=case.closed_at.astimezone(clock.BUSINESS_ZONE).date(),
        ended=Counter({case.disposition: 1}),
        minutes=int((case.closed_at - case.opened_at).total_seconds()) // 60,
        late=int(case.closed_at > case.due_at),
        two=int(case.steps[-1].action == "confirmed"),
    )


def by_desk(tallies: Iterable[Tally]) -> list[Tally]:
    """One for each branch and kind over all days; ``day`` is the first of them."""
    sums: dict[tuple[str, ReviewKind], Tally] = {}
    for each in tallies:
        key = each.branch_path, each.kind
        known = sums.get(key)
        sums[key] = _sum(known, each) if known else each
    return [sums[key] for key in sorted(sums)]


def sampling(tallies: Iterable[Tally]) -> Share:
    """Of the samples that were looked at, those in which the lexicon should have hit: what it misses."""
    ended: Counter[Disposition] = sum(
        (each.ended for each in tallies if each.kind is ReviewKind.SAMPLE), start=Counter()
    )
    return share(ended[Disposition.MISSED], ended.total())


def share(part: int, whole: int) -> Share:
    """Wilson's score interval: it keeps its promise for few cases and for shares near 0, of which samples are made."""
    if not whole:
        return Share(0, 0, 0.0, 1.0)
    found, weight = part / whole, _Z_95**2 / whole
    middle = found + weight / 2
    half = _Z_95 * math.sqrt(found * (1 - found) / whole + weight / (4 * whole))
    return Share(part, whole, max(0.0, (middle - half) / (1 + weight)), min(1.0, (middle + half) / (1 + weight)))


def _sum(one: Tally, other: Tally) -> Tally:
    return Tally(
        one.branch_path,
        one.kind,
        min(one.day, other.day),
        one.ended + other.ended,
        one.minutes + other.minutes,
        one.late + other.late,
        one.two + other.two,
    )
