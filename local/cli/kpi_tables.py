"""KPIs as tables that bank people read."""

from collections.abc import Iterable

from rich.table import Table

from local.cli.client import Row
from local.cli.tables import local_time, titled

UNITS = {
    "persons": "人",
    "customers": "户",
    "sends": "人次",
    "tasks": "项",
    "cases": "件",
    "share": "占比",
    "rate": "比值",
    "seconds": "秒",
    "fen": "元",
}
PERIODS = {"sum": "期间累计", "ratio_of_sums": "累计之比", "last": "期末时点", "distinct": "当月去重"}
SOURCES = {
    "contacts": "客户添加与流失",
    "sends": "发送结果",
    "tasks": "客户经理任务",
    "archive": "会话存档",
    "handover": "客户交接",
    "statistics": "企微统计",
    "relations": "关系与花名册快照",
    "bank_facts": "行内数据",
    "told": "总行填报",
}
OWNERS = {"bank": "总行", "branch": "分行", "team": "团队", "member": "客户经理"}
ABSENCES = {
    "not_told": "暂无数据",
    "no_base": "分母为零",
    "too_few": "户数过少，不予显示",
    "not_made_yet": "尚未生成",
    "not_told_by_head_office": "总行未填报",
    "not_by_member": "不按人员统计",
}


def catalogue(found: Row) -> Table:
    table = titled(f"指标目录（{found['month']}）", "指标", "名称", "版本", "单位", "口径", "周期", "来源", "责任层级")
    for row in found["items"]:
        version = f"{row['version']}{'' if row['is_leading'] else '（试行）'}"
        table.add_row(
            row["kpi"],
            row["title"],
            version,
            UNITS[row["unit"]],
            _formula(row),
            PERIODS[row["aggregation"]],
            SOURCES[row["source"]],
            OWNERS[row["owner_level"]],
        )
    return table


def figures(found: Row) -> Table:
    """Every KPI of a node in a month."""
    table = titled(
        f"{found['node_id']} 的指标（{found['month']}）", "指标", "名称", "版本", "数值", "分子/分母", "数据日期"
    )
    for row in found["items"]:
        version = f"{row['definition_version']}{'' if row['is_leading'] else '（试行）'}"
        table.add_row(row["kpi"], row["title"], version, value(row), _sides(row), row["as_of"] or "—")
    if found["holds_more_has_less"]:
        table.caption = "注意：户均持有产品数上升，客户资产却下降。"
    return table


def drill(found: Row) -> tuple[Table, Table, Table]:
    """A KPI of a node, what is next below it, and what it is made of."""
    own = titled(f"{found['node_id']} · {found['month']}", "名称", "版本", "数值", "分子/分母", "数据日期", "更新次数")
    for row in found["figures"]:
        told = str(row["told_version"]) if row["told_version"] else "实时"
        own.add_row(row["title"], str(row["definition_version"]), value(row), _sides(row), row["as_of"] or "—", told)
    below = titled("下级机构", "机构", "名称", "版本", "数值", "分子/分母")
    for node in found["items"]:
        for row in node["figures"]:
            below.add_row(node["node_id"], node["name"], str(row["definition_version"]), value(row), _sides(row))
    made_of = titled("数据来源", "名称", "版本")
    for row in found["made_of"]:
        made_of.add_row(row["name"], "—" if row["version"] is None else str(row["version"]))
    return own, below, made_of


def members(found: Row) -> Table:
    table = titled(f"{found['node_id']} 的人员（{found['month']}）", "人员", "数值", "分子/分母")
    for row in found["items"]:
        table.add_row(row["userid"], value(row["figure"]), _sides(row["figure"]))
    return table


def days(found: Row) -> Table:
    table = titled(f"{found['node_id']} 的 {found['kpi']}（按日）", "日期", "分子", "分母", "说明")
    for row in found["items"]:
        table.add_row(row["day"], *(_number(row[name]) for name in ("numerator", "denominator")), _absent(row))
    return table


def settings(found: Row) -> Table:
    table = titled(f"指标设定（版本 {found['version']}）", "项目", "数值", "来源")
    for name, setting in found["settings"].items():
        shown = setting if isinstance(setting, int) else "、".join(_named(setting)) or "—"
        table.add_row(name, str(shown), "本行设定" if name in found["given"] else "缺省")
    return table


def recounts(rows: Iterable[Row]) -> Table:
    table = titled("重新统计", "日期", "状态", "结果", "原因", "申请人", "申请时间", "编号")
    for row in rows:
        is_done = row["state"] == "done"
        found = (f"有变化，涉及 {row['events']:,} 条事实" if row["events"] else "与原结果一致") if is_done else "—"
        asked = (row["reason"], row["requested_by"], local_time(row["requested_at"]), row["recount_id"])
        table.add_row(row["day"], "已完成" if is_done else "等待中", found, *asked)
    return table


def value(row: Row) -> str:
    """A figure as people read it: money in yuan, shares in percent."""
    numerator, denominator = row["numerator"], row["denominator"]
    if numerator is None:
        return _absent(row)
    if row["unit"] == "fen":
        return f"{numerator / 100:,.2f}"
    if denominator is None:
        return f"{numerator:,}"
    if row["unit"] == "share":
        return f"{100 * numerator / denominator:.1f}%"
    return f"{numerator / denominator:,.2f}"


def _named(setting: Iterable[Row] | Row) -> list[str]:
    if isinstance(setting, dict):
        return [f"{name} 至 {month}" for name, month in setting.items()]
    return [f"{one['kpi']}@{one['version']}" for one in setting]


def _formula(row: Row) -> str:
    above, below = (" + ".join(row[side]) for side in ("numerator", "denominator"))
    factor = f" × {row['factor']}" if row["factor"] > 1 else ""
    return f"{above or '填报'}{factor}{' / ' + below if below else ''}"


def _sides(row: Row) -> str:
    if row["numerator"] is None:
        return "—"
    return f"{row['numerator']:,}" + ("" if row["denominator"] is None else f"/{row['denominator']:,}")


def _number(number: int | None) -> str:
    return "—" if number is None else f"{number:,}"


def _absent(row: Row) -> str:
    return ABSENCES[row["absent"]] if row["absent"] else ""
