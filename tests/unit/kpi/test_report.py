"""The monthly report: what it says, that it is self-contained, that nobody's text becomes markup or a formula."""

import csv
import io
import re
import zipfile
from dataclasses import replace
from datetime import UTC, datetime
from xml.etree import ElementTree

import pytest

from scrm.kpi.errors import ReportRefusedError
from scrm.kpi.report import MonthReport
from scrm.runtime.charts import line_chart, short
from scrm.runtime.kpi_exports import FIGURES, PROGRESS, progress
from scrm.runtime.report_joins import files_of
from scrm.spreadsheets import harmless
from scrm.targets.figures import ToDate
from scrm.targets.planner import BranchShare
from tests.fakes.report import MADE_AT, REVIEWED, ReportBank
from tests.fakes.targets import TERMS

MONTH = "2027-03"


@pytest.fixture(scope="module")
def bank() -> ReportBank:
    return ReportBank().fill()


@pytest.fixture(scope="module")
def report(bank: ReportBank) -> MonthReport:
    return bank.reports().collect("1", MONTH, MADE_AT)


@pytest.fixture(scope="module")
def files(bank: ReportBank, report: MonthReport) -> dict[str, bytes]:
    return files_of(report, {one.kpi: one for one in reversed(bank.catalogue.in_force(MONTH))})


@pytest.fixture(scope="module")
def page(files: dict[str, bytes]) -> str:
    return files["html"].decode()


def test_the_gate_is_told_by_branch_with_what_is_missing(page: str) -> None:
    text = re.sub(r"<[^>]+>", " ", page)

    assert "员工使用率 79.9% &lt; 80.0%" in text
    assert "客户覆盖率 48.5% &lt; 50.0%" in text
    assert "6 家下级机构中 2 家已开放业务指标考核" in text


def test_a_share_reads_alike_wherever_it_is_told_and_never_as_the_threshold_that_it_misses() -> None:
    bank = ReportBank().fill()
    bank.tell("1", "customer_coverage_rate", MONTH, 2057, 6000)
    bank.tell("30", "customer_coverage_rate", MONTH, 4996, 10_000)

    report = bank.reports().collect("1", MONTH, MADE_AT)
    page = files_of(report, {one.kpi: one for one in reversed(bank.catalogue.in_force(MONTH))})["html"].decode()
    text = re.sub(r"<[^>]+>", " ", page)

    assert text.count("34.3%") == 2  # the headline and the gate
    assert "34.2%" not in text
    assert "客户覆盖率 49.9% &lt; 50.0%" in text


def test_progress_has_pace_forecast_and_who_is_behind(page: str, report: MonthReport) -> None:
    outcome = report.plans[0].metrics[-1]

    assert outcome.attained is not None
    assert outcome.attained.closed_months == 3
    assert "88.2%，落后于计划" in page
    assert page.index("浙江分行</td><td>指标增量（未纳入考核）") < page.index("上海分行</td><td>指标增量")


@pytest.fixture(scope="module")
def pilot() -> ReportBank:
    """A programme that began in May at the first branch, and a month that nobody told of the third."""
    found = ReportBank()
    shares = tuple(BranchShare(f"{number}0", 7 - number) for number in range(1, 7))
    found.plan(replace(TERMS, shares=shares, first_month=5))
    for node_id in ("1", "10", "30"):
        for month in ("04", "05", "06", "07"):
            if (node_id, month) != ("30", "06"):
                found.tell(node_id, "aum", f"2027-{month}", 10**12 + int(month) * 10**10)
                found.tell(node_id, "added", f"2027-{month}", 100 * int(month))
    return found


def test_a_programme_that_began_in_may_is_drawn_and_summed_up_from_may_on(pilot: ReportBank) -> None:
    report = pilot.reports().collect("10", "2027-07", datetime(2027, 8, 4, tzinfo=UTC))
    page = files_of(report, {})["html"].decode()

    outcome = report.plans[0].metrics[-1]
    assert outcome.told.months == (10**10, 10**10, 10**10)
    assert outcome.attained is not None
    assert outcome.attained.forecast is not None
    assert outcome.attained.forecast.expected == pytest.approx(8 * 10**10, rel=1e-3)  # eight months at that pace
    assert outcome.attained.forecast.low is not None
    assert report.funnel["added"].year.months == (500, 600, 700)
    assert report.gained.months == outcome.told.months
    assert "2027-aum 第 1 版，2027年5月起" in page
    assert "添加 1,800（自2027年5月起）" in page
    assert "触达（人次） —（尚无数据）" in page
    drawn = [ElementTree.fromstring(svg) for svg in re.findall(r"<svg viewBox=\"0 0 480.*?</svg>", page, re.DOTALL)]
    lines = [[float(x) for x in re.findall(r"([\d.]+),", line.attrib["points"])] for line in drawn[0].iter("polyline")]
    target, forecast, actual = lines
    assert len(target) == 13
    assert actual == target[4:8]
    assert forecast == [actual[-1], target[-1]]


def test_a_month_that_misses_inside_the_run_is_named_instead_of_a_figure(pilot: ReportBank) -> None:
    report = pilot.reports().collect("30", "2027-07", datetime(2027, 8, 4, tzinfo=UTC))
    files = files_of(report, {})
    page = files["html"].decode()

    assert report.plans[0].metrics[-1].attained is None
    assert "增量暂无进度：2027年6月缺数据，不予累计" in page
    assert "添加 —（2027年6月缺数据，不予累计）" in page
    assert report.funnel["added"].here == 700
    assert report.yearly_income_fen is None
    rows = {str(row[4]): row for row in progress(report)}
    assert rows["outcome"][PROGRESS.index("absent")] == "gap"
    assert rows["outcome"][PROGRESS.index("absent_month")] == "2027-06"
    assert rows["outcome"][PROGRESS.index("actual_to_date")] is None


def test_a_report_that_is_made_while_the_month_runs_compares_the_months_that_are_over(pilot: ReportBank) -> None:
    report = pilot.reports().collect("10", "2027-07", datetime(2027, 7, 20, tzinfo=UTC))
    page = files_of(report, {})["html"].decode()

    assert report.plans[0].metrics[-1].told.through == "2027-06"
    assert "自2027年5月起截至2027年6月" in page


def test_without_a_plan_the_year_begins_with_the_first_month_that_is_told() -> None:
    bank = ReportBank()
    for month in ("05", "06", "07"):
        bank.tell("20", "aum", f"2027-{month}", 10**12 + int(month) * 10**10)
        bank.tell("20", "reached", f"2027-{month}", 100 * int(month))

    report = bank.reports().collect("20", "2027-07", MADE_AT)

    assert report.funnel["reached"].year == ToDate("2027-05", (500, 600, 700))
    assert report.gained == ToDate("2027-06", (10**10, 10**10))


def test_more_products_and_less_money_is_named(page: str) -> None:
    assert "户均持有产品数上升而客户资产下降（浙江分行）" in page


def test_the_naive_difference_stands_beside_the_adjusted_one(page: str) -> None:
    row = page[page.index('客户资产（AUM）</td><td class="n soft">') :][:400]

    assert "+31.2%" in row
    assert "+8.4%" in row
    assert "+2.1% ～ +14.7%" in row
    assert "未达标" in row


def test_no_percentage_is_shown_of_groups_that_cannot_be_compared(page: str) -> None:
    row = page[page.index('手机银行月活率</td><td class="n soft">') :].split("</tr>", maxsplit=1)[0]

    assert "不可比" in row
    assert "%" not in row
    assert "<b>" not in row


def test_who_is_in_wecom_and_not_recognised_is_said_in_words(page: str) -> None:
    assert "企微客户 40,350 人中有 5,200 人（12.9%）银行未能识别" in page
    assert "不判定为“未达标”" not in page


def test_where_they_may_hide_it_the_page_says_what_to_do() -> None:
    bank = ReportBank().fill()
    bank.uplift.table = replace(REVIEWED, may_hide=True)
    hidden = files_of(bank.reports().collect("1", MONTH, MADE_AT), {})["html"].decode()
    bank.uplift.table = replace(REVIEWED, in_wecom=0, unlinked=0)
    unknown = files_of(bank.reports().collect("1", MONTH, MADE_AT), {})["html"].decode()

    assert "请先补齐客户与企微的匹配关系" in hidden
    assert "未能识别" not in unknown


def test_cost_stands_beside_what_the_new_money_earns(page: str, report: MonthReport) -> None:
    gained = sum(report.plans[0].metrics[-1].told.months)

    assert report.yearly_income_fen == gained * 60 // 10_000
    assert '项目投入（当月）</td><td class="n">178.5万元' in page
    assert "估算，未剔除自然增长" in page


def test_without_a_review_the_page_says_so() -> None:
    bank = ReportBank().fill()
    bank.uplift.table = None

    page = files_of(bank.reports().collect("1", MONTH, MADE_AT), {})["html"].decode()

    assert "截至本月末没有已冻结的评估" in page


def test_a_report_of_a_month_knows_nothing_of_later_ones(bank: ReportBank, report: MonthReport) -> None:
    early = bank.reports().collect("1", "2027-02", MADE_AT)

    assert len(early.funnel["added"].year.months) == 2
    assert (
        early.plans[0].metrics[-1].told.months
        == bank.reports().collect("1", MONTH, MADE_AT).plans[0].metrics[-1].told.months[:2]
    )


def test_the_page_loads_nothing_and_runs_nothing(page: str) -> None:
    assert "<script" not in page
    assert re.findall(r"(?:src|href|url)\s*[=(]", page) == []
    assert "default-src 'none'" in page


def test_a_branchs_name_is_text_in_the_page_and_in_the_tables(page: str, files: dict[str, bytes]) -> None:
    assert "<b>分行</b>" not in page
    assert "&lt;b&gt;分行" in page
    rows = list(csv.reader(io.StringIO(files["csv"].decode("utf-8-sig"))))
    assert tuple(rows[0]) == FIGURES
    assert {row[2] for row in rows if row[1] == "60"} == {"'=cmd|'/c calc'!A1<b>分行</b>"}
    sheets = zipfile.ZipFile(io.BytesIO(files["xlsx"]))
    assert all(b"<f>" not in sheets.read(name) for name in sheets.namelist() if name.startswith("xl/worksheets/"))
    assert "'=cmd" in sheets.read("xl/sharedStrings.xml").decode()


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
def test_what_a_spreadsheet_takes_for_a_formula_is_told_to_be_text(start: str) -> None:
    assert harmless(f"{start}1+1") == f"'{start}1+1"
    assert harmless("上海") == "上海"


def test_the_tables_have_what_the_page_has(files: dict[str, bytes]) -> None:
    rows = list(csv.DictReader(io.StringIO(files["csv"].decode("utf-8-sig"))))

    usage = {row["node_id"]: row for row in rows if row["kpi"] == "staff_usage_rate"}
    assert (usage["40"]["numerator"], usage["40"]["denominator"], usage["40"]["told_version"]) == ("799", "1000", "1")
    lost = next(row for row in rows if row["kpi"] == "lost")
    assert (lost["numerator"], lost["absent"]) == ("", "not_told")


def test_a_years_target_of_active_members_is_in_the_unit_of_what_was_reached(report: MonthReport) -> None:
    rows = [dict(zip(PROGRESS, row, strict=True)) for row in progress(report)]
    own = next(row for row in rows if (row["metric"], row["node_id"]) == ("active_rms", "1"))

    shown = next(one for one in report.plans[0].metrics if one.metric == "active_rms")
    assert own["title"] == "活跃客户经理（人月）"
    assert own["year_target"] == sum(shown.targets) > max(shown.targets)


def test_every_chart_is_drawn_inside_its_frame(page: str) -> None:
    drawn = [ElementTree.fromstring(svg) for svg in re.findall(r"<svg viewBox=\"0 0 480.*?</svg>", page, re.DOTALL)]

    assert len(drawn) == 2
    for svg in drawn:
        points = [one for line in svg.iter("polyline") for one in line.attrib["points"].split()]
        assert all(0 <= float(x) <= 480 and 0 <= float(y) <= 230 for x, y in (point.split(",") for point in points))


def test_a_chart_takes_nothing_told_and_less_than_nothing() -> None:
    assert line_chart([0] * 12, [], None).actual_points == []
    fallen = line_chart([100] * 12, [-50, -50], (-600, None, None))
    assert all(0 <= y <= 230 for _, y in fallen.actual_points)
    assert [short(amount) for amount in (950, 12_000, 350_000_000)] == ["950", "1.2万", "3.5亿"]


def test_a_node_that_is_unknown_or_too_large_is_refused_with_the_way_out(bank: ReportBank) -> None:
    with pytest.raises(ReportRefusedError, match="no such node"):
        bank.reports().collect("99", MONTH, MADE_AT)
    with pytest.raises(ReportRefusedError, match="made by the schedule"):
        bank.reports(most_nodes=5).collect("1", MONTH, MADE_AT)


def test_a_branch_without_plan_or_nodes_has_a_report_too(bank: ReportBank) -> None:
    page = files_of(bank.reports().collect("20", MONTH, MADE_AT), {})["html"].decode()

    assert "江苏分行" in page
    assert "本机构：" in page
