"""Members are asked to send in their working hours only, which a bank sets by node (S37)."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrm.campaign.checks import AHEAD
from scrm.campaign.dispatch_settings import DispatchSettings
from scrm.campaign.dispatching import SendOutcome
from scrm.campaign.quiet_hours import WorkingHours
from scrm.clock import BUSINESS_ZONE
from tests.unit.campaign.dispatch_bank import DispatchBank, customers

OFFICE = WorkingHours(time(9, 30), time(17, 30), frozenset({1, 2, 3, 4, 5}))
SATURDAY = WorkingHours(time(10), time(16), frozenset({6}))
HERE, BELOW, ELSEWHERE = "/1/10/", "/1/10/11/", "/1/20/"


def shanghai(day: int, hour: int, minute: int = 0) -> datetime:
    """Of November 2026; the 23rd is a Monday."""
    return datetime(2026, 11, day, hour, minute, tzinfo=BUSINESS_ZONE).astimezone(UTC)


def bank_at(at: datetime) -> DispatchBank:
    settings = replace(DispatchSettings(), working_hours={"10": OFFICE, "12": SATURDAY})
    return DispatchBank(time=at, settings=settings)


@pytest.mark.parametrize(
    ("at", "again"),
    [
        (shanghai(23, 8, 30), shanghai(23, 9, 30)),
        (shanghai(23, 17, 20), shanghai(24, 9, 30)),
        (shanghai(23, 19), shanghai(24, 9, 30)),
        (shanghai(27, 18), shanghai(30, 9, 30)),
        (shanghai(28, 12), shanghai(30, 9, 30)),
    ],
)
@pytest.mark.parametrize("node_path", [HERE, BELOW])
def test_outside_them_a_task_waits_until_they_begin(at: datetime, again: datetime, node_path: str) -> None:
    bank = bank_at(at)
    (task,) = bank.plan(customers(1), node_path=node_path)

    outcome = bank.send(task)

    assert (outcome, bank.stored(task).due_at) == (SendOutcome.PUT_OFF, again)


@pytest.mark.parametrize("node_path", [ELSEWHERE, ""])
def test_elsewhere_only_the_quiet_hours_count(node_path: str) -> None:
    bank = bank_at(shanghai(28, 19))
    (task,) = bank.plan(customers(1), node_path=node_path)

    assert bank.send(task) is SendOutcome.CREATED
    assert bank.stored(task).alive_until == shanghai(28, 21) - AHEAD


def test_a_task_is_taken_back_before_they_end() -> None:
    bank = bank_at(shanghai(23, 10))
    bank.plan(customers(2), node_path=BELOW)

    bank.run(timedelta(hours=7, minutes=30))

    assert bank.time == shanghai(23, 17, 30)
    assert bank.wecom.messages["msg_0"].cancelled
    assert bank.counts() == {"not_confirmed": 2}


def test_the_lowest_node_that_has_any_counts() -> None:
    settings = bank_at(shanghai(23, 10)).settings

    assert settings.silent_until(shanghai(23, 10), "/1/10/12/") == shanghai(28, 10)
    assert settings.silent_until(shanghai(23, 10), "/1/10/11/") is None


MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)).map(lambda found: found.replace(tzinfo=UTC))  # noqa: DTZ001 - given a zone
HOURS = st.builds(
    lambda first, length, days: WorkingHours(time(first), time(first + length), frozenset(days)),
    st.integers(0, 12),
    st.integers(1, 11),
    st.sets(st.integers(1, 7), min_size=1),
)


@given(at=MOMENTS, hours=HOURS)
def test_whoever_waits_comes_in_working_hours_and_these_end(at: datetime, hours: WorkingHours) -> None:
    again = hours.away_until(at) or at

    assert hours.away_until(again) is None
    assert again - at < timedelta(days=8)
    end = hours.end_after(again)
    assert end > again
    assert hours.away_until(end) is not None
    assert hours.away_until(again + (end - again) / 2) is None
