"""Target to date, pace and forecast."""

import random
from fractions import Fraction

import pytest

from scrm.targets.attainment import attain

EVEN = (100,) * 12


def test_pace_and_what_misses_are_those_of_the_closed_months() -> None:
    found = attain(EVEN, [80, 110, 90])

    assert (found.target_to_date, found.actual_to_date, found.year_target) == (300, 280, 1200)
    assert found.pace == Fraction(280, 300)
    assert found.is_behind
    assert found.missing == 20


def test_a_forecast_goes_on_at_the_pace_and_knows_its_range() -> None:
    forecast = attain(EVEN, [80, 110, 90]).forecast

    assert forecast is not None
    assert forecast.expected == 1120
    assert forecast.low is not None
    assert forecast.high is not None
    assert forecast.low < 1120 < forecast.high


def test_a_run_of_part_of_the_year_is_foretold_to_its_end() -> None:
    """A pilot from May to December, three months of it closed."""
    found = attain((100,) * 8, [80, 110, 90])

    assert (found.target_to_date, found.year_target) == (300, 800)
    assert found.forecast is not None
    assert found.forecast.expected == round(280 + Fraction(280, 300) * 500)
    assert found.forecast.low is not None
    assert found.forecast.high is not None
    assert found.forecast.low < found.forecast.expected < found.forecast.high


def test_a_wider_confidence_is_a_wider_range() -> None:
    narrow, wide = (attain(EVEN, [80, 110, 90], share).forecast for share in (0.5, 0.95))

    assert narrow is not None
    assert wide is not None
    assert wide.low is not None
    assert narrow.low is not None
    assert wide.low < narrow.low


def test_two_months_foretell_no_range() -> None:
    forecast = attain(EVEN, [80, 110]).forecast

    assert forecast is not None
    assert (forecast.expected, forecast.low, forecast.high) == (1140, None, None)


def test_a_year_that_is_over_is_what_it_was() -> None:
    forecast = attain(EVEN, [90] * 12).forecast

    assert forecast is not None
    assert (forecast.expected, forecast.low, forecast.high) == (1080, 1080, 1080)


def test_a_season_is_no_reason_to_be_behind() -> None:
    found = attain((10, 10, 500, 10, 10, 10, 10, 10, 10, 10, 10, 400), [10, 10, 500])

    assert found.pace == 1
    assert found.forecast is not None
    assert (found.forecast.expected, found.forecast.low, found.forecast.high) == (1000, 1000, 1000)


def test_without_a_target_to_date_nothing_is_foretold() -> None:
    found = attain((0, 0, 0, *EVEN[3:]), [5, 0])

    assert found.pace is None
    assert found.forecast is None


def test_the_range_holds_the_end_of_the_year_as_often_as_it_says() -> None:
    chance = random.Random(7)
    held = 0
    for _ in range(1000):
        year = [round(chance.gauss(90, 9)) for _ in EVEN]
        forecast = attain(EVEN, year[:6]).forecast
        assert forecast is not None
        assert forecast.low is not None
        assert forecast.high is not None
        held += forecast.low <= sum(year) <= forecast.high

    assert 770 <= held <= 840


def test_more_months_than_a_year_has_are_refused() -> None:
    with pytest.raises(ValueError, match="more months"):
        attain(EVEN, [1] * 13)
