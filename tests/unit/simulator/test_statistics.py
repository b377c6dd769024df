"""Behaviour data (section 7, checklist 10): counted of what happens in the corp, and nothing else."""

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.simulator.clock import BEIJING

from .builders import DAY, HOUR, START, Corp, Json, group, relation, small_world

BEHAVIOUR = "externalcontact/get_user_behavior_data"
GROUPS, BY_DAY = "externalcontact/groupchat/statistic", "externalcontact/groupchat/statistic_group_by_day"
NOW = int(START)  # Friday 2027-01-15, 16:00 in Beijing
TODAY = int(datetime(2027, 1, 15, tzinfo=BEIJING).timestamp())
LATER = 2 * DAY
NINE = TODAY + 9 * HOUR
NOTHING = {"chat_cnt": 0, "message_cnt": 0, "negative_feedback_cnt": 0, "new_apply_cnt": 0, "new_contact_cnt": 0}


def behaviour(corp: Corp, *userids: str, start: int, end: int) -> list[Json]:
    reply = corp.post(BEHAVIOUR, {"userid": list(userids), "start_time": start, "end_time": end})
    assert reply["errcode"] == 0, reply
    rows: list[Json] = reply["behavior_data"]
    return rows


def today_of(corp: Corp, *userids: str) -> Json:
    """What the statistics say of START's day once it is counted."""
    corp.advance(max(0.0, NOW + LATER - corp.simulator.simulation.now()))
    (row,) = behaviour(corp, *userids, start=TODAY, end=TODAY)
    assert row.pop("stat_time") == TODAY
    return row


def says(corp: Corp, sender: str, *others: str, at: float = NINE, room: str = "", **more: Any) -> None:
    message = {"from": sender, "tolist": list(others), "roomid": room, "msgtime": int(at * 1_000)}
    corp.simulator.archive.say([{**message, "msgtype": "text", "text": {"content": "好"}, **more}])


def test_there_is_a_row_for_each_day_floored_to_midnight_in_beijing() -> None:
    rows = behaviour(Corp(), "rm_a", start=NOW - 2 * DAY, end=NOW - DAY)

    assert [row["stat_time"] for row in rows] == [TODAY - 2 * DAY, TODAY - DAY]


def test_where_nothing_happens_all_is_zero_and_reply_figures_are_absent() -> None:
    assert today_of(Corp(), "rm_a") == NOTHING


def test_talks_are_chats_and_messages_of_the_member() -> None:
    corp = Corp()
    says(corp, "rm_a", "wm1")
    says(corp, "rm_a", "wm1", at=NINE + 60)
    says(corp, "RM_A", "wm2")
    says(corp, "wm2", "rm_a", at=NINE + 60)

    assert today_of(corp, "rm_a") == NOTHING | {"chat_cnt": 2, "message_cnt": 3}


def test_the_reply_share_is_of_chats_that_customers_began_and_the_first_answer_counts() -> None:
    corp = Corp()
    for customer, answered_after in (("wm1", 2 * 60), ("wm2", 7 * 60)):
        says(corp, customer, "rm_a")
        says(corp, "rm_a", customer, at=NINE + answered_after)
        says(corp, "rm_a", customer, at=NINE + HOUR)
    says(corp, "wm3", "rm_a")

    found = today_of(corp, "rm_a")

    assert (found["chat_cnt"], found["message_cnt"]) == (2, 4)
    assert (found["reply_percentage"], found["avg_reply_time"]) == (66.67, 4)


def test_an_answer_on_the_next_day_is_none() -> None:
    corp = Corp()
    says(corp, "wm1", "rm_a", at=TODAY + 23 * HOUR)
    says(corp, "rm_a", "wm1", at=TODAY + 25 * HOUR)

    assert today_of(corp, "rm_a") == NOTHING | {"reply_percentage": 0.0}


def test_lines_in_groups_to_colleagues_and_what_nobody_wrote_are_no_chats() -> None:
    corp = Corp()
    says(corp, "rm_a", "wm1", room="wr1")
    says(corp, "rm_a", "rm_b")
    says(corp, "rm_a", "wm1", action="recall", msgtype="revoke")
    says(corp, "wm1", "rm_a", msgtype="agree")

    assert today_of(corp, "rm_a") == NOTHING


@given(
    st.permutations(
        [("rm_a", "wm1", 0), ("wm1", "rm_a", 3), ("wm2", "rm_a", 1), ("rm_a", "wm2", 6), ("wm2", "rm_a", 9)]
    )
)
def test_the_order_in_which_lines_come_changes_nothing(lines: list[tuple[str, str, int]]) -> None:
    corp = Corp()
    for sender, other, minutes in lines:
        says(corp, sender, other, at=NINE + minutes * 60)

    told = {"chat_cnt": 2, "message_cnt": 2, "reply_percentage": 100.0, "avg_reply_time": 5}
    assert today_of(corp, "rm_a") == NOTHING | told


def test_adds_are_counted_on_their_day_and_who_was_asked_by_the_member_as_an_application() -> None:
    yesterday = TODAY - HOUR
    relations = [relation("rm_a", "wm1", createtime=yesterday, oper_userid="rm_a"), relation("rm_a", "wm2")]
    corp = Corp(small_world(relations=relations))
    corp.befriend("rm_a", "wm3")
    corp.befriend("rm_b", "wm3", standing="half")

    (row,) = behaviour(corp, "rm_a", start=yesterday, end=yesterday)

    assert (row["new_contact_cnt"], row["new_apply_cnt"]) == (1, 1)
    assert today_of(corp, "rm_a") == NOTHING | {"new_contact_cnt": 1}
    assert today_of(corp, "rm_b") == NOTHING


def test_who_deletes_the_member_is_counted_once_and_whom_the_member_deletes_is_not() -> None:
    corp = Corp()
    for _ in range(2):
        corp.simulator.actions.remove_by_customer("rm_a", "wm1")
    corp.simulator.actions.remove_by_member("rm_a", "wm2")

    assert today_of(corp, "rm_a") == NOTHING | {"negative_feedback_cnt": 1}


def test_a_transfer_neither_adds_nor_loses_anybody() -> None:
    corp = Corp()
    corp.transfer("onjob", "rm_a", "rm_b", "wm1")
    corp.decide(wm1="accept")
    corp.advance(DAY)

    assert corp.followers("wm1") == ["rm_b"]
    assert today_of(corp, "rm_a", "rm_b") == NOTHING


def test_the_days_of_a_member_go_with_the_userid_and_end_with_the_account() -> None:
    corp = Corp()
    says(corp, "rm_a", "wm1")
    says(corp, "rm_b", "wm3")
    corp.simulator.actions.rename_userid("rm_a", "rm_new")
    corp.leave("rm_b")
    corp.hire("rm_b")

    assert today_of(corp, "rm_new")["message_cnt"] == 1
    assert today_of(corp, "rm_b") == NOTHING


def test_several_members_are_one_sum_per_day_and_nobody_counts_twice() -> None:
    corp = Corp()
    for userid, customer, minutes in (("rm_a", "wm1", 4), ("rm_b", "wm3", 8)):
        says(corp, customer, userid)
        says(corp, userid, customer, at=NINE + minutes * 60)
    says(corp, "wm2", "rm_a")

    told = {"chat_cnt": 2, "message_cnt": 2, "reply_percentage": 66.67, "avg_reply_time": 6}
    assert today_of(corp, "rm_a", "rm_b") == NOTHING | told
    both = corp.post(BEHAVIOUR, {"userid": ["RM_A"], "partyid": [10], "start_time": TODAY, "end_time": TODAY})
    assert both["behavior_data"][0]["message_cnt"] == 2


def test_yesterday_is_all_zeros_until_six_in_the_morning() -> None:
    corp = Corp()
    says(corp, "rm_a", "wm1")
    corp.advance(TODAY + DAY + 2 * HOUR - NOW)  # Saturday 02:00

    (early,) = behaviour(corp, "rm_a", start=TODAY, end=TODAY)
    corp.advance(5 * HOUR)
    (later,) = behaviour(corp, "rm_a", start=TODAY, end=TODAY)

    assert early["chat_cnt"] == 0
    assert later["chat_cnt"] == 1


def test_background_is_drawn_only_where_it_is_asked_for_on_working_days_and_repeats() -> None:
    corp, days = Corp(), {"start": NOW - 14 * DAY, "end": NOW - DAY}
    assert all(row["chat_cnt"] == 0 for row in behaviour(corp, "rm_a", **days))

    corp.set_knobs(background_talk_percent=60.0)
    rows = behaviour(corp, "rm_a", **days)

    written = [row for row in rows if row["chat_cnt"]]
    assert 0 < len(written) < 10
    assert all(datetime.fromtimestamp(row["stat_time"], BEIJING).isoweekday() <= 5 for row in written)
    assert all(0 < row["reply_percentage"] <= 100 and row["avg_reply_time"] > 0 for row in written)
    assert all(row["new_contact_cnt"] == row["new_apply_cnt"] == row["negative_feedback_cnt"] == 0 for row in rows)
    assert behaviour(corp, "rm_a", **days) == rows


def test_background_comes_on_top_of_what_is_said() -> None:
    corp = Corp(background_talk_percent=100.0)
    drawn = dict(today_of(corp, "rm_a"))
    says(corp, "rm_a", "wm1")

    found = today_of(corp, "rm_a")

    assert (found["chat_cnt"], found["message_cnt"]) == (drawn["chat_cnt"] + 1, drawn["message_cnt"] + 1)
    assert found["reply_percentage"] == drawn["reply_percentage"]


def test_members_can_be_left_out_of_the_background_whatever_the_case_of_their_names() -> None:
    corp = Corp(background_talk_percent=100.0, silent_members=["RM_A"])

    assert today_of(corp, "rm_a") == NOTHING
    assert today_of(corp, "rm_b")["message_cnt"] > 0


@pytest.mark.parametrize(
    ("start", "end"), [(NOW - 31 * DAY, NOW), (NOW - 200 * DAY, NOW - 199 * DAY), (NOW, NOW - DAY), (NOW, NOW + DAY)]
)
def test_bad_ranges_are_600018(start: int, end: int) -> None:
    body = {"userid": ["rm_a"], "start_time": start, "end_time": end}

    assert Corp().post(BEHAVIOUR, body)["errcode"] == 600018


def groups_of(corp: Corp, day: int = TODAY, **more: Any) -> dict[str, Json]:
    """By owner."""
    reply = corp.post(GROUPS, {"day_begin_time": day, **more})
    assert reply["errcode"] == 0, reply
    assert (reply["total"], reply["next_offset"]) == (len(reply["items"]),) * 2
    return {row["owner"]: row["data"] for row in reply["items"]}


def in_group(userid: str, joined: int, **more: Any) -> Json:
    return {"userid": userid, "type": 2, "join_time": joined, **more}


def test_group_figures_end_yesterday() -> None:
    corp = Corp()

    assert corp.post(GROUPS, {"day_begin_time": NOW})["errcode"] == 600018
    assert groups_of(corp, NOW - DAY)["rm_a"]["chat_total"] == 2
    assert len(corp.post(BY_DAY, {"day_begin_time": NOW - 3 * DAY, "day_end_time": NOW - DAY})["items"]) == 3


def test_groups_stand_as_at_the_end_of_the_day_whatever_became_of_them() -> None:
    staff = {"userid": "rm_a", "type": 1, "join_time": 1}
    people = [staff, in_group("wm1", TODAY - 2 * HOUR), in_group("wm2", TODAY + HOUR)]
    world = small_world(groups=[group("wr1", "rm_a", members=people), group("wr2", "rm_a", create_time=TODAY + HOUR)])
    corp = Corp(world)
    corp.advance(DAY)
    corp.simulator.group_actions.leave("wr1", ["wm2"])
    corp.simulator.group_actions.change_owner("wr1", "rm_b")
    corp.simulator.group_actions.dismiss("wr2")
    corp.advance(DAY)

    before, then, after = (groups_of(corp, day) for day in (TODAY - DAY, TODAY, TODAY + DAY))

    def standing(data: Json) -> tuple[int, ...]:
        return tuple(data[name] for name in ("new_chat_cnt", "chat_total", "new_member_cnt", "member_total"))

    assert {owner: standing(data) for owner, data in before.items()} == {"rm_a": (0, 1, 1, 2)}
    assert {owner: standing(data) for owner, data in then.items()} == {"rm_a": (1, 2, 1, 4)}
    assert {owner: standing(data) for owner, data in after.items()} == {"rm_b": (0, 1, 1, 3)}


@pytest.mark.parametrize(("counted", "figures"), [("until_day", (1, 2, 3)), ("day", (1, 1, 1))])
def test_lines_in_groups_are_counted_until_the_day_or_of_the_day(counted: str, figures: tuple[int, ...]) -> None:
    corp = Corp(group_lines_counted=counted)
    says(corp, "wm1", "rm_a", room="wr1", at=NINE - DAY)
    says(corp, "rm_a", "wm1", room="wr1", at=NINE - DAY)
    says(corp, "wm1", "rm_a", room="wr1")
    says(corp, "rm_a", "wm1")
    says(corp, "wm1", "rm_a", room="wr1", msgtype="agree")
    says(corp, "wm1", "rm_a", room="wr1", at=NINE + DAY)
    corp.advance(LATER)

    data = groups_of(corp)["rm_a"]

    assert tuple(data[name] for name in ("chat_has_msg", "member_has_msg", "msg_total")) == figures


def test_what_was_written_follows_a_renamed_owner() -> None:
    corp = Corp()
    says(corp, "rm_a", "wm1", room="wr1")
    corp.simulator.group_actions.change_owner("wr1", "rm_b")
    corp.simulator.group_actions.dismiss("wr2")
    corp.simulator.actions.rename_userid("rm_a", "rm_new")
    says(corp, "rm_new", "wm1", room="wr1", at=NINE + DAY)
    corp.advance(LATER)

    assert groups_of(corp, TODAY - DAY)["rm_new"]["chat_total"] == 2
    assert groups_of(corp, TODAY + DAY)["rm_b"]["member_has_msg"] == 1


def test_owners_come_in_the_order_asked_for_and_in_pages() -> None:
    corp = Corp(small_world(groups=[group("wr1", "rm_a"), group("wr2", "rm_b"), group("wr3", "rm_b")]))
    asked = {"day_begin_time": TODAY - DAY, "order_by": 2}

    falling = corp.post(GROUPS, asked | {"limit": 1})
    rest = corp.post(GROUPS, asked | {"limit": 1, "offset": falling["next_offset"]})

    assert [row["owner"] for row in (*falling["items"], *rest["items"])] == ["rm_b", "rm_a"]
    assert (falling["total"], rest["next_offset"]) == (2, 2)
    assert list(groups_of(corp, TODAY - DAY, order_by=2, order_asc=1)) == ["rm_a", "rm_b"]
