"""The archive's intake as tables that bank people read."""

from rich.table import Table

from local.cli.client import Row
from local.cli.tables import local_time, titled

_REASONS = {"key_missing": "缺少私钥", "undecryptable": "私钥不符或数据损坏", "crashed": "解密组件异常"}
_NONE = "—"


def status(found: Row) -> Table:
    table = titled("会话存档拉取状态", "项目", "数值")
    table.add_row("已拉取到的序号", found["seq"])
    table.add_row("已存页数", str(found["pages"]))
    table.add_row("正在拉取", "是" if found["pulling_until"] else "否")
    table.add_row("最新消息时间", _time(found["newest_message_at"]))
    table.add_row("待解密页数", str(found["open_pages"]))
    table.add_row("最早待解密页", _time(found["oldest_open_page_at"]))
    for row in found["parked"]:
        table.add_row(f"搁置（密钥版本 {row['key_version']}，{_REASONS[row['reason']]}）", str(row["rows"]))
    return table


def requested(title: str, found: Row) -> Table:
    table = titled(title, "提交时间")
    table.add_row(local_time(found["requested_at"]))
    return table


def _time(value: str | None) -> str:
    return local_time(value) if value else _NONE
