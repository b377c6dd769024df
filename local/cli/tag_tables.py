"""Rules of automatic tags, as tables that bank people read."""

from rich.table import Table

from local.cli.client import Row
from local.cli.tables import titled

_STATES = {"draft": "草稿", "released": "已发布", "retired": "已停用"}


def rules(found: list[Row]) -> Table:
    table = titled("自动标签规则", "编号", "机构", "名称", "状态", "标签", "渠道", "等级", "起草人", "发布人", "修订")
    for row in found:
        table.add_row(
            row["rule_id"],
            row["node_id"],
            row["name"],
            _STATES[row["state"]],
            f"{row['group']}：{'、'.join(row['tags'])}",
            "、".join(row["came_by"]) or "（不限）",
            "、".join(row["tiers"]) or "（不限）",
            row["changed_by"],
            row["released_by"],
            str(row["revision"]),
        )
    return table


def days(row: Row) -> Table:
    table = titled(f"每日打标签客户（共 {row['customers']} 位）", "日期", "客户数")
    for day, customers in sorted(row["customers_by_day"].items(), reverse=True):
        table.add_row(day, str(customers))
    return table
