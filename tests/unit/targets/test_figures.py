"""Figures by month: versions, what stands, what happened in a run and what misses in it."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrm.targets.figures import FigureBook, Lack, MonthFigure, Run, ToDate, month_before, month_of
from scrm.targets.stages import Figure
from tests.fakes.targets import FakeFigures

AT = datetime(2027, 4, 1, tzinfo=UTC)
FROM_JANUARY, FROM_MAY = Run("2027-01", "2027-12"), Run("2027-05", "2027-12")


def figure(month: str, numerator: int, kpi: str = "aum") -> MonthFigure:
    return MonthFigure("10", kpi, month, Figure(numerator, None, date(2027, 4, 1)), "core", "operator:a", AT)


def book(*told: MonthFigure) -> FigureBook:
    found = FigureBook(FakeFigures())
    assert found.tell(told) == len(told)
    return found


def test_gains_are_differences_from_last_december_on() -> None:
    told = book(figure("2026-12", 100), figure("2027-01", 130), figure("2027-02", 120))

    assert told.gained("10", "aum", FROM_JANUARY, baseline=7).months == (30, -10)


def test_without_the_month_before_the_baseline_counts_and_without_one_it_says_what_misses() -> None:
    told = book(figure("2027-01", 130))

    assert told.gained("10", "aum", FROM_JANUARY, baseline=100).months == (30,)
    assert told.gained("10", "aum", FROM_JANUARY, baseline=None) == ToDate(
        "2027-01", lack=Lack.NO_LEVEL_BEFORE, lacks="2026-12"
    )


def test_a_run_that_begins_in_may_counts_from_may_on_whatever_was_before() -> None:
    before = (figure("2027-01", 5, "added"), figure("2027-04", 7, "added"))
    told = book(*before, figure("2027-05", 11, "added"), figure("2027-06", 13, "added"))
    levels = book(figure("2027-03", 70), figure("2027-04", 100), figure("2027-05", 130), figure("2027-06", 120))

    assert told.happened("10", "added", FROM_MAY) == ToDate("2027-05", (11, 13))
    assert told.happened("10", "added", FROM_MAY).through == "2027-06"
    assert levels.gained("10", "aum", FROM_MAY, baseline=7).months == (30, -10)


def test_months_before_the_beginning_need_not_be_told() -> None:
    told = book(figure("2027-05", 11, "added"), figure("2027-06", 13, "added"))

    assert told.happened("10", "added", FROM_MAY).months == (11, 13)


@pytest.mark.parametrize("kpi", ["added", "aum"])
def test_a_month_that_misses_inside_the_run_leaves_no_figure_and_is_named(kpi: str) -> None:
    told = book(figure("2027-04", 1, kpi), figure("2027-05", 5, kpi), figure("2027-07", 9, kpi))

    found = told.happened("10", kpi, FROM_MAY) if kpi == "added" else told.gained("10", kpi, FROM_MAY, None)

    assert found == ToDate("2027-05", lack=Lack.GAP, lacks="2027-06")
    assert found.through == ""


def test_the_first_month_that_misses_is_a_gap_as_any_other() -> None:
    told = book(figure("2027-02", 5, "added"))

    assert told.happened("10", "added", FROM_JANUARY) == ToDate("2027-01", lack=Lack.GAP, lacks="2027-01")


def test_what_is_not_told_yet_at_the_end_is_no_gap() -> None:
    told = book(figure("2027-05", 5, "added"))

    assert told.happened("10", "added", FROM_MAY) == ToDate("2027-05", (5,))


def test_later_months_than_the_runs_last_are_not_looked_at() -> None:
    told = book(figure("2027-05", 5, "added"), figure("2027-07", 9, "added"))

    assert told.happened("10", "added", Run("2027-05", "2027-06")).months == (5,)


def test_nothing_told_and_nothing_over_are_two_reasons() -> None:
    told = book(figure("2027-05", 5, "added"))

    assert told.happened("10", "reached", FROM_MAY) == ToDate("2027-05", lack=Lack.NOT_TOLD, lacks="2027-05")
    assert told.happened("10", "added", Run("2027-05", "2027-04")) == ToDate(
        "2027-05", lack=Lack.NO_MONTH_OVER, lacks="2027-05"
    )


@given(st.integers(1, 12), st.sets(st.integers(1, 12)))
def test_to_date_is_the_whole_run_or_a_reason_never_a_part_of_it(begins: int, told_months: set[int]) -> None:
    run = Run(f"2027-{begins:02d}", "2027-12")
    told = book(*(figure(f"2027-{number:02d}", 10**number, "added") for number in sorted(told_months)))
    within = {number for number in told_months if number >= begins}

    found = told.happened("10", "added", run)

    if found.lack is None:
        assert set(range(begins, begins + len(found.months))) == within
        assert sum(found.months) == sum(10**number for number in within)
    else:
        assert not found.months
        assert int(found.lacks[-2:]) not in within


def test_a_plans_run_ends_with_the_last_month_that_is_over() -> None:
    def until(year: int, month: int, day: int) -> Run:
        return Run.of_year("2027-05", datetime(year, month, day, tzinfo=UTC))

    assert until(2027, 8, 3) == Run("2027-05", "2027-07")
    assert until(2027, 7, 31) == Run("2027-05", "2027-06")
    assert Run.of_year("2027-05", datetime(2027, 7, 31, 17, tzinfo=UTC)).last == "2027-07"  # August in Shanghai
    assert until(2028, 3, 1) == Run("2027-05", "2027-12")
    assert not until(2027, 5, 9).has_a_month


def test_where_no_plan_says_so_a_kpi_begins_with_its_first_month() -> None:
    told = book(figure("2027-05", 5, "added"), figure("2026-12", 9, "added"))

    assert told.first_told("10", "added", FROM_JANUARY) == "2027-05"
    assert told.first_told("10", "reached", FROM_JANUARY) is None


def test_what_stands_is_the_latest_and_not_too_old() -> None:
    told = book(figure("2027-01", 5), figure("2027-02", 6))

    assert told.standing_at("10", ["aum", "mau"], "2027-04")["aum"].numerator == 6
    assert told.standing_at("10", ["aum"], "2027-05") == {}
    assert told.standing_at("10", ["aum"], "2027-01")["aum"].numerator == 5


@pytest.mark.parametrize(
    ("month", "by", "before"), [("2027-01", 2, "2026-11"), ("2027-12", 0, "2027-12"), ("2027-01", 1, "2026-12")]
)
def test_months_count_back_over_the_year(month: str, by: int, before: str) -> None:
    assert month_before(month, by) == before


def test_a_day_lies_in_its_month() -> None:
    assert month_of(date(2027, 4, 1)) == "2027-04"
