"""Archived conversations as tables that bank people read."""

from collections.abc import Sequence

from rich.table import Table

from local.cli.client import Row
from local.cli.tables import facts, local_time, titled

_ACCESS_KINDS = {"searched": "查找", "read": "查看", "unmasked": "查看完整内容", "export_read": "下载导出文件"}
_HOLD_STATES = {"active": "保全中", "lifting": "待确认解除", "lifted": "已解除"}
_DELETION_STATES = {"recorded": "已登记", "restricted": "留存期内暂不删除", "withdrawn": "客户已撤回"}
_GROUNDS = {"retention": "留存义务", "legal_hold": "法律保全"}
_EXPORT_STATES = {
    "asked": "待审批",
    "approved": "已批准，生成中",
    "refused": "未批准",
    "ready": "可下载",
    "failed": "无法生成",
}
_CLASSES = {"chat": "会话", "media": "文件与录音", "certificate": "存档证明"}


def found(rows: Sequence[Row]) -> Table:
    table = titled("存档消息", "编号", "时间", "发送者", "参与者", "类型", "内容", "命中")
    for row in rows:
        text = row["text"] or ("（撤回）" if row["recalls"] else "")
        files = f"［附件 {row['files']}］" if row["files"] else ""
        table.add_row(
            row["message_id"],
            local_time(row["at"]),
            row["sender"],
            "、".join(row["parties"]),
            row["kind_name"],
            text + files,
            "、".join(row["hits"]),
        )
    return table


def message(row: Row) -> Table:
    kept = "\n".join(row["texts"]) if row["is_kept"] else "暂无法读取"
    files = [f"{file['part'] + 1}. {file['kind']} {file['bytes'] or ''}".strip() for file in row["files"]]
    pairs = {
        "编号": row["message_id"],
        "时间": local_time(row["at"]),
        "发送者": row["sender"],
        "参与者": "、".join(row["parties"]),
        "客户群": row["room_id"],
        "类型": row["kind_name"],
        "内容": kept,
        "附件": "\n".join(files),
        "撤回的消息": row["recalls"],
        "命中": "、".join(row["hits"]),
        "遮盖": "个人信息已遮盖" if row["cover"] == "all" else "仅遮盖密码与验证码",
    }
    return facts("存档消息", {name: value for name, value in pairs.items() if value})


def accesses(rows: Sequence[Row]) -> Table:
    table = titled("存档会话访问记录", "时间", "操作者", "方式", "原因", "内容", "条数")
    for row in rows:
        asked = "；".join(f"{name}={value}" for name, value in row["asked"].items())
        table.add_row(
            local_time(row["at"]), row["actor"], _ACCESS_KINDS[row["kind"]], row["reason"], asked, str(row["found"])
        )
    return table


def holds(rows: Sequence[Row]) -> Table:
    table = titled("法律保全", "编号", "状态", "范围", "原因", "设置人", "设置时间", "申请解除", "解除人")
    for row in rows:
        table.add_row(
            row["hold_id"],
            _HOLD_STATES[row["state"]],
            _scope(row),
            row["reason"],
            row["placed_by"],
            local_time(row["placed_at"]),
            row["lift_asked_by"],
            row["lifted_by"],
        )
    return table


def deletions(rows: Sequence[Row]) -> Table:
    table = titled("客户的删除请求", "编号", "客户", "要求", "状态", "依据", "说明", "可删除日期")
    for row in rows:
        table.add_row(
            row["request_id"],
            row["external_userid"],
            row["wish"],
            _DELETION_STATES[row["state"]],
            "、".join(_GROUNDS[ground] for ground in row["grounds"]),
            row["reason"],
            row["possible_from"] or "",
        )
    return table


def exports(rows: Sequence[Row]) -> Table:
    table = titled("检查用导出", "编号", "状态", "范围", "原因", "申请人", "审批人", "消息数", "有效期至")
    for row in rows:
        state = "已过期" if row["expired"] else _EXPORT_STATES[row["state"]]
        asked = "；".join(f"{name}={value}" for name, value in row["search"].items())
        table.add_row(
            row["export_id"],
            f"{state}：{row['failure']}" if row["failure"] else state,
            asked,
            row["reason"],
            row["asked_by"],
            row["decided_by"],
            "" if row["messages"] is None else str(row["messages"]),
            local_time(row["expires_at"]) if row["expires_at"] else "",
        )
    return table


def files(row: Row) -> Table:
    table = titled("导出文件", "文件")
    for name in row["files"]:
        table.add_row(name)
    return table


def link(row: Row) -> Table:
    return facts("下载链接", {"文件": row["name"], "链接": row["url"], "有效（秒）": str(row["valid_for_s"])})


def retention(row: Row) -> Table:
    table = titled("存档记录留存期", "类别", "天数")
    for name, days in row["days"].items():
        table.add_row(_CLASSES[name], str(days))
    table.add_row("存储锁定（部署参数）", str(row["locked_days"]))
    return table


def _scope(row: Row) -> str:
    parts = {"客户": row["external_userid"], "成员": row["userid"], "客户群": row["room_id"]}
    named = [f"{name} {value}" for name, value in parts.items() if value]
    if row["first_day"] or row["last_day"]:
        named.append(f"{row['first_day'] or '…'} 至 {row['last_day'] or '…'}")
    return "；".join(named)
