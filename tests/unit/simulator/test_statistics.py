"""Behaviour data (section 7, checklist 10)."""

from datetime import datetime

import pytest

from local.simulator.clock import BEIJING

from .builders import DAY, HOUR, START, Corp, Json

BEHAVIOUR = "externalcontact/get_user_behavior_data"
GROUPS, BY_DAY = "externalcontact/groupchat/statistic", "externalcontact/groupchat/statistic_group_by_day"
NOW = int(START)  # Friday 2027-01-15, 16:00 in Beijing
TODAY = int(datetime(2027, 1, 15, tzinfo=BEIJING).timestamp())


def behaviour(corp: Corp, *userids: str, start: int, end: int) -> list[Json]:
    reply = corp.post(BEHAVIOUR, {"userid": list(userids), "start_time": start, "end_time": end})
    assert reply["errcode"] == 0, reply
    rows: list[Json] = reply["behavior_data"]
    return rows


def test_there_is_a_row_for_each_day_floored_to_midnight_in_beijing() -> None:
    rows = behaviour(Corp(), "rm_a", start=NOW - 2 * DAY, end=NOW - DAY)

    assert [row["stat_time"] for row in rows] == [TODAY - 2 * DAY, TODAY - DAY]


def test_silent_days_have_no_reply_figures_and_others_do() -> None:
    rows = behaviour(Corp(), "rm_a", start=NOW - 29 * DAY, end=NOW)

    silent = [row for row in rows if row["chat_cnt"] == 0]
    assert 0 < len(silent) < len(rows)
    assert all("reply_percentage" not in row and "avg_reply_time" not in row for row in silent)
    assert all(0 <= row["reply_percentage"] <= 100 for row in rows if row["chat_cnt"])


def test_members_can_be_silent_whatever_the_case_of_their_names() -> None:
    corp, days = Corp(), {"start": NOW - 9 * DAY, "end": NOW - DAY}
    corp.set_knobs(silent_members=["RM_A"])

    silent, other = (behaviour(corp, userid, **days) for userid in ("rm_a", "rm_b"))

    assert all(row["message_cnt"] == 0 and "reply_percentage" not in row for row in silent)
    assert any(row["message_cnt"] for row in other)


def test_several_members_are_one_sum_per_day() -> None:
    corp, days = Corp(), {"start": NOW - 9 * DAY, "end": NOW - DAY}

    singles = [behaviour(corp, userid, **days) for userid in ("rm_a", "rm_b")]
    both = behaviour(corp, "rm_a", "rm_b", **days)

    assert [row["message_cnt"] for row in both] == [
        a["message_cnt"] + b["message_cnt"] for a, b in zip(*singles, strict=True)
    ]


def test_yesterday_is_all_zeros_until_six_in_the_morning() -> None:
    corp = Corp()
    corp.advance(TODAY + DAY + 2 * HOUR - NOW)  # Saturday 02:00
    userids = ("rm_a", "rm_b", "rm_c")

    (early,) = behaviour(corp, *userids, start=TODAY, end=TODAY)
    corp.advance(5 * HOUR)
    (later,) = behaviour(corp, *userids, start=TODAY, end=TODAY)

    assert early["chat_cnt"] == 0
    assert later["chat_cnt"] > 0


@pytest.mark.parametrize(
    ("start", "end"), [(NOW - 31 * DAY, NOW), (NOW - 200 * DAY, NOW - 199 * DAY), (NOW, NOW - DAY), (NOW, NOW + DAY)]
)
def test_bad_ranges_are_600018(start: int, end: int) -> None:
    body = {"userid": ["rm_a"], "start_time": start, "end_time": end}

    assert Corp().post(BEHAVIOUR, body)["errcode"] == 600018


def test_group_figures_end_yesterday() -> None:
    corp = Corp()

    today = corp.post(GROUPS, {"day_begin_time": NOW})["errcode"]
    yesterday = corp.post(GROUPS, {"day_begin_time": NOW - DAY})
    by_day = corp.post(BY_DAY, {"day_begin_time": NOW - 3 * DAY, "day_end_time": NOW - DAY})["items"]

    assert today == 600018
    assert (yesterday["total"], yesterday["next_offset"]) == (1, 1)
    assert yesterday["items"][0]["data"]["chat_total"] == 2
    assert len(by_day) == 3
