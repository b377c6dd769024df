"""Leaves at the command line, in Chinese."""

import json
from datetime import date, timedelta

import pytest

from local.cli import cover_tables
from scrm import clock
from scrm.handover.model import CaseState
from scrm.org.model import Cover, LeaveState, MemberDetail, StaffAttributes
from scrm.tasks.model import Task, TaskKind
from scrm.tasks.ports import TaskChange
from tests.admin_api import AT, Api, case
from tests.fakes.org import member
from tests.unit.cli.test_commands import Run, api, endpoints, exit_code, gateway, issuer, run

__all__ = ["api", "endpoints", "gateway", "issuer", "run"]  # fixtures
MANAGER = "mgr_shanghai"


@pytest.fixture
def bank(api: Api, monkeypatch: pytest.MonkeyPatch) -> Api:
    """The manager of Shanghai is on leave, covered by rm_li, and has a task."""
    monkeypatch.setattr(clock, "now", lambda: AT)
    row = member(MANAGER, "10", "/1/10/")
    cover = Cover(MANAGER, AT, "hr-1", "rm_li", date(2026, 11, 20), None)
    api.people.rows |= {MANAGER: row, "rm_li": member("rm_li", "10", "/1/10/")}
    api.people.leaves[MANAGER] = cover
    api.org.people.append(MemberDetail(row, StaffAttributes(), cover))
    task = Task("task_1", MANAGER, TaskKind.FOLLOW_UP, ("wm1",), "/1/10/", AT, AT + timedelta(days=1))
    assert api.tasks.save([TaskChange(None, task)])
    api.cases.cases = [case(1, state=CaseState.AWAITING_APPROVAL)]
    return api


def test_covers_are_listed_and_shown(run: Run, bank: Api) -> None:
    listed = run("cover", "list").output
    shown = run("cover", "show", MANAGER).output
    told = json.loads(run("--json", "cover", "show", MANAGER).output)

    for text in ("休假与代管", MANAGER, "rm_li", "休假中", "2026-11-20", "至销假"):
        assert text in listed
        assert text in shown
    for text in ("今日由谁处理", "代管的待办任务", "task_1", "代管的客户继承", "待复核", "完整"):
        assert text in shown
    assert "休假期间由他人办结的任务：没有记录" in shown
    assert told["acting_userid"] == "rm_li"
    assert "没有记录" in run("--as", "branch_20", "cover", "list").output


def test_a_member_without_a_leave_is_not_found(run: Run, bank: Api, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code("cover", "show", "rm_li") == 3

    assert "错误" in capsys.readouterr().err


def test_every_state_of_a_leave_has_a_chinese_word() -> None:
    assert set(cover_tables.LEAVES) == set(LeaveState)
