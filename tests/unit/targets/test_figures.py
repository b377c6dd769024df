"""Figures by month: versions, gaps, what stands and what happened."""

from datetime import UTC, date, datetime

import pytest

from scrm.targets.figures import FigureBook, MonthFigure, month_before, month_of
from scrm.targets.stages import Figure
from tests.fakes.targets import FakeFigures

AT = datetime(2027, 4, 1, tzinfo=UTC)


def figure(month: str, numerator: int, kpi: str = "aum") -> MonthFigure:
    return MonthFigure("10", kpi, month, Figure(numerator, None, date(2027, 4, 1)), "core", "operator:a", AT)


def book(*told: MonthFigure) -> FigureBook:
    found = FigureBook(FakeFigures())
    assert found.tell(told) == len(told)
    return found


def test_gains_are_differences_from_last_december_on() -> None:
    told = book(figure("2026-12", 100), figure("2027-01", 130), figure("2027-02", 120))

    assert told.gained("10", "aum", 2027, baseline=7) == [30, -10]


def test_without_last_december_the_baseline_counts_and_without_one_nothing_is_told() -> None:
    told = book(figure("2027-01", 130))

    assert told.gained("10", "aum", 2027, baseline=100) == [30]
    assert told.gained("10", "aum", 2027, baseline=None) == []


def test_a_month_that_is_not_told_ends_the_row() -> None:
    told = book(figure("2027-01", 5, "added"), figure("2027-03", 9, "added"))

    assert told.happened("10", "added", 2027) == [5]


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
