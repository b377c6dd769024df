"""The monthly report as one self-contained page in Chinese: no script, nothing from outside, charts as SVG.

Every text is escaped by the templates; names of branches come from WeCom's address book.
"""

import functools
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from scrm.clock import BUSINESS_ZONE
from scrm.kpi.catalogue import KpiDefinition, Unit
from scrm.kpi.figures import Absence
from scrm.kpi.reading import Reading
from scrm.kpi.report import Headline, MonthReport, NodeState, PlanProgress, UpliftRow
from scrm.runtime.charts import Bar, line_chart, short
from scrm.targets.attainment import Attainment
from scrm.targets.figures import Lack, ToDate
from scrm.targets.review import OUTCOME, MetricProgress
from scrm.targets.stages import Evidence, Figure, Finding, GateState
from scrm.uplift.verdict import BELIEVED

_MOST_ROWS: Final = 60
_MOST_BEHIND: Final = 20
_NAMED: Final = 5
_METRICS: Final = {
    "active_rms": "活跃客户经理（人月）",
    "reached": "触达客户（人次）",
    "added": "添加客户",
    "valid_added": "有效添加客户",
    OUTCOME: "指标增量",
}
_STAGES: Final = {"usage": "使用率阶段", "coverage": "覆盖率阶段", "business": "业务指标阶段"}
_GATES: Final = {GateState.OPEN: "已开放", GateState.OVERRIDDEN: "特批开放", GateState.LOCKED: "未开放"}
_ABSENCES: Final = {
    Absence.NOT_TOLD: "暂无数据",
    Absence.NO_BASE: "分母为零",
    Absence.TOO_FEW: "户数过少，不予显示",
    Absence.NOT_MADE_YET: "尚未生成",
    Absence.NOT_TOLD_BY_HEAD_OFFICE: "总行未填报",
    Absence.NOT_BY_MEMBER: "不按人员统计",
}
_LACKS: Final = {
    Lack.NO_MONTH_OVER: "尚无已结月份",
    Lack.NOT_TOLD: "尚无数据",
    Lack.GAP: "{month}缺数据，不予累计",
    Lack.NO_LEVEL_BEFORE: "{month}末余额未知，无法计算增量",
}
_UNITS: Final = {
    Unit.PERSONS: "人",
    Unit.CUSTOMERS: "户",
    Unit.SENDS: "人次",
    Unit.TASKS: "项",
    Unit.CASES: "件",
    Unit.SECONDS: "秒",
    Unit.RATE: "",
}
_VERDICTS: Final = {
    "passed": "达标",
    "failed": "未达标",
    "open": "尚无定论",
    "not_comparable": "不可比",
    "insufficient": "样本不足",
}
_LESS_IS_BETTER: Final = {"first_response", "lost"}
_FUNNEL: Final = (("reached", "触达（人次）"), ("added", "添加"), ("valid_added", "有效添加"))


@dataclass(frozen=True, slots=True)
class Card:
    title: str
    value: str
    note: str
    as_of: str
    change: str
    is_good: bool | None
    version: int


def render(report: MonthReport, definitions: Mapping[str, KpiDefinition]) -> bytes:
    """The page, UTF-8. ``definitions``: the leading ones by KPI."""
    titles = {kpi: one.title for kpi, one in definitions.items()}
    money = {kpi for kpi, one in definitions.items() if one.unit is Unit.FEN}
    text = (
        _environment()
        .get_template("kpi_report.html.j2")
        .render(
            report=report,
            month=_month(report.month),
            made_at=_local(report.made_at),
            points=list(_points(report, titles)),
            cards=[_card(one) for one in report.headlines],
            plans=[_plan(one, report, titles, is_money=one.plan.kpi in money) for one in report.plans],
            gate_rows=[_gate_row(one, titles) for one in report.nodes[:_MOST_ROWS]],
            own_gate=_gates_of(report, titles),
            bars=[
                (titles.get(kpi, kpi), float(report.thresholds.get(kpi, 0)), _bars(report, kpi))
                for kpi in ("staff_usage_rate", "customer_coverage_rate")
            ],
            funnel=_funnel(report),
            returns=list(_returns(report)),
            uplift=[_uplift(one) for one in report.uplift.rows] if report.uplift else [],
            definitions=sorted({one.reading.definition for one in report.headlines}, key=lambda one: one.kpi),
            more=max(0, len(report.nodes) - _MOST_ROWS),
        )
    )
    return text.encode()


def metric_title(metric: str) -> str:
    return _METRICS[metric]


def value(unit: Unit, figure: Figure | None) -> str:
    """A figure as people read it: money in yuan, shares in percent."""
    if figure is None:
        return "—"
    if unit is Unit.FEN:
        return f"{short(figure.numerator / 100)}元"
    if figure.denominator is None:
        return f"{figure.numerator:,}{_UNITS.get(unit, '')}"
    if unit is Unit.SHARE:
        return _percent(figure.numerator / figure.denominator)
    return f"{figure.numerator / figure.denominator:,.2f}{_UNITS.get(unit, '')}"


def _percent(share: float) -> str:
    return f"{100 * share:.1f}%"


def _card(one: Headline) -> Card:
    definition, figure = one.reading.definition, one.reading.figure
    change, is_up = _change(definition.unit, one.before, figure)
    is_good = is_up if is_up is None else is_up is not (definition.kpi in _LESS_IS_BETTER)
    if figure is None:
        note = _ABSENCES[one.reading.absent] if one.reading.absent else ""
    else:
        base = (
            f"{figure.numerator:,} / {figure.denominator:,}"
            if figure.denominator and definition.unit is not Unit.FEN
            else ""
        )
        note = base
    as_of = f"截至 {figure.as_of.isoformat()}" if figure else ""
    return Card(definition.title, value(definition.unit, figure), note, as_of, change, is_good, definition.version)


def _change(unit: Unit, before: Figure | None, after: Figure | None) -> tuple[str, bool | None]:
    """Against the month before: points of a share, percent of all else."""
    if before is None or after is None or before.value is None or after.value is None:
        return "", None
    rise = float(after.value - before.value)
    if rise == 0:
        return "与上月持平", None
    if unit is Unit.SHARE:
        return f"较上月 {100 * rise:+.1f} 个百分点", rise > 0
    if not before.value:
        return "", None
    return f"较上月 {100 * rise / float(before.value):+.1f}%", rise > 0


def _points(report: MonthReport, titles: Mapping[str, str]) -> Iterable[str]:
    """What a manager should know first."""
    for plan in report.plans:
        outcome = plan.metrics[-1].attained
        if outcome is not None:
            ahead = "领先" if not outcome.is_behind else "落后"
            pace = _pace(outcome)
            yield f"{titles.get(plan.plan.kpi, plan.plan.kpi)}增量累计完成时序目标的 {pace}，{ahead}于计划。"
        elif lack := _lack(plan.metrics[-1].told):
            yield f"{titles.get(plan.plan.kpi, plan.plan.kpi)}增量暂无进度：{lack}。"
    states = [one.gates.standing.stage for one in report.nodes]
    if states:
        open_nodes = sum(1 for one in report.nodes if GateState.LOCKED not in one.gates.states.values())
        yield f"{len(states)} 家下级机构中 {open_nodes} 家已开放业务指标考核。"
    if diverging := [one.place.name for one in report.nodes if one.holds_more_has_less]:
        names = "、".join(diverging[:_NAMED]) + ("等" if len(diverging) > _NAMED else "")
        yield f"{len(diverging)} 家机构户均持有产品数上升而客户资产下降（{names}），请核查产品结构。"
    if report.uplift is None:
        yield "本月尚无效果评估；指标变化不等于企微带来的提升。"


def _plan(plan: PlanProgress, report: MonthReport, titles: Mapping[str, str], *, is_money: bool) -> dict[str, Any]:
    metrics = [
        {
            "name": _METRICS[one.metric],
            "note": _span(one.told, report.month),
            "is_outcome": one.metric == OUTCOME,
            **_numbers(one, is_money=is_money),
        }
        for one in plan.metrics
    ]
    outcome, added = plan.metrics[-1], next(one for one in plan.metrics if one.metric == "added")
    drawn = [(f"{titles.get(plan.plan.kpi, plan.plan.kpi)}增量", outcome, is_money), ("添加客户", added, False)]
    return {
        "title": titles.get(plan.plan.kpi, plan.plan.kpi),
        "id": plan.plan.plan_id,
        "version": plan.plan.version,
        "begins": "" if plan.first_month.endswith("-01") else _month(plan.first_month),
        "frozen_late": _local(plan.plan.frozen_at)
        if plan.plan.frozen_at and plan.plan.is_late(plan.first_month)
        else "",
        "gate": _GATES[plan.gate],
        "is_locked": plan.gate is GateState.LOCKED,
        "metrics": metrics,
        "charts": [(name, _chart(one, is_money=money)) for name, one, money in drawn],
        "behind": _behind(plan, report, is_money=is_money),
    }


def _chart(one: MetricProgress, *, is_money: bool) -> Any:
    scale = 100 if is_money else 1
    found = one.attained.forecast if one.attained else None
    forecast = None
    first_month = int(one.told.first[-2:])
    if found is not None and first_month - 1 + len(one.told.months) < len(one.targets):
        low = None if found.low is None else found.low // scale
        high = None if found.high is None else found.high // scale
        forecast = (found.expected // scale, low, high)
    targets, actuals = ([each // scale for each in months] for months in (one.targets, one.told.months))
    return line_chart(targets, actuals, forecast, first_month)


def _numbers(one: MetricProgress, *, is_money: bool) -> dict[str, str | bool]:
    money = one.metric == OUTCOME and is_money

    def number(amount: int | None) -> str:
        if amount is None:
            return "—"
        return f"{short(amount / 100)}元" if money else f"{amount:,}"

    done = one.attained
    if done is None:
        blank = dict.fromkeys(("to_date", "actual", "missing", "pace", "forecast"), "—")
        return {**blank, "year": number(sum(one.targets)), "is_behind": False}
    told = done.forecast
    forecast = "—"
    if told is not None:
        forecast = number(told.expected)
        if told.low is not None:
            forecast += f"（{number(told.low)} ～ {number(told.high)}）"
        else:
            forecast += "（月份不足，无区间）"
    return {
        "to_date": number(done.target_to_date),
        "actual": number(done.actual_to_date),
        "missing": number(done.missing),
        "pace": _pace(done),
        "year": number(done.year_target),
        "forecast": forecast,
        "is_behind": done.is_behind,
    }


def _pace(done: Attainment) -> str:
    return "—" if done.pace is None else _percent(float(done.pace))


def _behind(plan: PlanProgress, report: MonthReport, *, is_money: bool) -> list[dict[str, str]]:
    """Nodes below that miss something, the slowest first: of each the first metric in the order in which they are
    reached, since what follows is its consequence."""
    names = {one.place.node_id: one.place.name for one in report.nodes}
    locked = {one.place.node_id for one in report.nodes if one.gates.states.get(plan.plan.kpi) is GateState.LOCKED}
    found = []
    for node_id, metrics in plan.below.items():
        late = next((one for one in metrics if one.attained and one.attained.is_behind), None)
        if late is not None and late.attained is not None:
            pace = float(late.attained.pace) if late.attained.pace is not None else 0.0
            unassessed = late.metric == OUTCOME and node_id in locked
            metric = f"{_METRICS[late.metric]}{'（未纳入考核）' if unassessed else ''}"
            shown = {key: str(text) for key, text in _numbers(late, is_money=is_money).items()}
            found.append((pace, {"name": names.get(node_id, node_id), "metric": metric, **shown}))
    return [row for _, row in sorted(found, key=lambda each: (each[0], each[1]["name"]))[:_MOST_BEHIND]]


def _gates_of(report: MonthReport, titles: Mapping[str, str]) -> dict[str, Any]:
    stage = report.gates.standing.stage
    return {
        "stage": _stage(stage.name) if stage else "全部阶段已完成",
        "why": [_why(one, titles) for one in report.gates.standing.evidence],
    }


def _gate_row(one: NodeState, titles: Mapping[str, str]) -> dict[str, Any]:
    stage = one.gates.standing.stage
    missing = [found for found in one.gates.standing.evidence if found.finding is not Finding.MET]
    locked = GateState.LOCKED in one.gates.states.values()
    overridden = [titles.get(kpi, kpi) for kpi, state in one.gates.states.items() if state is GateState.OVERRIDDEN]
    return {
        "name": one.place.name,
        "stage": _stage(stage.name) if stage else "全部阶段已完成",
        "is_open": not locked,
        "state": "未开放" if locked else "已开放",
        "why": "；".join(_why(found, titles) for found in missing) or "各项条件均已达到",
        "overridden": "、".join(overridden),
    }


def _stage(name: str) -> str:
    return _STAGES.get(name, name)


def _why(one: Evidence, titles: Mapping[str, str]) -> str:
    title, wanted = titles.get(one.criterion.kpi, one.criterion.kpi), one.criterion.at_least
    asked = _percent(float(wanted)) if wanted <= 1 else f"{int(wanted):,}"
    if one.figure is None or one.figure.value is None:
        return f"{title}：{'暂无数据' if one.figure is None else '分母为零'}（要求 ≥ {asked}）"
    is_share = one.figure.denominator is not None
    actual = _beside(one.figure, wanted) if is_share else f"{one.figure.numerator:,}"
    sign = "≥" if one.finding is Finding.MET else "<"
    return f"{title} {actual} {sign} {asked}"


def _beside(figure: Figure, asked: Fraction | None) -> str:
    """As everywhere on the page, but 79.96 % does not read as the 80 % it is not."""
    share = figure.value or Fraction(0)
    if asked is None or share >= asked:
        return _percent(float(share))
    return _percent(min(float(share), (math.ceil(1000 * asked) - 1) / 1000))


def _bars(report: MonthReport, kpi: str) -> list[Bar]:
    """The lowest first: those are whom to talk to."""
    threshold = report.thresholds.get(kpi)
    found = []
    for one in report.nodes:
        reading = one.readings.get(kpi)
        if reading is None:
            continue
        share = reading.figure.value if reading.figure else None
        if share is None or reading.figure is None:
            found.append((2.0, Bar(one.place.name, None, _absent(reading), is_met=False)))
            continue
        is_met = threshold is None or share >= threshold
        bar = Bar(one.place.name, min(1.0, float(share)), _beside(reading.figure, threshold), is_met)
        found.append((float(share), bar))
    return [bar for _, bar in sorted(found, key=lambda each: (each[0], each[1].name))[:_MOST_ROWS]]


def _absent(reading: Reading) -> str:
    return _ABSENCES[reading.absent or Absence.NO_BASE]


def _funnel(report: MonthReport) -> list[dict[str, Any]]:
    """Of the month, and of the year up to it since the programme began; each step by the one before."""
    rows: list[dict[str, Any]] = []
    for kpi, name in _FUNNEL:
        here, year = report.funnel[kpi].here, report.funnel[kpi].year
        before = rows[-1] if rows else None
        rate = here / before["here"] if here is not None and before and before["here"] else None
        rows.append(
            {
                "name": name,
                "here": here,
                "text": "暂无数据" if here is None else f"{here:,}",
                "year": f"{sum(year.months):,}" if year.months else "—",
                "span": _span(year, report.month),
                "rate": "" if rate is None else _percent(rate),
            }
        )
    longest = max((row["here"] or 0 for row in rows), default=0) or 1
    return [{**row, "share": (row["here"] or 0) / longest} for row in rows]


def _returns(report: MonthReport) -> Iterable[tuple[str, str]]:
    for one in report.returns:
        yield f"{one.definition.title}（当月）", value(one.definition.unit, one.figure)
    if report.yearly_income_fen is not None:
        since = _span(report.gained, report.month)
        title = f"年内客户资产增量的年化收益（{since + '，' if since else ''}估算，未剔除自然增长）"
        yield title, f"{short(report.yearly_income_fen / 100)}元"


def _uplift(one: UpliftRow) -> dict[str, str | bool]:
    """No percentage of too few, nor of groups that cannot be compared: nobody is to believe it."""
    is_told = one.verdict in BELIEVED

    def share(number: float | None) -> str:
        return f"{100 * number:+.1f}%" if is_told and number is not None else "—"

    has_interval = is_told and one.low is not None and one.high is not None
    interval = f"{share(one.low)} ～ {share(one.high)}" if has_interval else "—"
    return {
        "title": one.title,
        "naive": share(one.naive),
        "adjusted": share(one.adjusted),
        "interval": interval,
        "verdict": _VERDICTS.get(one.verdict, one.verdict),
        "is_told": is_told,
    }


def _span(told: ToDate, month: str) -> str:
    """Where it is not the year up to the report's month: since when, and until when; or why there is nothing."""
    if lack := _lack(told):
        return lack
    since = "" if told.first.endswith("-01") else f"自{_month(told.first)}起"
    until = "" if told.through == month else f"截至{_month(told.through)}"
    return since + until


def _lack(told: ToDate) -> str:
    return _LACKS[told.lack].format(month=_month(told.lacks)) if told.lack else ""


def _month(month: str) -> str:
    year, number = month.split("-")
    return f"{year}年{int(number)}月"


def _local(moment: datetime) -> str:
    return moment.astimezone(BUSINESS_ZONE).strftime("%Y-%m-%d %H:%M")


@functools.cache
def _environment() -> Environment:
    loader = FileSystemLoader(Path(__file__).parent / "pages")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
