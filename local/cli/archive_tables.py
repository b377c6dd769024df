"""The archive's intake and certificates as tables that bank people read."""

from collections.abc import Sequence
from typing import Protocol

from rich.table import Table

from local.cli.client import Row
from local.cli.tables import local_time, titled

_REASONS = {"key_missing": "缺少私钥", "undecryptable": "私钥不符或数据损坏", "crashed": "解密组件异常"}
_NONE = "—"
_FAULTS = {
    "missing": "缺失",
    "changed": "内容被改动",
    "replaced": "被其他版本覆盖",
    "unreadable": "无法读取",
    "chain_broken": "与前一环不衔接",
    "gap": "拉取有间断",
    "not_counted": "条数不符",
    "signature": "签名无效",
}


class VerifiedDay(Protocol):
    """A day, and what is wrong with it: kind and object."""

    @property
    def day(self) -> str: ...

    @property
    def faults(self) -> Sequence[tuple[str, str]]: ...


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


def media(found: Row) -> Table:
    table = titled("消息附件下载状态", "项目", "数值")
    table.add_row("待下载", str(found["open_files"]))
    table.add_row("其中最早的消息", _time(found["oldest_message_at"]))
    table.add_row("最早失效时间（企业微信保留五天）", _time(found["first_lost_at"]))
    for row in found["refused"]:
        table.add_row(f"企业微信暂不提供（错误码 {row['code']}）", str(row["files"]))
    return table


def certificates(found: list[Row]) -> Table:
    table = titled("每日完整性证明", "日期", "页数", "条数", "已解密", "搁置", "未识别", "无席位人数", "出具时间")
    for row in found:
        counts, seats = row["counts"], row["seats"]
        table.add_row(
            row["day"],
            *(str(counts[name]) for name in ("pages", "rows", "opened", "parked", "raw")),
            str(seats["without"]) if seats else _NONE,
            local_time(row["made_at"]),
        )
    return table


def certificate(found: Row) -> Table:
    table = titled(f"{found['day']} 完整性证明", "项目", "数值")
    counts, seats = found["counts"], found["seats"]
    names = {
        "pages": "页数",
        "rows": "条数",
        "opened": "已解密",
        "parked": "搁置",
        "raw": "未识别",
        "jumps": "企业微信跳号",
        "reopened": "当日补解密（以前搁置的）",
    }
    for name, shown in names.items():
        table.add_row(shown, str(counts[name]))
    files = found["media"]
    table.add_row("附件：当日消息提及 / 待下载", f"{files['named']} / {files['open']}")
    ended = (str(files[name]) for name in ("stored", "mismatched", "lost", "refused"))
    table.add_row("附件：当日已存 / 与消息不符 / 已失效 / 未提供", " / ".join(ended))
    if files["pages_unread"]:
        table.add_row("附件：尚未检查的页", str(files["pages_unread"]))
    for version, rows in found["parked_by_key_version"].items():
        table.add_row(f"出具时仍搁置（密钥版本 {version}）", str(rows))
    table.add_row("在册 / 有席位 / 无席位", _seats(seats))
    for name, shown in (("customers", "客户"), ("groups", "客户群")):
        table.add_row(f"{shown}：同意存档 / 不同意 / 未知", _consents(found["consents"], name))
    table.add_row("列明的对象数", str(found["objects"]))
    table.add_row("证明文件", found["key"])
    table.add_row("摘要", found["root"])
    table.add_row("前一日摘要", found["previous_root"] or _NONE)
    table.add_row("签名", found["signature"])
    return table


def verified(found: Sequence[VerifiedDay]) -> Table:
    table = titled("完整性核验", "日期", "结论", "对象")
    for each in found:
        if not each.faults:
            table.add_row(each.day, "完整", _NONE)
        for kind, key in each.faults:
            table.add_row(each.day, _FAULTS[kind], key)
    return table


def _seats(seats: Row | None) -> str:
    return " / ".join(str(seats[name]) for name in ("roster", "permitted", "without")) if seats else _NONE


def _consents(consents: Row | None, of: str) -> str:
    return " / ".join(str(consents[of][name]) for name in ("agreed", "refused", "unknown")) if consents else _NONE


def _time(value: str | None) -> str:
    return local_time(value) if value else _NONE


def seats(found: Row) -> tuple[Table, Table]:
    summary = titled("会话存档席位", "项目", "数值")
    summary.add_row("服务客户的成员", str(found["members"]))
    summary.add_row("有席位", str(found["with_seat"]))
    summary.add_row("无席位", str(len(found["without"])))
    if not found["is_complete"]:
        summary.add_row("说明", "仅统计前 5000 名成员，请按下级机构查询")
    without = titled("无席位的成员", "成员", "机构路径")
    for row in found["without"]:
        without.add_row(row["userid"], row["node_path"])
    return summary, without
