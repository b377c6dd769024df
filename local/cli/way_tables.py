"""Contact ways, as tables that bank people read."""

from rich.table import Table

from local.cli.client import Row
from local.cli.tables import local_time, titled

_STATES = {"waiting": "待同步", "active": "有效", "problem": "异常", "ended": "已停用"}
_PROBLEMS = {"nobody_serves": "无人接待", "gone_at_wecom": "企微侧已删除", "refused": "企微拒绝"}
_FIELDS = {
    "name": "名称",
    "userids": "成员",
    "department_ids": "部门",
    "skip_verify": "是否免验证",
    "state": "渠道标识",
    "kind": "类型",
    "scene": "场景",
}


def ways(found: list[Row]) -> Table:
    table = titled("联系我", "编号（渠道标识）", "机构", "名称", "状态", "接待成员", "部门", "最后有效日")
    for row in found:
        table.add_row(
            row["way_id"],
            row["node_id"],
            row["name"],
            _state(row),
            "、".join(row["serving"] or row["userids"]),
            "、".join(row["department_ids"]),
            row["last_day"] or "",
        )
    return table


def way(row: Row) -> Table:
    table = titled("联系我", "项目", "内容")
    told = {
        "编号（渠道标识）": row["way_id"],
        "机构": row["node_id"],
        "名称": row["name"],
        "状态": _state(row),
        "二维码链接": row["qr_code"] or "（尚未生成）",
        "指定成员": "、".join(row["userids"]),
        "实际接待": "、".join(row["serving"]),
        "部门": "、".join(row["department_ids"]),
        "免验证": "是" if row["skip_verify"] else "否",
        "最后有效日": row["last_day"] or "不限",
        "企微侧被改动": "、".join(_FIELDS.get(name, name) for name in row["drift"]),
        "修改": f"{row['changed_by']}，{local_time(row['changed_at'])}，修订 {row['revision']}",
    }
    for name, text in told.items():
        table.add_row(name, text)
    if "customers" in row:
        table.add_row("新增客户", str(row["customers"]))
    return table


def days(row: Row) -> Table:
    table = titled("每日新增客户", "日期", "客户数")
    for day, customers in sorted(row["customers_by_day"].items(), reverse=True):
        table.add_row(day, str(customers))
    return table


def _state(row: Row) -> str:
    problem = _PROBLEMS.get(row["problem"] or "", "")
    code = f" {row['errcode']}" if row["errcode"] else ""
    drift = "（企微侧被改动）" if row["drift"] else ""
    return _STATES[row["state"]] + (f"：{problem}{code}" if problem else "") + drift
