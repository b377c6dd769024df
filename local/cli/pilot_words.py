"""Words of a pilot's exit in Chinese, and figures as bank people read them."""

from collections.abc import Sequence
from fractions import Fraction

from local.cli import uplift_words
from local.cli.client import Row

VERDICTS = {"ready": "已具备推广条件", "not_ready": "尚不具备推广条件", "undecided": "尚不能判断"}
FINDINGS = {
    "met": "达标",
    "below": "未达标",
    "absent": "无数据",
    "no_base": "分母为零",
    "insufficient": "样本不足",
    "not_comparable": "不可比",
    "open": "尚不能判断",
    "late": "非事前登记",
}
GATES = {
    "off": "未启用",
    "shut": "未开放",
    "recorded": "已开放（试点退出已登记）",
    "overridden": "特批开放",
}
RESULTS = {"passed": "每项指标的区间整体高于门槛", "above_zero": "每项指标的区间整体高于零"}
KPIS = {
    "staff_usage_rate": "员工使用率",
    "customer_coverage_rate": "客户覆盖率",
    "pool_size": "客户池规模",
    "lost": "当月流失率",
    "handover_success": "客户交接成功率",
}
_SHARES = frozenset({"staff_usage_rate", "customer_coverage_rate", "lost", "handover_success"})
_RESULTS_OF_KPI = {
    "below": "未达到门槛",
    "open": "门槛落在区间之内，尚不能判断",
    "insufficient": "样本不足，不显示百分比",
    "not_comparable": "两组不可比，任何估计都不应采信",
    "late": "复盘登记时结果已可获知，不属于事前登记",
    "absent": "没有结果",
}


def kpi(name: str) -> str:
    return KPIS.get(name) or uplift_words.KPIS.get(name, name)


def is_share(name: str) -> bool:
    return name in _SHARES


def bound(line: Row) -> str:
    """``4/5`` as ``≥ 80%``; 79.6 % is not written as 80 %."""
    exact = Fraction(line["bound"])
    told = f"{float(100 * exact):.6g}%" if is_share(line["kpi"]) or exact < 1 else f"{int(exact):,}"
    return f"{'≤' if line['at_most'] else '≥'} {told}"


def value(line: Row) -> str:
    """Ratios to a tenth of a percent, cut and never rounded up: 79.99 % is not 80 %."""
    figure = line["figure"]
    if figure is None or figure["denominator"] == 0:
        return uplift_words.NONE
    if figure["denominator"] is None:
        return f"{figure['numerator']:,}"
    tenths = figure["numerator"] * 1000 // figure["denominator"]
    return f"{tenths / 10:.1f}%"


def reasons(rows: Sequence[Row]) -> list[str]:
    return [_reason(row) for row in rows]


def _reason(row: Row) -> str:
    if row["months"]:
        return f"{kpi(row['kpi'])}：{'、'.join(row['months'])} {FINDINGS[row['finding']]}"
    if not row["kpi"]:
        return "业务结果：未指定复盘，或复盘尚无结果" if row["finding"] == "absent" else FINDINGS[row["finding"]]
    return f"{kpi(row['kpi'])}：{_RESULTS_OF_KPI[row['finding']]}"
