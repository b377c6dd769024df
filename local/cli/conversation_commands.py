"""``scrm archive search`` and what follows from it: archived conversations for compliance officers."""

from typing import Any

import click

from local.cli import conversation_tables
from local.cli.client import Row, at
from local.cli.session import LIMIT, NODE, Session

_REASON = click.option("--reason", required=True, help="原因，将随访问记录留存")


@click.command("search")
@click.option("--from", "first_day", required=True, help="起始日，如 2026-11-26（与截止日相距不超过 31 天）")
@click.option("--to", "last_day", help="截止日；缺省为起始日")
@click.option("--party", "parties", multiple=True, help="参与者（userid 或 external_userid），可重复，须全部参与")
@click.option("--customer-number", default="", help="行内客户号（来自客户主数据文件），查其全部会话")
@click.option("--room", "room_id", default="", help="客户群 roomid")
@click.option("--kind", "kinds", multiple=True, help="消息类型，如 text，可重复")
@click.option("--hit", "hits", multiple=True, help="命中的敏感词条目编号，可重复")
@click.option("--word", "words", multiple=True, help="文中的字词，可重复，须全部出现")
@_REASON
@NODE
@LIMIT
@click.pass_obj
def search(session: Session, /, limit: int, last_day: str | None, first_day: str, **asked: Any) -> None:
    """查找存档消息（合规、审计与总行），个人信息已遮盖。"""
    wanted = {"first_day": first_day, "last_day": last_day or first_day, **asked}
    rows: list[Row] = []
    cursor: str | None = None
    while True:
        left = limit - len(rows) if limit else 200
        page = session.client.post(at("archive", "messages"), {**wanted, "limit": min(left, 200), "cursor": cursor})
        rows += page["items"]
        cursor = page["cursor"]
        if cursor is None or (limit and len(rows) >= limit):
            break
    session.show(rows, conversation_tables.found(rows))


@click.command("show")
@click.argument("message_id")
@_REASON
@click.pass_obj
def show(session: Session, message_id: str, reason: str) -> None:
    """查看一条存档消息，个人信息已遮盖。"""
    found = session.client.get(at("archive", "messages", message_id), reason=reason)
    session.show(found, conversation_tables.message(found))


@click.command("unmask")
@click.argument("message_id")
@_REASON
@click.pass_obj
def unmask(session: Session, message_id: str, reason: str) -> None:
    """查看一条存档消息的完整内容（合规人员）；密码与验证码始终遮盖。"""
    found = session.client.post(at("archive", "messages", message_id, "unmasking"), {"reason": reason})
    session.show(found, conversation_tables.message(found))


@click.command("accesses")
@click.option("--day", help="哪一天；缺省为今天")
@NODE
@LIMIT
@click.pass_obj
def accesses(session: Session, day: str | None, node_id: str | None, limit: int) -> None:
    """谁在何时因何查看过存档会话。"""
    rows = session.client.rows(at("archive", "accesses"), limit, day=day, node_id=node_id)
    session.show(rows, conversation_tables.accesses(rows))


@click.group("hold")
def hold() -> None:
    """法律保全：设置、申请解除、确认解除。"""


@hold.command("list")
@NODE
@LIMIT
@click.pass_obj
def list_holds(session: Session, node_id: str | None, limit: int) -> None:
    """列出法律保全。"""
    rows = session.client.rows(at("archive", "holds"), limit, node_id=node_id)
    session.show(rows, conversation_tables.holds(rows))


@hold.command("place")
@click.option("--customer", "external_userid", help="客户 external_userid")
@click.option("--member", "userid", help="成员 userid")
@click.option("--room", "room_id", help="客户群 roomid")
@click.option("--from", "first_day", help="起始日")
@click.option("--to", "last_day", help="截止日")
@_REASON
@click.pass_obj
def place(session: Session, /, **asked: str | None) -> None:
    """设置法律保全（合规人员）；所给条件须全部符合。"""
    found = session.client.post(at("archive", "holds"), {name: value for name, value in asked.items() if value})
    session.show(found, conversation_tables.holds([found]))


@hold.command("lift")
@click.argument("hold_id")
@_REASON
@click.pass_obj
def lift(session: Session, hold_id: str, reason: str) -> None:
    """申请解除法律保全；须由另一位合规人员确认。"""
    found = session.client.post(at("archive", "holds", hold_id, "lift"), {"reason": reason})
    session.show(found, conversation_tables.holds([found]))


@hold.command("confirm")
@click.argument("hold_id")
@click.pass_obj
def confirm(session: Session, hold_id: str) -> None:
    """确认解除法律保全（非申请人）。"""
    found = session.client.post(at("archive", "holds", hold_id, "confirm-lift"), {})
    session.show(found, conversation_tables.holds([found]))


@hold.command("keep")
@click.argument("hold_id")
@click.pass_obj
def keep(session: Session, hold_id: str) -> None:
    """不同意解除，或撤回解除申请。"""
    found = session.client.post(at("archive", "holds", hold_id, "keep"), {})
    session.show(found, conversation_tables.holds([found]))


@click.group("deletion")
def deletion() -> None:
    """客户的删除请求：登记、决定、撤回。"""


@deletion.command("list")
@NODE
@LIMIT
@click.pass_obj
def list_deletions(session: Session, node_id: str | None, limit: int) -> None:
    """列出客户的删除请求。"""
    rows = session.client.rows(at("archive", "deletion-requests"), limit, node_id=node_id)
    session.show(rows, conversation_tables.deletions(rows))


@deletion.command("record")
@click.argument("external_userid")
@click.option("--wish", required=True, help="客户的要求与提出方式")
@click.pass_obj
def record(session: Session, external_userid: str, wish: str) -> None:
    """登记一位客户要求删除会话。"""
    found = session.client.post(at("archive", "deletion-requests"), {"external_userid": external_userid, "wish": wish})
    session.show(found, conversation_tables.deletions([found]))


@deletion.command("restrict")
@click.argument("request_id")
@_REASON
@click.pass_obj
def restrict(session: Session, request_id: str, reason: str) -> None:
    """决定：因留存义务暂不删除，并给出可删除日期（合规人员）。"""
    found = session.client.post(at("archive", "deletion-requests", request_id, "restrict"), {"reason": reason})
    session.show(found, conversation_tables.deletions([found]))


@deletion.command("withdraw")
@click.argument("request_id")
@_REASON
@click.pass_obj
def withdraw(session: Session, request_id: str, reason: str) -> None:
    """客户撤回删除请求。"""
    found = session.client.post(at("archive", "deletion-requests", request_id, "withdraw"), {"reason": reason})
    session.show(found, conversation_tables.deletions([found]))


@click.group("export")
def export() -> None:
    """检查用导出：申请、审批、下载。"""


@export.command("ask")
@click.option("--from", "first_day", required=True, help="起始日，如 2026-11-26（与截止日相距不超过 31 天）")
@click.option("--to", "last_day", help="截止日；缺省为起始日")
@click.option("--party", "parties", multiple=True, help="参与者（userid 或 external_userid），可重复，须全部参与")
@click.option("--room", "room_id", default="", help="客户群 roomid")
@click.option("--word", "words", multiple=True, help="文中的字词，可重复，须全部出现")
@click.option("--unmasked", is_flag=True, help="不遮盖个人信息（合规人员）；密码与验证码始终遮盖")
@click.option("--with-media", is_flag=True, help="附上已存档的文件（合规人员）")
@_REASON
@NODE
@click.pass_obj
def ask_for_export(session: Session, /, unmasked: bool, with_media: bool, **asked: Any) -> None:  # noqa: FBT001 - click
    """申请导出一次查找的全部消息（不超过 1 万条）；须由另一人批准。"""
    wanted = {**asked, "last_day": asked["last_day"] or asked["first_day"]}
    body = {"search": wanted, "covered": not unmasked, "with_media": with_media}
    found = session.client.post(at("archive", "exports"), body)
    session.show(found, conversation_tables.exports([found]))


@export.command("list")
@NODE
@LIMIT
@click.pass_obj
def list_exports(session: Session, node_id: str | None, limit: int) -> None:
    """列出导出申请。"""
    rows = session.client.rows(at("archive", "exports"), limit, node_id=node_id)
    session.show(rows, conversation_tables.exports(rows))


@export.command("show")
@click.argument("export_id")
@click.pass_obj
def show_export(session: Session, export_id: str) -> None:
    """查看一次导出及其文件。"""
    found = session.client.get(at("archive", "exports", export_id))
    session.show(found, conversation_tables.exports([found]), conversation_tables.files(found))


@export.command("approve")
@click.argument("export_id")
@click.option("--note", default="", help="审批意见")
@click.pass_obj
def approve_export(session: Session, export_id: str, note: str) -> None:
    """批准导出（非申请人）；随即生成。"""
    found = session.client.post(at("archive", "exports", export_id, "approve"), {"note": note})
    session.show(found, conversation_tables.exports([found]))


@export.command("refuse")
@click.argument("export_id")
@click.option("--note", default="", help="审批意见")
@click.pass_obj
def refuse_export(session: Session, export_id: str, note: str) -> None:
    """不同意导出（非申请人）。"""
    found = session.client.post(at("archive", "exports", export_id, "refuse"), {"note": note})
    session.show(found, conversation_tables.exports([found]))


@export.command("link")
@click.argument("export_id")
@click.argument("name", default="manifest.json")
@_REASON
@click.pass_obj
def link_to_export(session: Session, export_id: str, name: str, reason: str) -> None:
    """取得一个文件的下载链接，五分钟内有效；每次取得均有记录。"""
    found = session.client.get(at("archive", "exports", export_id, "download"), name=name, reason=reason)
    session.show(found, conversation_tables.link(found))


@click.command("retention")
@click.option("--chat", "chat_days", type=int, help="会话留存天数，只能延长（总行）")
@click.option("--media", "media_days", type=int, help="文件与录音留存天数，只能延长（总行）")
@click.option("--certificate", "certificate_days", type=int, help="存档证明留存天数，只能延长（总行）")
@click.pass_obj
def retention(session: Session, /, **days: int | None) -> None:
    """查看或延长各类存档记录的留存期。"""
    found = session.client.get(at("archive", "retention"))
    changed = {name: value for name, value in days.items() if value is not None}
    if changed:
        asked = {"version": found["version"], "settings": found["settings"] | changed}
        found = session.client.put(at("archive", "retention"), asked)
    session.show(found, conversation_tables.retention(found))
