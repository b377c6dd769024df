"""Leaves through the API: who covers whom, what goes to him, and that no other branch sees it."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from scrm import clock
from scrm.handover.model import CaseState
from scrm.org.model import Cover, LeaveState, MemberDetail, StaffAttributes
from scrm.tasks.model import Task, TaskKind, TaskState
from scrm.tasks.ports import TaskChange
from tests.admin_api import AT, BRANCH_10, BRANCH_20, HEAD_OFFICE, NODES, Api, Request, case
from tests.fakes.org import member

DAY = date(2026, 11, 21)
MANAGER, AWAY, COVER, ELSEWHERE = "mgr_shanghai", "rm_away", "rm_cover", "rm_hangzhou"
PLACES = {MANAGER: "10", AWAY: "12", COVER: "12", ELSEWHERE: "20"}


@pytest.fixture
def bank(api: Api, monkeypatch: pytest.MonkeyPatch) -> Api:
    """On 21 November the manager of Shanghai and one of its RMs are on leave, a colleague in Hangzhou goes soon."""
    monkeypatch.setattr(clock, "now", lambda: AT)
    for userid, node_id in PLACES.items():
        api.people.rows[userid] = member(userid, node_id, NODES[node_id].path)
    away(api, MANAGER, Cover(MANAGER, AT, "hr-1", COVER, DAY, None))
    away(api, AWAY, Cover(AWAY, AT, "hr-2", COVER, DAY - timedelta(days=1), DAY + timedelta(days=4)))
    away(api, ELSEWHERE, Cover(ELSEWHERE, AT, "hr-3", "", DAY + timedelta(days=2), DAY + timedelta(days=3)))
    return api


def away(api: Api, userid: str, cover: Cover) -> None:
    api.people.leaves[userid] = cover
    row = api.people.rows[userid]
    api.org.people = [each for each in api.org.people if each.member.userid != userid]
    api.org.people.append(MemberDetail(row, StaffAttributes(), cover))  # type: ignore[arg-type]


def give(api: Api, task: Task) -> None:
    assert api.tasks.save([TaskChange(None, task)])


def task(number: int, owner: str = AWAY, path: str = "/1/10/12/") -> Task:
    return Task(f"task_{number}", owner, TaskKind.FOLLOW_UP, ("wm1",), path, AT, AT)


def test_leaves_are_listed_with_cover_and_days(bank: Api) -> None:
    items = bank.send(Request("/v1/covers")).body["items"]

    told = [(row["userid"], row["cover_userid"], row["state"], row["first_day"], row["last_day"]) for row in items]
    assert told == [
        (MANAGER, COVER, "on_leave", "2026-11-21", None),
        (AWAY, COVER, "on_leave", "2026-11-20", "2026-11-25"),
        (ELSEWHERE, "", "to_come", "2026-11-23", "2026-11-24"),
    ]
    first = bank.send(Request("/v1/covers", query={"limit": "1"})).body
    second = bank.send(Request("/v1/covers", query={"limit": "1", "cursor": first["cursor"]})).body
    assert [row["userid"] for row in first["items"] + second["items"]] == [MANAGER, AWAY]


def test_a_branch_sees_its_own_leaves_only(bank: Api) -> None:
    shanghai = bank.send(Request("/v1/covers", claims=BRANCH_10)).body["items"]
    below = bank.send(Request("/v1/covers", query={"node_id": "12"}, claims=BRANCH_10)).body["items"]
    foreign = bank.send(Request("/v1/covers", query={"node_id": "20"}, claims=BRANCH_10))

    assert [row["userid"] for row in shanghai] == [MANAGER, AWAY]
    assert [row["userid"] for row in below] == [AWAY]
    assert foreign.status == 404
    assert bank.send(Request(f"/v1/members/{AWAY}/cover", claims=BRANCH_20)).status == 404


def test_a_leave_shows_which_tasks_went_to_the_cover(bank: Api) -> None:
    for number in (1, 2, 3, 4):
        give(bank, task(number))
    give(bank, task(5, path="/1/20/"))
    for number, by, days in ((2, COVER, 0), (3, AWAY, 0), (4, COVER, -9)):
        known = bank.tasks.rows[f"task_{number}"]
        ended = known.ended(TaskState.DONE, by, "greeted", AT + timedelta(days=days))
        assert bank.tasks.save([TaskChange(known, ended)])

    found = bank.send(Request(f"/v1/members/{AWAY.upper()}/cover", claims=BRANCH_10)).body

    assert (found["userid"], found["acting_userid"], found["told_at"]) == (AWAY, COVER, "2026-11-21T08:00:00.000Z")
    assert [each["task_id"] for each in found["open_tasks"]] == ["task_1"]
    assert [(each["task_id"], each["done_by"]) for each in found["ended_tasks"]] == [("task_2", COVER)]
    assert (found["cases"], found["is_whole"]) == ([], True)


def test_a_managers_leave_shows_the_cases_that_go_to_his_cover(bank: Api) -> None:
    states = (CaseState.AWAITING_APPROVAL, CaseState.ATTENTION, CaseState.TRANSFERRING)
    bank.cases.cases = [case(number, state=state) for number, state in enumerate(states, 1)]
    bank.cases.cases.append(case(4, "20", CaseState.AWAITING_APPROVAL))

    found = bank.send(Request(f"/v1/members/{MANAGER}/cover", claims=HEAD_OFFICE)).body
    of_his_rm = bank.send(Request(f"/v1/members/{AWAY}/cover")).body

    assert [row["state"] for row in found["cases"]] == ["awaiting_approval", "attention"]
    assert of_his_rm["cases"] == []


def test_who_leads_head_office_answers_for_branches_without_a_manager(bank: Api) -> None:
    bank.org.nodes["1"] = replace(NODES["1"], manager_userid="boss")
    bank.people.rows["boss"] = member("boss", "1", "/1/")
    away(bank, "boss", Cover("boss", AT, "hr-4", COVER, DAY, DAY))
    bank.cases.cases = [case(1, "10", CaseState.ATTENTION), case(2, "20", CaseState.ATTENTION)]

    found = bank.send(Request("/v1/members/boss/cover")).body

    assert [row["node_id"] for row in found["cases"]] == ["20"]


def test_long_lists_say_that_they_are_not_whole(bank: Api) -> None:
    for number in range(101):
        give(bank, task(number))

    found = bank.send(Request(f"/v1/members/{AWAY}/cover")).body

    assert (len(found["open_tasks"]), found["is_whole"]) == (100, False)


def test_a_leave_that_ended_is_still_shown_and_a_member_without_one_is_not_found(bank: Api) -> None:
    ended = replace(bank.people.leaves[AWAY], returned_on=DAY, event_id="hr-9")
    away(bank, AWAY, ended)

    found = bank.send(Request(f"/v1/members/{AWAY}/cover")).body

    assert (found["state"], found["returned_on"], found["acting_userid"]) == ("over", "2026-11-21", AWAY)
    assert bank.send(Request(f"/v1/members/{COVER}/cover")).status == 404
    assert bank.send(Request("/v1/members/nobody/cover")).status == 404


@pytest.mark.parametrize(
    ("first", "last", "returned", "state"),
    [(1, 2, None, "to_come"), (0, 0, None, "on_leave"), (-3, -1, None, "over"), (-3, 5, 0, "over"), (1, 5, 1, "over")],
)
def test_state_of_a_leave_on_a_day(first: int, last: int, returned: int | None, state: str) -> None:
    back = None if returned is None else DAY + timedelta(days=returned)
    cover = Cover("rm", AT, "hr", "", DAY + timedelta(days=first), DAY + timedelta(days=last), back)

    assert cover.state_on(DAY) is LeaveState(state)
