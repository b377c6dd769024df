"""A pilot's exit: it lasts and shows a result, and nothing else makes it ready."""

import itertools
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrm.runtime.target_joins import ladder_of
from scrm.settings.targets import TargetsDocument
from scrm.targets.figures import MonthFigure
from scrm.targets.pilot import (
    ExitFinding,
    ExitTerms,
    ExitVerdict,
    NamedReview,
    PilotExit,
    Reason,
    ResultLine,
)
from scrm.targets.rollout import ExitNotReadyError, OpenMonthError, PilotExits, RecordedExit
from scrm.targets.stages import Figure, StageLadder
from tests.fakes.targets import FakeExits, FakeFigures

NOW = datetime(2027, 6, 10, 2, 0, tzinfo=UTC)
MONTHS = ("2027-03", "2027-04", "2027-05")
LADDER = ladder_of(TargetsDocument())
USUAL = ExitTerms()
GOOD = {"staff_usage_rate": (85, 100), "customer_coverage_rate": (3_000, 6_000), "pool_size": (3_200, None)}


class Journal:
    def __init__(self) -> None:
        self.told_of: list[tuple[str, str]] = []

    def told(self, recorded: RecordedExit, actor: str, at: datetime) -> None:
        self.told_of.append((recorded.exit_id, actor))


def figures(months: Sequence[str] = MONTHS, /, **changed: tuple[int, int | None]) -> FakeFigures:
    """Those of a branch that reaches everything; ``changed``: of the last month."""
    book = FakeFigures()
    for month, (kpi, sides) in itertools.product(months, (GOOD | changed).items()):
        told = sides if month == months[-1] or kpi not in GOOD else GOOD[kpi]
        tell(book, kpi, month, told)
    return book


def tell(book: FakeFigures, kpi: str, month: str, sides: tuple[int, int | None]) -> None:
    version = len(book.stored.get(("10", kpi, month), [])) + 1
    figure = Figure(*sides, date.fromisoformat(f"{month}-28"))
    book.add(MonthFigure("10", kpi, month, figure, "relations, definition 1", "kpi", NOW, version))


def reviewed(finding: ExitFinding = ExitFinding.MET, *, is_late: bool = False) -> NamedReview:
    lines = (
        ResultLine("aum_fen", "added", 0.2, 0.31, 0.25, 0.37, ExitFinding.MET),
        ResultLine("holdings", "added", 0.2, None, None, None, finding),
    )
    return NamedReview("rev_1", "试点", "added", 1, is_late, date(2027, 5, 1), "ab" * 32, lines)


def exits(book: FakeFigures, terms: ExitTerms = USUAL, ladder: StageLadder = LADDER) -> PilotExits:
    return PilotExits(book, FakeExits(), Journal(), lambda: ladder, lambda: terms)


def looked(book: FakeFigures, review: NamedReview | None = None, terms: ExitTerms = USUAL) -> PilotExit:
    return exits(book, terms).look("10", review, NOW).exit


def test_a_pilot_that_lasts_and_shows_a_result_is_ready() -> None:
    found = looked(figures(), reviewed())

    assert (found.verdict, found.reasons, found.through) == (ExitVerdict.READY, (), "2027-05")
    assert len(found.lasting) == 3 * 3
    assert {line.month for line in found.lasting} == set(MONTHS)


@pytest.mark.parametrize(
    ("kpi", "sides"),
    [("staff_usage_rate", (799, 1_000)), ("customer_coverage_rate", (2_999, 6_000)), ("pool_size", (999, None))],
)
def test_one_month_below_one_criterion_is_not_ready(kpi: str, sides: tuple[int, int | None]) -> None:
    found = looked(figures(MONTHS, **{kpi: sides}), reviewed())

    assert found.verdict is ExitVerdict.NOT_READY
    assert found.reasons == (Reason(ExitFinding.BELOW, kpi, ("2027-05",)),)


def test_a_month_without_a_figure_is_absent_and_never_met() -> None:
    found = looked(figures(MONTHS[1:]), reviewed())

    assert found.verdict is ExitVerdict.UNDECIDED
    assert {(one.finding, one.months) for one in found.reasons} == {(ExitFinding.ABSENT, ("2027-03",))}


def test_a_ratio_without_a_base_proves_nothing() -> None:
    found = looked(figures(staff_usage_rate=(0, 0)), reviewed())

    assert found.verdict is ExitVerdict.UNDECIDED
    assert found.reasons == (Reason(ExitFinding.NO_BASE, "staff_usage_rate", ("2027-05",)),)


@pytest.mark.parametrize(
    ("finding", "verdict"),
    [
        (ExitFinding.BELOW, ExitVerdict.NOT_READY),
        (ExitFinding.OPEN, ExitVerdict.UNDECIDED),
        (ExitFinding.INSUFFICIENT, ExitVerdict.UNDECIDED),
        (ExitFinding.NOT_COMPARABLE, ExitVerdict.UNDECIDED),
    ],
)
def test_every_declared_kpi_has_to_show_a_result(finding: ExitFinding, verdict: ExitVerdict) -> None:
    found = looked(figures(), reviewed(finding))

    assert found.verdict is verdict
    assert found.reasons == (Reason(finding, "holdings"),)


def test_no_review_and_a_review_without_a_result_prove_nothing() -> None:
    waiting = replace(reviewed(), version=0, lines=())

    for review in (None, waiting):
        found = looked(figures(), review)
        assert (found.verdict, found.reasons) == (ExitVerdict.UNDECIDED, (Reason(ExitFinding.ABSENT, ""),))


def test_a_review_registered_with_its_answer_at_hand_proves_nothing_but_its_failure_counts() -> None:
    late = looked(figures(), reviewed(is_late=True))
    failed = looked(figures(), reviewed(ExitFinding.BELOW, is_late=True))

    assert (late.verdict, {one.finding for one in late.reasons}) == (ExitVerdict.UNDECIDED, {ExitFinding.LATE})
    assert failed.verdict is ExitVerdict.NOT_READY


def test_lost_customers_are_a_share_of_the_pool_where_the_bank_sets_a_bound() -> None:
    terms = ExitTerms(lost_at_most=Fraction(2, 100))
    at_bound, above = figures(lost=(64, None)), figures(lost=(65, None))

    assert looked(at_bound, reviewed(), terms).verdict is ExitVerdict.READY
    found = looked(above, reviewed(), terms)
    assert found.verdict is ExitVerdict.NOT_READY
    [line] = [one for one in found.lasting if (one.kpi, one.month) == ("lost", "2027-05")]
    assert (line.figure, line.at_most) == (Figure(65, 3_200, date(2027, 5, 28)), True)
    assert looked(figures(), reviewed(), terms).verdict is ExitVerdict.UNDECIDED


def test_a_month_in_which_nobody_left_holds_no_exit_up_for_its_handovers() -> None:
    terms = ExitTerms(handed_over_at_least=Fraction(95, 100))

    assert looked(figures(handover_success=(0, 0)), reviewed(), terms).verdict is ExitVerdict.READY
    assert looked(figures(handover_success=(94, 100)), reviewed(), terms).verdict is ExitVerdict.NOT_READY
    assert looked(figures(), reviewed(), terms).verdict is ExitVerdict.UNDECIDED


def test_a_ladder_that_asks_for_nothing_shows_nothing() -> None:
    found = exits(figures(), ladder=StageLadder(())).look("10", reviewed(), NOW).exit

    assert found.verdict is ExitVerdict.UNDECIDED


def test_the_running_month_is_not_looked_at_and_a_year_is_shown() -> None:
    book = figures(("2026-05", "2026-06", *MONTHS, "2027-06"))

    looked_at = exits(book).look("10", reviewed(), NOW)

    assert list(looked_at.trend["pool_size"]) == ["2026-06", *MONTHS]
    with pytest.raises(OpenMonthError):
        exits(book).look("10", reviewed(), NOW, "2027-06")
    assert exits(book).look("10", reviewed(), NOW, "2027-04").exit.verdict is ExitVerdict.UNDECIDED


def test_only_what_is_ready_is_recorded_and_the_same_evidence_once() -> None:
    desk = exits(figures())
    ready = desk.look("10", reviewed(), NOW).exit

    first = desk.record(ready, "/1/10/", "operator:op-a", NOW)
    again = desk.record(ready, "/1/10/", "operator:op-b", NOW.replace(day=11))

    assert (again, again.recorded_by) == (first, "operator:op-a")
    assert isinstance(desk.journal, Journal)
    assert desk.journal.told_of == [(first.exit_id, "operator:op-a")] * 2
    with pytest.raises(ExitNotReadyError):
        desk.record(desk.look("10", None, NOW).exit, "/1/10/", "operator:op-a", NOW)


def test_a_record_keeps_what_it_went_by_whatever_is_told_later() -> None:
    book = figures()
    desk = exits(book)
    recorded = desk.record(desk.look("10", reviewed(), NOW).exit, "/1/10/", "operator:op-a", NOW)

    tell(book, "pool_size", "2027-05", (10, None))

    kept = json.loads(desk.exits.all()[0].evidence)
    [pool] = [row for row in kept["lasting"] if (row["kpi"], row["month"]) == ("pool_size", "2027-05")]
    assert (pool["figure"]["numerator"], pool["bound"], kept["verdict"]) == (3_200, "1000", "ready")
    assert desk.exits.all()[0].sha256 == recorded.sha256
    assert desk.look("10", reviewed(), NOW).exit.verdict is ExitVerdict.NOT_READY


@given(
    told=st.lists(st.tuples(st.integers(0, 100), st.integers(0, 4_000)), min_size=3, max_size=3),
    finding=st.sampled_from(ExitFinding),
)
def test_ready_means_that_every_month_and_every_kpi_is_met(told: list[tuple[int, int]], finding: ExitFinding) -> None:
    book = FakeFigures()
    for month, (used, pool) in zip(MONTHS, told, strict=True):
        for kpi, sides in {**GOOD, "staff_usage_rate": (used, 100), "pool_size": (pool, None)}.items():
            tell(book, kpi, month, sides)

    found = looked(book, reviewed(finding))

    is_met = all(used >= 80 and pool >= 1_000 for used, pool in told) and finding is ExitFinding.MET
    assert (found.verdict is ExitVerdict.READY) == is_met
    assert bool(found.reasons) != is_met
