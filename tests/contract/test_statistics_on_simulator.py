"""WeCom's statistics on the simulator: whole days, one member, zeros before the morning, and how WeCom says no."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

import pytest

from local.simulator.server import RunningSimulator, running_simulator
from scrm.clock import BUSINESS_ZONE
from scrm.wecom.errors import InvalidRequestError
from scrm.wecom.member_statistics import WecomMemberStatistics
from tests.simulated_corp import Corp, loaded
from tests.unit.simulator.builders import group, member

MEMBERS: Final = [f"rm_{number}" for number in range(30)]


@pytest.fixture(scope="module")
def simulator() -> Iterator[RunningSimulator]:
    with running_simulator() as running:
        yield running


@pytest.fixture
def corp(simulator: RunningSimulator) -> Corp:
    made = loaded(
        simulator, members=[member(userid) for userid in MEMBERS], relations=[], groups=[group("wr1", "rm_0")]
    )
    here = made.time.now().astimezone(BUSINESS_ZONE)
    made.time.advance((timedelta(days=1, hours=7) - timedelta(hours=here.hour, minutes=here.minute)).total_seconds())
    return made


def statistics(corp: Corp) -> WecomMemberStatistics:
    return WecomMemberStatistics(corp.client(), corp.time.now)


def yesterday(corp: Corp) -> date:
    return corp.time.now().astimezone(BUSINESS_ZONE).date() - timedelta(days=1)


def test_every_day_of_a_range_has_a_row_and_a_silent_one_has_no_share(corp: Corp) -> None:
    last = yesterday(corp)
    found = [
        day for userid in MEMBERS[:5] for day in statistics(corp).of_member(userid, last - timedelta(days=29), last)
    ]
    assert len(found) == 150
    assert {day.day for day in found} == {last - timedelta(days=back) for back in range(30)}
    assert all((day.reply_points is None) == (day.chats == 0) for day in found)
    assert any(day.messages for day in found)


def test_a_longer_range_is_not_even_asked_for(corp: Corp) -> None:
    last = yesterday(corp)
    with pytest.raises(InvalidRequestError):
        statistics(corp).of_member("rm_0", last - timedelta(days=30), last)
    assert corp.codes("externalcontact/get_user_behavior_data") == []


def test_history_ends_after_180_days(corp: Corp) -> None:
    oldest = yesterday(corp) - timedelta(days=179)
    assert len(statistics(corp).of_member("rm_0", oldest, oldest)) == 1
    with pytest.raises(InvalidRequestError) as refused:
        statistics(corp).of_member("rm_0", oldest - timedelta(days=9), oldest)
    assert refused.value.errcode == 600018


def test_a_member_whom_wecom_does_not_know_has_no_days_and_spoils_no_ones_groups(corp: Corp) -> None:
    day = yesterday(corp)
    assert statistics(corp).of_member("rm_gone", day, day) == []
    found = statistics(corp).of_groups(["rm_gone", "rm_0", "rm_1"], day)
    assert [each.userid for each in found] == ["rm_0"]
    assert found[0].groups == 1


def test_groups_of_today_are_refused(corp: Corp) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        statistics(corp).of_groups(["rm_0"], yesterday(corp) + timedelta(days=1))
    assert refused.value.errcode == 600018
