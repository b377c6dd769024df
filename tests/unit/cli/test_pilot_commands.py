"""A pilot's exit at the command line, and at the head of the report of a pilot's end."""

import re
from pathlib import Path

import pytest

from local.cli import pilot_words
from tests.admin_api import Api
from tests.unit.admin.test_pilot_exits import closed_months, pilot, reviewed, tell
from tests.unit.cli.test_commands import Run, api, endpoints, exit_code, gateway, issuer, run

__all__ = ["api", "endpoints", "gateway", "issuer", "pilot", "run"]  # fixtures


def test_an_exit_is_shown_with_its_reasons_and_evidence(run: Run, pilot: Api) -> None:
    tell(pilot, closed_months()[1], used=799)

    shown = run("pilot", "exit", "10", "--review", reviewed(pilot)).output

    for text in (
        "尚不具备推广条件",
        f"员工使用率：{closed_months()[1]} 未达标",
        "79.9%",
        "≥ 80%",
        "客户池规模",
        "5,000",
    ):
        assert text in shown
    assert "业务结果：未指定复盘" in run("pilot", "exit", "10").output


def test_a_ready_exit_is_recorded_listed_and_shown_as_it_was(run: Run, pilot: Api) -> None:
    review_id = reviewed(pilot)

    recorded = run("pilot", "record", "10", "--review", review_id).output
    [exit_id] = re.findall(r"exit_\w{26}", recorded)
    tell(pilot, closed_months()[2], used=1)

    assert "全行" in recorded
    assert exit_id in run("pilot", "list").output
    assert "已具备推广条件" in run("pilot", "show", exit_id).output
    assert exit_code("pilot", "record", "10", "--review", review_id) == 1


def test_the_report_of_a_pilots_end_begins_with_its_exit(run: Run, pilot: Api, tmp_path: Path) -> None:
    path = tmp_path / "report.html"

    run("uplift", "report", reviewed(pilot, name="试点<浦东>"), "--out", str(path))

    page = path.read_text(encoding="utf-8")
    assert page.index("试点退出评估") < page.index("是否可持续") < page.index("月度走势") < page.index("各指标结论")
    for text in ("已具备推广条件", "85.0% · 达标", "客户池规模（要求 ≥ 1,000）", "每项指标的区间整体高于门槛"):
        assert text in page
    assert page.count("<polyline") == 3
    assert not re.search(r"(src|href)=|@import|url\(|<script", page)
    assert "<浦东>" not in page


def test_small_groups_show_no_percentage_at_the_head_either(run: Run, pilot: Api, tmp_path: Path) -> None:
    path = tmp_path / "report.html"

    run("uplift", "report", reviewed(pilot, customers=50), "--out", str(path))

    page = path.read_text(encoding="utf-8")
    of_results = page[page.index("<h3>业务结果") : page.index("<h3>月度走势")]
    assert of_results.count("样本不足") == 2
    assert re.findall(r"[+-]\d+\.\d%", of_results) == ["+20.0%", "+20.0%"]  # the bar alone


@pytest.mark.parametrize(("words", "is_there"), [((), False), (("--exit",), True)])
def test_a_node_that_is_no_pilot_has_no_exit_at_the_head_unless_asked_for(
    run: Run, api: Api, tmp_path: Path, words: tuple[str, ...], *, is_there: bool
) -> None:
    path = tmp_path / "report.html"

    run("uplift", "report", reviewed(api), "--out", str(path), *words)

    assert ("试点退出评估" in path.read_text(encoding="utf-8")) is is_there


def test_a_month_without_a_figure_is_said_to_have_none_and_no_line_crosses_it(
    run: Run, api: Api, tmp_path: Path
) -> None:
    path = tmp_path / "report.html"
    first, _, last = closed_months()
    tell(api, first)
    tell(api, last)

    run("uplift", "report", reviewed(api), "--out", str(path), "--exit")

    page = path.read_text(encoding="utf-8")
    assert "尚不能判断" in page
    assert page.count('class="absent"') == 3
    assert "<polyline" not in page


def test_settings_show_what_an_exit_asks_for_and_whether_the_gate_is_set(run: Run, api: Api, tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text('{"pilot_exit": {"months": 4, "lost_percent_at_most": 2}, "rollout_gate": true}', encoding="utf-8")

    before = run("target", "settings", "show").output
    after = run("target", "settings", "set", str(path)).output

    for text in ("连续 3 个已结月份达标", "不设门槛"):
        assert text in before
    for text in ("连续 4 个已结月份达标", "当月流失率 ≤ 2%", "须先登记试点退出"):
        assert text in after


@pytest.mark.parametrize(("bound", "told"), [("4/5", "≥ 80%"), ("199/250", "≥ 79.6%"), ("1000", "≥ 1,000")])
def test_a_bound_is_written_as_it_is(bound: str, told: str) -> None:
    kpi = "pool_size" if bound == "1000" else "staff_usage_rate"

    assert pilot_words.bound({"kpi": kpi, "bound": bound, "at_most": False}) == told
