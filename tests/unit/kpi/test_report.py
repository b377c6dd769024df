"""The monthly report: what it says, that it is self-contained, that nobody's text becomes markup or a formula."""

import csv
import io
import re
import zipfile
from xml.etree import ElementTree

import pytest

from scrm.kpi.report import MonthReport, ReportRefusedError
from scrm.runtime.charts import line_chart, short
from scrm.runtime.kpi_exports import FIGURES, harmless
from scrm.runtime.report_joins import files_of
from tests.fakes.report import MADE_AT, ReportBank

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


def test_progress_has_pace_forecast_and_who_is_behind(page: str, report: MonthReport) -> None:
    outcome = report.plans[0].metrics[-1]

    assert outcome.attained is not None
    assert outcome.attained.closed_months == 3
    assert "88.2%，落后于计划" in page
    assert page.index("浙江分行</td><td>指标增量（未纳入考核）") < page.index("上海分行</td><td>指标增量")


def test_more_products_and_less_money_is_named(page: str) -> None:
    assert "户均持有产品数上升而客户资产下降（浙江分行）" in page


def test_the_naive_difference_stands_beside_the_adjusted_one(page: str) -> None:
    row = page[page.index('客户资产（AUM）</td><td class="n soft">') :][:400]

    assert "+31.2%" in row
    assert "+8.4%" in row
    assert "+2.1% ～ +14.7%" in row
    assert "未达标" in row


def test_cost_stands_beside_what_the_new_money_earns(page: str, report: MonthReport) -> None:
    gained = sum(report.plans[0].metrics[-1].actuals)

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

    assert len(early.funnel["added"]) == 2
    assert (
        early.plans[0].metrics[-1].actuals
        == bank.reports().collect("1", MONTH, MADE_AT).plans[0].metrics[-1].actuals[:2]
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


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_what_a_spreadsheet_takes_for_a_formula_is_told_to_be_text(start: str) -> None:
    assert harmless((f"{start}1+1", -5, None, "上海")) == [f"'{start}1+1", -5, None, "上海"]


def test_the_tables_have_what_the_page_has(files: dict[str, bytes]) -> None:
    rows = list(csv.DictReader(io.StringIO(files["csv"].decode("utf-8-sig"))))

    usage = {row["node_id"]: row for row in rows if row["kpi"] == "staff_usage_rate"}
    assert (usage["40"]["numerator"], usage["40"]["denominator"], usage["40"]["told_version"]) == ("799", "1000", "1")
    lost = next(row for row in rows if row["kpi"] == "lost")
    assert (lost["numerator"], lost["absent"]) == ("", "not_told")


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
