"""WeCom's statistics on the simulator: whole days, one member, zeros before the morning, and how WeCom says no."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Final

import pytest

from local.simulator.server import RunningSimulator, running_simulator
from scrm.clock import BUSINESS_ZONE
from scrm.collect.model import GroupDay, MemberDay
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


def says(simulator: RunningSimulator, sender: str, other: str, at: datetime, room: str = "") -> None:
    message = {"from": sender, "tolist": [other], "roomid": room, "msgtime": int(at.timestamp() * 1_000)}
    simulator.control.archive.say({**message, "msgtype": "text", "text": {"content": "好"}})


def nine(day: date, minutes: int = 0) -> datetime:
    return datetime.combine(day, time(9, minutes), BUSINESS_ZONE)


def test_every_day_of_a_range_has_a_row_and_a_silent_one_has_no_share(simulator: RunningSimulator, corp: Corp) -> None:
    last = yesterday(corp)
    for customer, answered_after in (("wm1", 4), ("wm2", 7)):
        says(simulator, customer, "rm_0", nine(last))
        says(simulator, "rm_0", customer, nine(last, answered_after))
    says(simulator, "wm3", "rm_0", nine(last))
    says(simulator, "rm_0", "wm1", nine(last - timedelta(days=1)))

    *silent, begun, talked = statistics(corp).of_member("rm_0", last - timedelta(days=29), last)

    assert talked == MemberDay("rm_0", last, messages=2, chats=2, reply_points=6_667 * 2, reply_minutes=5 * 2)
    assert begun == MemberDay("rm_0", last - timedelta(days=1), messages=1, chats=1)
    assert silent == [MemberDay("rm_0", last - timedelta(days=back)) for back in range(29, 1, -1)]


def test_who_came_and_who_went_is_told_of_the_day(simulator: RunningSimulator, corp: Corp) -> None:
    today = corp.time.now().astimezone(BUSINESS_ZONE).date()
    added = {"createtime": int(corp.time.now().timestamp()), "userid": "rm_1"}
    asked = {"external_userid": "wm2", "oper_userid": "rm_1"}
    simulator.control.add_customers([{"relation": added | {"external_userid": "wm1"}}, {"relation": added | asked}])
    simulator.control.remove_relation("rm_1", "wm1", by="customer")
    corp.time.advance(timedelta(days=1).total_seconds())

    assert statistics(corp).of_member("rm_1", today, today) == [MemberDay("rm_1", today, added=2, applied=1, lost=1)]


def test_groups_are_told_as_they_stood_and_were_written_in(simulator: RunningSimulator, corp: Corp) -> None:
    last = yesterday(corp)
    says(simulator, "wm1", "rm_0", nine(last), room="wr1")
    says(simulator, "rm_0", "wm1", nine(last, 5), room="wr1")

    (found,) = statistics(corp).of_groups(["rm_0"], last)

    assert found == GroupDay("rm_0", last, groups=1, groups_active=1, group_customers=1, group_messages=2)


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
