from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrm.pressure.weeks import week_of, weeks_between

MOMENTS = st.integers(0, 20 * 366 * 24).map(lambda hours: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(hours=hours))


@pytest.mark.parametrize(
    ("moment", "week"),
    [
        ("2026-12-27T15:59:59.999+00:00", "2026-W52"),
        ("2026-12-27T16:00:00+00:00", "2026-W53"),
        ("2027-01-01T00:00:00+08:00", "2026-W53"),
        ("2027-01-03T23:59:59+08:00", "2026-W53"),
        ("2027-01-04T00:00:00+08:00", "2027-W01"),
        ("2024-12-30T00:00:00+08:00", "2025-W01"),
        ("2024-12-29T16:00:00+00:00", "2025-W01"),
    ],
)
def test_a_week_begins_on_monday_in_shanghai_whatever_the_year(moment: str, week: str) -> None:
    assert week_of(datetime.fromisoformat(moment)) == week


def test_a_task_over_new_year_holds_both_weeks_and_no_other() -> None:
    created = datetime.fromisoformat("2026-12-31T10:00:00+08:00")

    assert weeks_between(created, created + timedelta(days=5)) == ("2026-W53", "2027-W01")


def test_a_span_that_ends_before_it_begins_has_no_week() -> None:
    moment = datetime.fromisoformat("2026-12-31T10:00:00+08:00")

    assert weeks_between(moment, moment - timedelta(days=7)) == ()


@given(MOMENTS, st.timedeltas(timedelta(0), timedelta(days=40)), st.floats(0, 1))
def test_every_moment_of_a_span_lies_in_one_of_its_weeks(first: datetime, length: timedelta, share: float) -> None:
    found = weeks_between(first, first + length)

    assert week_of(first + length * share) in found
    assert list(found) == sorted({*found})
    assert len(found) <= length.days // 7 + 2
