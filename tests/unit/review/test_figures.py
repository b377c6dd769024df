"""What closed cases add up to, and how sure a share is."""

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrm.review import figures, model
from scrm.review.figures import Share, Tally
from scrm.review.model import Disposition, ReviewCase, ReviewKind
from tests.unit.review.test_desk import NOW, Desk, suspicion

DAY = date(2026, 11, 26)


def closed(kind: ReviewKind, end: Disposition, hours: int = 5, node_path: str = "/1/10/12/") -> ReviewCase:
    at = Desk()
    at.desk.open_cases([suspicion("m1", kind=kind)])
    [case] = at.cases.stored.values()
    claimed = model.claimed(replace(case, node_path=node_path), "operator:li", NOW)
    return model.decided(claimed, "operator:li", end, "x", NOW + timedelta(hours=hours), needs_second=False)


def tallied(*cases: ReviewCase) -> list[Tally]:
    return [tally for case in cases if (tally := figures.tally_of(case)) is not None]


def test_a_case_counts_when_it_is_closed_for_its_branch_and_shanghais_day() -> None:
    [late] = tallied(closed(ReviewKind.COMPLIANCE, Disposition.VIOLATION, hours=80))
    [evening] = tallied(closed(ReviewKind.COMPLIANCE, Disposition.VIOLATION, hours=14))  # 16:00 UTC is midnight

    assert (late.branch_path, late.minutes, late.late, late.two) == ("/1/10/", 80 * 60, 1, 0)
    assert evening.day == DAY + timedelta(days=1)


def test_an_open_case_counts_nothing() -> None:
    at = Desk()

    assert tallied(at.desk.visible(at.opened(), "/1/")) == []


def test_days_add_up_by_branch_and_kind() -> None:
    tallies = tallied(
        closed(ReviewKind.COMPLIANCE, Disposition.VIOLATION, hours=1),
        closed(ReviewKind.COMPLIANCE, Disposition.FALSE_POSITIVE, hours=40),
        closed(ReviewKind.COMPLAINT, Disposition.UPHELD),
        closed(ReviewKind.COMPLIANCE, Disposition.VIOLATION, node_path="/1/20/"),
    )

    first, second, third = figures.by_desk(tallies)

    assert (first.branch_path, first.kind, first.closed) == ("/1/10/", ReviewKind.COMPLAINT, 1)
    assert (second.ended, second.minutes, second.day) == (
        Counter({Disposition.VIOLATION: 1, Disposition.FALSE_POSITIVE: 1}),
        41 * 60,
        DAY,
    )
    assert third.branch_path == "/1/20/"


def test_samples_say_what_the_lexicon_misses() -> None:
    """Bounds as of R's prop.test(3, 100, correct=FALSE)."""
    ends = [Disposition.CLEAN] * 97 + [Disposition.MISSED] * 3
    tallies = tallied(*(closed(ReviewKind.SAMPLE, end) for end in ends))

    found = figures.sampling([*tallies, *tallied(closed(ReviewKind.COMPLIANCE, Disposition.VIOLATION))])

    assert (found.part, found.whole) == (3, 100)
    assert (found.low, found.high) == pytest.approx((0.01025452, 0.08451936), abs=1e-7)


def test_of_nothing_nothing_is_known() -> None:
    assert figures.sampling([]) == Share(0, 0, 0.0, 1.0)


@given(st.integers(0, 5_000).flatmap(lambda whole: st.tuples(st.integers(0, whole), st.just(whole))))
def test_a_share_lies_within_its_bounds_which_are_shares(counts: tuple[int, int]) -> None:
    part, whole = counts

    found = figures.share(part, whole)

    assert 0 <= found.low <= found.high <= 1
    if whole:
        assert found.low - 1e-12 <= part / whole <= found.high + 1e-12
