"""Targets as tables that bank people read."""

from collections.abc import Sequence

from rich.table import Table

from local.cli.client import Row
from local.cli.tables import local_time, titled

METRICS = {
    "outcome": "指标增量",
    "valid_added": "有效添加客户",
    "added": "添加客户",
    "reached": "触达客户",
    "active_rms": "活跃客户经理",
}
_SUMMED = {"active_rms": "活跃客户经理（人月）"}
"""Of what a year has its busiest month of, and progress the sum of the months."""
_FEN = 100
_AMOUNTS = ("target_to_date", "actual_to_date", "missing", "year_target", "forecast", "forecast_low", "forecast_high")
_MONEY = {"aum"}
"""KPIs in fen: people read yuan."""
PLAN_STATES = {"draft": "待审批", "approved": "生效", "rejected": "已驳回", "replaced": "已被新版本取代"}
OVERRIDE_STATES = {"requested": "待审批", "approved": "已批准", "rejected": "已驳回", "revoked": "已撤销"}
GATES = {"open": "已开放", "overridden": "特批开放", "locked": "未开放"}
FINDINGS = {"met": "达标", "below": "未达标", "absent": "无数据", "no_base": "分母为零"}
ABSENT = {
    "no_month_over": "尚无已结月份",
    "not_told": "尚无数据",
    "gap": "{month} 缺数据，不予累计",
    "no_level_before": "{month} 末余额未知，无法计算增量",
}
STAGES = {"usage": "使用率", "coverage": "覆盖率", "business": "业务指标"}


def plans(rows: Sequence[Row]) -> Table:
    table = titled("年度目标", "编号", "版本", "指标", "状态", "编制人", "审批人", "冻结时间", "审批意见")
    for row in rows:
        table.add_row(
            row["plan_id"],
            str(row["version"]),
            row["kpi"],
            PLAN_STATES[row["state"]],
            row["made_by"],
            row["decided_by"] or "—",
            local_time(row["frozen_at"]) if row["frozen_at"] else "—",
            row["note"] or "—",
        )
    return table


def node(found: Row) -> tuple[Table, Table]:
    """A node's targets by quarter and year, and those of what is next below it for the year."""
    plan = found["plan"]
    title = f"{found['node_id']} 的年度目标（{_called(found)}）"
    own = titled(title, "项目", "一季度", "二季度", "三季度", "四季度", "全年")
    for row in found["metrics"]:
        numbers = (*row["quarters"], row["year"])
        own.add_row(_title(plan, row["metric"]), *(_number(_in_units(plan, row["metric"], one)) for one in numbers))
    below = titled("下级分解（全年）", "机构/人员", *(_title(plan, metric) for metric in METRICS))
    for row in found["below"]:
        years = {metric["metric"]: metric["year"] for metric in row["metrics"]}
        below.add_row(row["below_id"], *(_number(_in_units(plan, metric, years[metric])) for metric in METRICS))
    return own, below


def progress(found: Row) -> Table:
    plan = found["plan"]
    title = f"{found['node_id']} 的目标进度（{_called(found)}）"
    interval = f"全年预测（{found['confidence_percent']}% 区间）"
    table = titled(title, "项目", "考核", "期间", "已结月数", "累计目标", "累计完成", "差额", "全年目标", interval)
    for row in found["rows"]:
        shown = {name: _in_units(plan, row["metric"], row[name]) for name in _AMOUNTS}
        table.add_row(
            _SUMMED.get(row["metric"]) or _title(plan, row["metric"]),
            GATES[row["gate"]],
            _span(row),
            str(row["closed_months"]),
            *(_number(shown[name]) for name in ("target_to_date", "actual_to_date", "missing", "year_target")),
            _forecast(shown),
        )
    return table


def gates(found: Row) -> tuple[Table, Table]:
    """Where a node stands and why, and what counts there."""
    stage = STAGES.get(found["stage"], found["stage"]) or "全部阶段已完成"
    why = titled(
        f"{found['node_id']} 截至 {found['month']} 的阶段：{stage}", "阶段", "指标", "要求", "实际", "数据日期", "结论"
    )
    for row in found["evidence"]:
        actual = "—" if row["numerator"] is None else _ratio(row["numerator"], row["denominator"])
        why.add_row(
            STAGES.get(row["stage"], row["stage"]),
            row["kpi"],
            row["at_least"],
            actual,
            row["as_of"] or "—",
            FINDINGS[row["finding"]],
        )
    states = titled("业务指标是否纳入考核", "指标", "状态")
    for kpi, state in found["states"].items():
        states.add_row(kpi, GATES[state])
    return why, states


def overrides(rows: Sequence[Row]) -> Table:
    table = titled("阶段特批", "编号", "指标", "机构", "有效期至", "状态", "申请人", "审批人", "理由", "审批意见")
    for row in rows:
        table.add_row(
            row["override_id"],
            row["kpi"],
            row["node_id"],
            local_time(row["valid_until"]),
            OVERRIDE_STATES[row["state"]],
            row["requested_by"],
            row["decided_by"] or "—",
            row["reason"],
            row["note"] or "—",
        )
    return table


def told(found: Row) -> Table:
    table = titled("指标数据", "行数", "其中更新")
    table.add_row(str(found["rows"]), str(found["changed"]))
    return table


def stages(found: Row) -> Table:
    """The stages of the programme as they are in force."""
    source = "本行设定" if "stages" in found["given"] else "缺省"
    table = titled(f"阶段与门槛（版本 {found['version']}，{source}）", "阶段", "离开条件", "开始考核的指标")
    for stage in found["settings"]["stages"]:
        criteria = (
            f"{one['kpi']} ≥ {_ratio(one['at_least_numerator'], one['at_least_denominator'])}"
            for one in stage["criteria"]
        )
        name = STAGES.get(stage["name"], stage["name"])
        table.add_row(name, "\n".join(criteria) or "—", "、".join(sorted(stage["assesses"])) or "—")
    table.add_row("试点退出", "\n".join(_exit_terms(found["settings"]["pilot_exit"])), "—")
    table.add_row("转为正式", "须先登记试点退出" if found["settings"]["rollout_gate"] else "不设门槛", "—")
    return table


def _called(found: Row) -> str:
    """The version, since when it runs at the node, and whether it was frozen too late to be a target of the start."""
    plan = found["plan"]
    late = f"，{local_time(plan['frozen_at'])} 冻结，晚于起始月" if found["frozen_late"] else ""
    return f"{plan['plan_id']} 第 {plan['version']} 版，{found['first_month']} 起{late}"


def _span(row: Row) -> str:
    if row["absent"]:
        return ABSENT[row["absent"]].format(month=row["absent_month"])
    return f"{row['first_month']} ～ {row['last_month']}"


def _exit_terms(exit_: Row) -> list[str]:
    above = "门槛" if exit_["result"] == "passed" else "零"
    terms = [f"以上各项连续 {exit_['months']} 个已结月份达标", f"复盘各项指标的区间整体高于{above}"]
    if (lost := exit_["lost_percent_at_most"]) is not None:
        terms.append(f"当月流失率 ≤ {lost}%")
    if (done := exit_["handed_over_percent_at_least"]) is not None:
        terms.append(f"客户交接成功率 ≥ {done}%")
    return terms


def _title(plan: Row, metric: str) -> str:
    return METRICS[metric] + ("（元）" if _is_money(plan, metric) else "")


def _in_units(plan: Row, metric: str, number: int | None) -> int | None:
    return number if number is None or not _is_money(plan, metric) else round(number / _FEN)


def _is_money(plan: Row, metric: str) -> bool:
    return metric == "outcome" and plan["kpi"] in _MONEY


def _ratio(numerator: int, denominator: int | None) -> str:
    if denominator in {None, 1}:
        return f"{numerator:,}"
    return f"{numerator:,}/{denominator:,}"


def _number(number: int | None) -> str:
    return "—" if number is None else f"{number:,}"


def _forecast(row: Row) -> str:
    if row["forecast"] is None:
        return "—"
    if row["forecast_low"] is None:
        return f"{row['forecast']:,}（月份不足，无区间）"
    return f"{row['forecast']:,}（{row['forecast_low']:,} ～ {row['forecast_high']:,}）"
