"""Tasks and customers at the command line, in Chinese."""

import json
from dataclasses import fields, replace
from datetime import timedelta

import pytest

from local.cli import work_tables
from scrm.contacts.model import Basis, Finding, HoldReason, RelationState
from scrm.handover.delivery import GIVEN_UP, GREETINGS
from scrm.handover.model import DigestOutcome
from scrm.handover.parts import PartResult
from scrm.handover.queries import TakerShare
from scrm.org.model import MemberDetail
from scrm.runtime.task_joins import TaskPart
from scrm.tasks.model import Task, TaskKind, TaskState
from scrm.tasks.ports import TaskChange
from scrm.wecom.relation_details import RelationPart
from tests.admin_api import AT, Api, case
from tests.fakes.org import member
from tests.unit.cli.test_commands import Run, api, endpoints, exit_code, gateway, issuer, run

__all__ = ["api", "endpoints", "gateway", "issuer", "run"]  # fixtures


@pytest.fixture
def staffed(api: Api) -> Api:
    """Two members of the Shanghai branch, one of whom has a task."""
    for userid in ("rm_li", "rm_zhou"):
        api.people.rows[userid] = member(userid, "10", "/1/10/")
        api.org.people.append(MemberDetail(member(userid, "10", "/1/10/")))
    task = Task("task_1", "rm_li", TaskKind.GREET_CUSTOMER, ("wm1", "wm2", "wm3"), "/1/10/", AT, AT)
    api.tasks.save([TaskChange(None, task)])
    return api


def test_tasks_are_listed_and_ended(run: Run, staffed: Api) -> None:
    shown = run("task", "list", "rm_li").output
    ended = run("task", "end", "task_1", "--by", "rm_li", "--note", "greeted").output

    for text in ("任务", "task_1", "问候客户", "wm1、wm2 等 3 位", "待办", "2026-11-21 16:00:00"):
        assert text in shown
    assert "已办理" in ended
    assert staffed.tasks.rows["task_1"].done_by == "rm_li"
    assert "没有记录" in run("task", "list", "rm_li").output
    assert json.loads(run("--json", "task", "list", "rm_li", "--state", "done").output)[0]["task_id"] == "task_1"


def test_somebody_elses_task_is_not_ended(run: Run, staffed: Api, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code("task", "end", "task_1", "--by", "rm_zhou", "--cancel") == 1

    assert staffed.tasks.rows["task_1"].is_open
    assert "错误" in capsys.readouterr().err


def test_a_customer_is_shown_held_released_and_assigned(run: Run, staffed: Api) -> None:
    for hours, userid in enumerate(("rm_li", "rm_zhou")):
        staffed.contacts.changes.added(userid, "wm1", AT + timedelta(hours=hours))

    shown = run("customer", "show", "wm1").output
    held = run("customer", "hold", "wm1", "--reason", "complaint").output
    released = json.loads(run("--json", "customer", "release", "wm1", "--reason", "complaint").output)
    assigned = run("customer", "assign", "wm1", "--to", "rm_zhou").output

    for text in ("责任客户经理", "rm_li", "跟进时间最长，2026-11-21 16:00:00", "跟进人", "正常"):
        assert text in shown
    assert "投诉，" in held
    assert released["hold"] is None
    assert "人工指定" in assigned


def test_what_the_customer_master_says_otherwise_is_listed(run: Run, staffed: Api) -> None:
    staffed.contacts.changes.added("rm_li", "wm1", AT)
    staffed.contacts.accountability.master_says("wm1", "rm_gone", AT)

    shown = run("customer", "list").output

    for text in ("wm1", "rm_gone", "主办客户经理未添加客户"):
        assert text in shown
    assert "没有记录" in run("customer", "list", "--finding", "disagreement").output


def test_what_followed_the_customers_is_shown_by_taker(run: Run, api: Api) -> None:
    shares = (
        TakerShare("rm_li", {"relation.written": 3, "greetings": 2}, DigestOutcome.SENT),
        TakerShare("rm_zhou", {"relation.written": 1}, None),
    )
    package = {"relation.written": 4, "greetings": 2}
    api.cases.cases = [replace(case(1), package=package, lost_tag_ids=("et1",), takers=shares, reminded_at=AT)]

    shown = run("case", "show", case(1).summary.case_id).output
    told = json.loads(run("--json", "case", "show", case(1).summary.case_id).output)

    for text in (
        "资料转交与提醒",
        "待问候客户 2，备注与标签已补写 4",
        "et1",
        "已送达",
        "未发送",
        "2026-11-21 16:00:00",
    ):
        assert text in shown
    assert (told["package"], told["lost_tag_ids"], told["escalated_until"]) == (package, ["et1"], None)
    assert [(row["takeover_userid"], row["card"]) for row in told["takers"]] == [("rm_li", "sent"), ("rm_zhou", None)]


def test_every_word_of_the_api_has_a_chinese_one() -> None:
    assert set(work_tables.TASK_STATES) == set(TaskState)
    assert set(work_tables.TASK_KINDS) == set(TaskKind)
    assert set(work_tables.RELATIONS) == set(RelationState)
    assert set(work_tables.BASES) == set(Basis)
    assert set(work_tables.HOLDS) == set(HoldReason)
    assert set(work_tables.FINDINGS) == set(Finding)
    assert set(work_tables.CARDS) == set(DigestOutcome)


def test_every_count_of_a_package_has_a_chinese_name() -> None:
    counts = {field.name for field in fields(PartResult) if field.type is int} | {"held"}

    of_parts = {f"{part.name}.{count}" for part in (RelationPart, TaskPart) for count in counts}
    assert set(work_tables.PACKAGE) == of_parts | {GREETINGS, GIVEN_UP}
