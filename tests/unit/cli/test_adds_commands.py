"""Judged adds at the command line, in Chinese."""

import json
from pathlib import Path

import pytest

from tests.admin_api import Api
from tests.unit.admin.test_adds import DAY, FRESH, STAFF, TAKEN, TAKEN_REF
from tests.unit.cli.test_commands import Run, api, endpoints, exit_code, gateway, issuer, run

__all__ = ["api", "endpoints", "gateway", "issuer", "run"]  # fixtures


@pytest.fixture(autouse=True)
def morning(api: Api) -> None:
    api.adds.judged([FRESH, TAKEN, STAFF])


def test_adds_are_listed_and_one_is_explained(run: Run) -> None:
    listed = run("--json", "adds", "list", DAY.isoformat(), "--state", "excluded").output
    shown = run("adds", "show", TAKEN_REF).output

    assert [row["external_userid"] for row in json.loads(listed)] == ["wm2", "wm3"]
    assert "不计入" in run("adds", "list", DAY.isoformat()).output
    for text in ("首次添加", "不通过", "followed_before 1", "申诉：没有记录"):
        assert text in shown


def test_an_appeal_is_asked_and_decided_by_somebody_else(run: Run) -> None:
    asked = run("--as", "branch_10", "adds", "appeal", TAKEN_REF, "--reason", "柜面已核实").output
    assert exit_code("--as", "branch_10", "adds", "approve", TAKEN_REF, "--note", "r") == 4
    waiting = run("adds", "appeals", "--month", DAY.isoformat()[:7], "--state", "requested").output
    approved = run("--as", "checker", "adds", "approve", TAKEN_REF, "--note", "已核实账户").output

    assert "待审批" in asked
    assert "柜面已核实" in waiting
    assert "已批准" in approved
    assert exit_code("--as", "checker", "adds", "reject", TAKEN_REF, "--note", "r") == 1


def test_limits_are_shown_and_replaced(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "adds.json"
    path.write_text('{"kept_days": 14}', encoding="utf-8")

    assert "缺省" in run("adds", "settings", "show").output
    after = run("adds", "settings", "set", str(path)).output
    assert "版本 1" in after
    assert "本行设定" in after
