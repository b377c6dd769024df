"""Tasks through the API: a cover sees and ends them while the leave lasts, and nobody of another branch does."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta

import pytest

from scrm.org.leave import Leaves, LeaveTold, ReturnTold
from scrm.org.model import Cover, MemberDetail, MemberStatus
from scrm.tasks.model import Task, TaskKind
from scrm.tasks.ports import TaskChange
from tests.admin_api import AT, BRANCH_10, BRANCH_20, HEAD_OFFICE, Api, Reply, Request
from tests.fakes.org import member

COMPLIANCE_10 = {**BRANCH_10, "scrm_roles": "[compliance]"}
AWAY, COVER, OTHER = "rm_away", "rm_cover", "rm_other"


@pytest.fixture
def bank(api: Api) -> Api:
    """rm_cover acts for rm_away, who has one task, in the Shanghai branch; rm_other is a colleague in Hangzhou."""
    for userid, node_id, path in ((AWAY, "12", "/1/10/12/"), (COVER, "10", "/1/10/"), (OTHER, "20", "/1/20/")):
        api.people.rows[userid] = member(userid, node_id, path)
        api.org.people.append(MemberDetail(member(userid, node_id, path)))
    api.people.leaves[AWAY] = Cover(AWAY, AT, "hr-1", COVER, date(2026, 11, 20), date(2026, 11, 25))
    give(api, "task_1", AWAY, "/1/10/12/")
    return api


def give(api: Api, task_id: str, owner: str, path: str) -> None:
    task = Task(task_id, owner, TaskKind.FOLLOW_UP, ("wm1",), path, AT, AT)
    assert api.tasks.save([TaskChange(None, task)])


def listed(api: Api, userid: str, claims: dict[str, str] = BRANCH_10) -> list[str]:
    found: list[str] = []
    query: dict[str, str] = {}
    while True:
        page = api.send(Request(f"/v1/members/{userid}/tasks", query=query, claims=claims)).body
        found += [task["task_id"] for task in page["items"]]
        if page["cursor"] is None:
            return found
        query = {"cursor": page["cursor"]}


def end(api: Api, by: str, key: str = "k", claims: Mapping[str, str] = BRANCH_10, **more: str) -> Reply:
    body = {"state": "done", "by_userid": by, "note": "greeted"} | more
    return api.send(Request("/v1/tasks/task_1/end", "POST", claims=claims, headers={"idempotency-key": key}, body=body))


def test_a_cover_sees_and_ends_the_tasks_of_the_member_on_leave(bank: Api) -> None:
    give(bank, "task_2", COVER, "/1/10/")

    seen = listed(bank, "RM_Cover")
    done, again = end(bank, COVER), end(bank, COVER)

    assert seen == ["task_2", "task_1"]
    assert done.body == again.body
    assert (done.body["state"], done.body["owner_userid"], done.body["done_by"]) == ("done", AWAY, COVER)
    assert listed(bank, COVER) == ["task_2"]
    assert [entry.action for entry in bank.audited("10") if entry.subject == "task_1"] == ["api.post.tasks.end"] * 2


def test_when_the_leave_is_over_the_cover_neither_sees_nor_ends_them(bank: Api) -> None:
    bank.now = AT + timedelta(days=5)

    refused = end(bank, COVER)

    assert listed(bank, COVER) == []
    assert (refused.status, refused.body["type"]) == (409, "urn:scrm:problem:task-not-ended")
    assert "does not cover today" in refused.body["detail"]
    assert end(bank, AWAY, key="k2").status == 200


def test_tasks_go_to_whom_hr_names_and_come_back_when_the_member_returns_early(bank: Api) -> None:
    leaves = Leaves(bank.people)
    later = AT + timedelta(hours=1)

    leaves.on_leave(LeaveTold(AWAY, AT.date(), AT.date() + timedelta(days=10), "hr-2", later, cover_userid=OTHER))
    named = [listed(bank, userid, HEAD_OFFICE) for userid in (COVER, OTHER)]
    leaves.returned(ReturnTold(AWAY, "hr-3", later + timedelta(hours=1), AT.date()))
    back = [listed(bank, userid, HEAD_OFFICE) for userid in (COVER, OTHER, AWAY)]

    assert named == [[], ["task_1"]]
    assert back == [[], [], ["task_1"]]


def test_a_cover_whose_account_is_gone_acts_for_nobody(bank: Api) -> None:
    bank.people.rows[COVER] = replace(member(COVER, "10", "/1/10/"), status=MemberStatus.LEFT)

    assert listed(bank, COVER) == []
    assert end(bank, COVER).status == 409


def test_tasks_of_another_branch_stay_hidden_though_a_member_here_covers_their_owner(bank: Api) -> None:
    bank.people.leaves[AWAY] = replace(bank.people.leaves[AWAY], cover_userid=OTHER)

    assert listed(bank, OTHER, BRANCH_20) == []
    assert end(bank, OTHER, claims=BRANCH_20).status == 404
    assert end(bank, OTHER).status == 200


def test_a_member_of_another_branch_is_not_found(bank: Api) -> None:
    reply = bank.send(Request(f"/v1/members/{AWAY}/tasks", claims=BRANCH_20))

    assert reply.status == 404


@pytest.mark.parametrize(
    "wrong", [{"note": "王女士 138"}, {"state": "open"}, {"by_userid": ""}], ids=["free text", "state", "nobody"]
)
def test_what_cannot_be_is_invalid(bank: Api, wrong: dict[str, str]) -> None:
    body = {"state": "done", "by_userid": AWAY} | wrong
    headers = {"idempotency-key": "k"}

    assert bank.send(Request("/v1/tasks/task_1/end", "POST", headers=headers, body=body)).status == 422
    assert bank.tasks.rows["task_1"].is_open


def test_only_those_who_decide_end_tasks(bank: Api) -> None:
    assert end(bank, AWAY, claims=COMPLIANCE_10).status == 403


def test_ended_tasks_are_listed_by_their_state(bank: Api) -> None:
    end(bank, AWAY, state="cancelled")

    page = bank.send(Request(f"/v1/members/{AWAY}/tasks", query={"state": "cancelled"})).body

    assert [(task["task_id"], task["note"]) for task in page["items"]] == [("task_1", "greeted")]
