"""Tasks and customers at the command line, in Chinese."""

import json

import pytest

from local.cli import work_tables
from scrm.org.model import MemberDetail
from scrm.tasks.model import Task, TaskKind, TaskState
from scrm.tasks.ports import TaskChange
from tests.admin_api import AT, Api
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


def test_every_word_of_the_api_has_a_chinese_one() -> None:
    assert set(work_tables.TASK_STATES) == set(TaskState)
    assert set(work_tables.TASK_KINDS) == set(TaskKind)
