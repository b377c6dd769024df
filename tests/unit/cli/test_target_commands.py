"""Targets at the command line, in Chinese."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from scrm import clock
from tests.unit.admin.test_targets import PLAN, TERMS, YEAR
from tests.unit.cli.test_commands import Run, api, endpoints, exit_code, gateway, issuer, run

__all__ = ["api", "endpoints", "gateway", "issuer", "run"]  # fixtures


@pytest.fixture
def drafted(run: Run, tmp_path: Path) -> str:
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(TERMS), encoding="utf-8")
    return run("target", "draft", str(path)).output


def test_a_plan_is_drafted_approved_by_another_and_shown(run: Run, drafted: str) -> None:
    assert "待审批" in drafted
    assert exit_code("target", "approve", PLAN, "1") == 1
    approved = run("--as", "checker", "target", "approve", PLAN, "1").output
    shown = run("target", "show", PLAN, "1").output

    assert "生效" in approved
    for text in (
        f"{PLAN} 第 1 版",
        "一季度",
        "有效添加客户",
        "指标增量（元）",
        "1,200,000,000",
        "下级分解",
        "800,000,000",
    ):
        assert text in shown
    assert PLAN in run("target", "list", str(YEAR)).output


def test_a_plan_is_rejected(run: Run, drafted: str) -> None:
    shown = run("--as", "checker", "target", "reject", PLAN, "1", "--note", "基数有误").output

    assert "已驳回" in shown
    assert "基数有误" in shown


def test_figures_are_told_and_move_progress_and_gate(run: Run, drafted: str, tmp_path: Path) -> None:
    run("--as", "checker", "target", "approve", PLAN, "1")
    path = tmp_path / "figures.csv"
    path.write_text(
        "node_id,kpi,numerator,denominator\n10,added,1700,\n10,staff_usage_rate,799,1000\n", encoding="utf-8"
    )

    told = run(
        "target", "figures", str(path), "--month", f"{YEAR}-01", "--as-of", f"{YEAR}-01-31", "--source", "核心"
    ).output
    progress = run("target", "progress", PLAN, "10").output
    gate = run("target", "gate", "10", "--month", f"{YEAR}-01").output

    assert "2" in told
    for text in (
        "添加客户",
        "（人月）",
        "1,700",
        "未开放",
        f"{YEAR}-01 ～ {YEAR}-01",
        "尚无数据",
        f"{YEAR}-01 起",
        "晚于起始月",
    ):
        assert text in progress
    for text in ("使用率", "799/1,000", "未达标", "4/5"):
        assert text in gate


def test_a_row_that_is_no_figure_names_its_line(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "figures.csv"
    path.write_text("node_id,kpi,numerator,denominator\n10,added,many,\n", encoding="utf-8")

    refused = run(
        "target", "figures", str(path), "--month", f"{YEAR}-01", "--as-of", f"{YEAR}-01-31", "--source", "核心"
    )

    assert refused.exit_code == 2
    assert "第 2 行无法识别" in refused.output


def test_an_override_is_asked_for_approved_and_revoked(run: Run) -> None:
    until = clock.to_iso(clock.now() + timedelta(days=30))
    ask = ("target", "override", "ask", "aum", "10", "--until", until, "--reason", "二月新设分行")
    asked = json.loads(run("--as", "branch_10", "--json", *ask).output)["override_id"]

    approved = run("target", "override", "approve", asked).output
    revoked = run("target", "override", "revoke", asked, "--note", "数据已齐").output
    other = json.loads(run("--as", "branch_20", "--json", *ask[:4], "20", *ask[5:]).output)["override_id"]
    rejected = run("target", "override", "reject", other, "--note", "不予特批").output

    assert "已批准" in approved
    assert "已撤销" in revoked
    assert "已驳回" in rejected
    assert "二月新设分行" in run("target", "override", "list").output


def test_stages_are_shown_and_replaced(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "stages.json"
    stage = {
        "name": "usage",
        "criteria": [{"kpi": "staff_usage_rate", "at_least_numerator": 9, "at_least_denominator": 10}],
    }
    path.write_text(json.dumps({"stages": [stage]}), encoding="utf-8")

    before = run("target", "settings", "show").output
    after = run("target", "settings", "set", str(path)).output

    assert "缺省" in before
    assert "staff_usage_rate ≥ 9/10" in after
    assert "本行设定" in after
