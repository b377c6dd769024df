"""Contact pressure at the command line, in Chinese."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from local.cli import pressure_tables
from scrm import clock
from scrm.pressure.exceptions import ExceptionScope
from scrm.pressure.model import PressureClass, Touch
from scrm.pressure.weeks import week_of
from scrm.runtime.wiring import admin_api as wiring
from scrm.settings.pressure import PressureDocument
from scrm.two_persons import RequestState
from tests.admin_api import Api
from tests.fakes.org import member
from tests.unit.cli.test_commands import Run, api, endpoints, exit_code, gateway, issuer, run

__all__ = ["api", "endpoints", "gateway", "issuer", "run"]  # fixtures


@pytest.fixture(autouse=True)
def touched(api: Api) -> None:
    """wm1 is a customer of the Shanghai branch and got one push this week."""
    api.people.rows["rm_owner"] = member("rm_owner", "12", "/1/10/12/")
    api.contacts.changes.added("rm_owner", "wm1", clock.now() - timedelta(days=30))
    week = week_of(clock.now())
    touch = Touch("touch_1", PressureClass.PUSH, (week,), clock.now() + timedelta(days=1))
    wiring.pressure_ledger().settle("rm_owner", touch, {"wm1": week})


def ask(run: Run, *more: str) -> str:
    until = clock.to_iso(clock.now() + timedelta(days=7))
    shown = run("--as", "branch_10", "--json", "pressure", "ask", "customer", "wm1", "--until", until, *more).output
    return str(json.loads(shown)["exception_id"])


def test_a_customers_touches_and_caps_are_shown(run: Run) -> None:
    shown = run("--as", "branch_10", "pressure", "show", "wm1").output

    for text in ("wm1 的每周触达上限", "一对一群发", "朋友圈", "客户群", "rm_owner", "触达情况", week_of(clock.now())):
        assert text in shown


def test_an_exception_is_asked_for_and_approved_by_somebody_else(run: Run) -> None:
    exception_id = ask(run, "--cap", "3", "--reason", "基金到期")

    assert exit_code("--as", "branch_10", "pressure", "approve", exception_id) == 1
    approved = run("--as", "checker_10", "pressure", "approve", exception_id).output
    revoked = run("--as", "branch_10", "pressure", "revoke", exception_id, "--note", "客户投诉").output

    for text in ("已批准", "客户 wm1", "基金到期"):
        assert text in approved
    assert "已撤销" in revoked
    assert "客户投诉" in revoked
    assert exception_id in run("pressure", "exceptions").output


def test_an_exception_is_rejected(run: Run) -> None:
    rejected = run("pressure", "reject", ask(run, "--cap", "4", "--reason", "基金到期"), "--note", "不必要").output

    assert "已驳回" in rejected
    assert "不必要" in rejected


def test_a_branch_asks_for_no_campaign(run: Run) -> None:
    until = clock.to_iso(clock.now() + timedelta(days=7))
    wanted = ("pressure", "ask", "campaign", "camp_1", "--cap", "3", "--until", until, "--reason", "双十一")

    assert exit_code("--as", "branch_10", *wanted) == 4
    assert "营销活动 camp_1" in run(*wanted).output


def test_the_caps_are_shown_and_replaced(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "caps.json"
    path.write_text('{"pushes_per_week": 1}', encoding="utf-8")

    before = run("pressure", "settings", "show").output
    after = run("pressure", "settings", "set", str(path)).output

    assert "版本 0" in before
    for text in ("版本 1", "一对一群发每周上限", "本行设定", "缺省"):
        assert text in after


def test_every_value_has_a_chinese_name() -> None:
    assert set(pressure_tables.CLASSES) == set(PressureClass)
    assert set(pressure_tables.SCOPES) == set(ExceptionScope)
    assert set(pressure_tables.STATES) == set(RequestState)
    assert set(pressure_tables.RULES) == set(PressureDocument.model_fields)
