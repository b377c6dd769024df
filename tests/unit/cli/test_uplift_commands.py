"""Reviews at the command line, and the report that a manager opens."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from scrm import clock
from scrm.uplift.ledger import BranchCredits, Credit
from scrm.uplift.unlinked import InWecom
from tests.admin_api import Api
from tests.unit.admin.test_attribution import INPUTS, NOW, credited
from tests.unit.admin.test_attribution import row as customer_row
from tests.unit.admin.test_uplift import TERMS, found
from tests.unit.admin.test_uplift import run as run_review
from tests.unit.cli.test_commands import Run, api, endpoints, gateway, issuer, run
from tests.unit.uplift.test_results import arm

__all__ = ["api", "endpoints", "gateway", "issuer", "run"]  # fixtures


@pytest.fixture
def reviewed(run: Run, api: Api, tmp_path: Path) -> str:
    path = tmp_path / "review.json"
    path.write_text(json.dumps(TERMS), encoding="utf-8")
    assert "已登记，待到期" in run("uplift", "register", str(path)).output
    return run_review(api, found({"10": (900, 140.0), "20": (50, 90.0)}))


def test_a_review_is_registered_listed_and_shown(run: Run, reviewed: str) -> None:
    assert reviewed in run("uplift", "list").output
    shown = run("uplift", "show", reviewed).output
    segments = run("uplift", "segments", reviewed, "--by", "branch").output

    for text in ("表面差异", "调整后差异", "达标", "窗口期之前已添加"):
        assert text in shown
    assert "样本不足" in segments


def test_a_review_without_a_result_says_who_has_to_do_what(run: Run, api: Api, tmp_path: Path) -> None:
    path = tmp_path / "review.json"
    year = clock.now().year - 1
    path.write_text(json.dumps(TERMS | {"first": f"{year}-03-01", "last": f"{year}-03-31"}), encoding="utf-8")
    review_id = json.loads(run("--json", "uplift", "register", str(path)).output)["review_id"]

    waits = run("uplift", "waits", review_id).output

    for text in (
        "客户主档尚未发布",
        "该月客户数据尚未发布",
        f"{year}-04",
        "待行内交付",
        f"{year}-05-01 到期",
        "每小时检查一次",
    ):
        assert text in waits


def test_settings_and_returns_are_shown_in_yuan(run: Run, reviewed: str, tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    document = {
        "product_window_days": {"fund": 60},
        "worth": {"aum_fen": {"numerator_fen": 3}},
        "yearly_costs": [{"name": "席位", "fen": 100_00}],
    }
    path.write_text(json.dumps(document), encoding="utf-8")

    settings = run("uplift", "settings", "set", str(path)).output
    money = run("uplift", "returns", reviewed).output

    assert "归因窗口 · 产品 fund" in settings
    assert "净收益" in money
    assert "-100" in money


def test_the_report_is_one_file_that_fetches_nothing_and_escapes_what_the_bank_wrote(
    run: Run, reviewed: str, tmp_path: Path
) -> None:
    path = tmp_path / "report.html"

    run("uplift", "report", reviewed, "--out", str(path))

    page = path.read_text(encoding="utf-8")
    assert "一季度试点&lt;浦东&gt;" in page
    assert "<浦东>" not in page
    assert not re.search(r"(src|href)=|@import|url\(", page)
    for text in ("各指标结论", "表面差异", "调整后差异", "安慰剂检验", "观察性对比", "投入产出", "样本不足"):
        assert text in page


def test_who_is_not_recognised_is_told_in_words_and_with_what_that_may_hide(run: Run, api: Api, tmp_path: Path) -> None:
    path = tmp_path / "review.json"
    path.write_text(json.dumps(TERMS), encoding="utf-8")
    run("uplift", "register", str(path))
    known = InWecom(3000, 300, {"before": 200, "in_window": 100, "later": 0}, 9000, 900)
    review_id = run_review(api, replace(found({"10": (900, 115.0)}), in_wecom=known))

    shown = run("uplift", "show", review_id).output
    run("uplift", "report", review_id, "--out", str(tmp_path / "report.html"))

    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "企微客户共 3,000 人，其中 300 人（10.0%）银行未能识别" in page
    assert "窗口期内 100 人" in page
    for text in (shown, page):
        assert "33.3%" in text
        assert "+14.7% ~ +24.9%" in text
        assert "尚不能判断" in text
    assert "补齐匹配关系后可得出结论" in page


def test_no_percentage_is_shown_of_groups_that_cannot_be_compared(run: Run, api: Api, tmp_path: Path) -> None:
    path = tmp_path / "review.json"
    path.write_text(json.dumps(TERMS), encoding="utf-8")
    run("uplift", "register", str(path))
    moved = replace(arm(900, 140.0), d=900 * 40.0, dd=900 * 1700.0, xd=900 * 4000.0)  # on another path before
    sums = found({"10": (900, 140.0)})
    by_kpi = {
        kpi: [replace(one, moments=moved) if one.arm == "added" else one for one in cells]
        for kpi, cells in sums.by_kpi.items()
    }
    review_id = run_review(api, replace(sums, by_kpi=by_kpi))

    shown = run("uplift", "show", review_id).output
    segments = run("uplift", "segments", review_id).output
    run("uplift", "report", review_id, "--out", str(tmp_path / "report.html"))

    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    tables = [table for table in re.findall(r"<table>.*?</table>", page, re.DOTALL) if "表面差异" in table]
    drawn = re.findall(r"<svg.*?</svg>", page, re.DOTALL)
    assert (len(tables), len(drawn)) == (3, 1)
    assert "不可比，不显示百分比" in drawn[0]
    assert "<circle" not in drawn[0]
    for text in (shown.replace("门槛 +20.0%", "").replace("95% 区间", ""), segments.replace("95% 区间", ""), *tables):
        assert "不可比" in text
        assert not re.search(r"\d%(?! 区间)", text)


def test_the_ledger_is_shown_by_campaign_member_and_customer(run: Run, api: Api) -> None:
    rows = [("camp_a", [customer_row("wmA", "/1/10/12/")])]
    members = [Credit("aum_fen", "", "", "", 0, "", "rm_li", "/1/10/12/", 2, 30_000)]
    branches = [
        BranchCredits("", [credited("", 5, -4_000)], []),
        BranchCredits("10", [credited("camp_a", 2, 30_000)], members),
    ]
    api.uplift.ledgers.keep("2027-03", 1, INPUTS, branches, rows, NOW)

    by_campaign_shown = run("uplift", "ledger", "2027-03").output
    by_content = run("uplift", "ledger", "2027-03", "--by", "content").output
    by_branch = run("uplift", "ledger", "2027-03", "--by", "branch", "--limit", "1").output
    shown = run("uplift", "ledger-members", "2027-03", "--node", "10").output
    customers = run("uplift", "ledger-customers", "2027-03", "camp_a").output

    assert "（无触点可归因）" in by_campaign_shown
    assert "+300" in by_campaign_shown
    assert "act_1 第 1 版" in by_content
    assert "（无触点可归因）" in by_branch
    assert "+300" not in by_branch
    assert "rm_li" in shown
    assert "wmA" in customers
