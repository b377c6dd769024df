"""``scrm lexicon``: versions of the lexicon, drafted, approved by a second person, put in force."""

from typing import TextIO

import click

from local.cli import lexicon_tables
from local.cli.client import Row, at
from local.cli.session import LIMIT, Session

_NOTE = click.option("--note", default="", help="说明，长期保存，请勿填写客户个人信息")
_VERSIONS = ("lexicon", "versions")
_SYNC = ("lexicon", "sync")


@click.group("lexicon")
def lexicon() -> None:
    """敏感词库：起草、审批、生效，导入导出与试检。"""


@lexicon.command("list")
@LIMIT
@click.pass_obj
def listed(session: Session, limit: int) -> None:
    """列出词库版本，最新的在前。"""
    rows = session.client.rows(at(*_VERSIONS), limit)
    session.show(rows, lexicon_tables.versions(rows))


@lexicon.command("entries")
@click.argument("number", type=int)
@LIMIT
@click.pass_obj
def entries(session: Session, number: int, limit: int) -> None:
    """列出一个版本的敏感词。"""
    rows = session.client.rows(at(*_VERSIONS, str(number), "entries"), limit)
    session.show(rows, lexicon_tables.entries(rows))


@lexicon.command("standard")
@_NOTE
@click.pass_obj
def take_standard(session: Session, note: str) -> None:
    """以系统自带的银行词库起草新版本。"""
    _show(session, session.client.post(at(*_VERSIONS), {"standard": True, "note": note}))


@lexicon.command("import")
@click.argument("file", type=click.File("r", encoding="utf-8"))
@_NOTE
@click.pass_obj
def draft(session: Session, file: TextIO, note: str) -> None:
    """用 CSV 文件起草新版本（整份替换）；表头同导出文件。"""
    asked = {**lexicon_tables.from_csv(file.read()), "note": note}
    _show(session, session.client.post(at(*_VERSIONS), asked))


@lexicon.command("export")
@click.argument("number", type=int)
@click.argument("file", type=click.File("w", encoding="utf-8"))
@click.pass_obj
def export(session: Session, number: int, file: TextIO) -> None:
    """把一个版本导出为 CSV 文件，可用表格软件编辑。"""
    place = at(*_VERSIONS, str(number), "entries")
    allowed = session.client.get(place, limit="1")["allowed"]
    rows = session.client.rows(place, 0)
    file.write(lexicon_tables.to_csv(rows, allowed))
    session.show(rows, lexicon_tables.versions([session.client.get(at(*_VERSIONS, str(number)))]))


@lexicon.command("changes")
@click.argument("number", type=int)
@click.pass_obj
def changes(session: Session, number: int) -> None:
    """显示一个版本与生效版本的差异，供审批人核对。"""
    found = session.client.get(at(*_VERSIONS, str(number), "changes"))
    session.show(found, lexicon_tables.changes(found))


@lexicon.command("rules")
@click.argument("number", type=int)
@click.pass_obj
def rules(session: Session, number: int) -> None:
    """显示一个版本可由企业微信拦截的规则，以及只能由存档检出的条目。"""
    found = session.client.get(at(*_VERSIONS, str(number), "intercept-rules"))
    session.show(found, *lexicon_tables.intercept_plan(found))


@lexicon.command("approve")
@click.argument("number", type=int)
@click.pass_obj
def approve(session: Session, number: int) -> None:
    """批准他人起草的版本。"""
    _show(session, session.client.post(at(*_VERSIONS, str(number), "approve"), {}))


@lexicon.command("reject")
@click.argument("number", type=int)
@click.option("--note", required=True, help="驳回理由，长期保存")
@click.pass_obj
def reject(session: Session, number: int, note: str) -> None:
    """驳回一个草稿。"""
    _show(session, session.client.post(at(*_VERSIONS, str(number), "reject"), {"note": note}))


@lexicon.command("activate")
@click.argument("number", type=int)
@click.pass_obj
def put_in_force(session: Session, number: int) -> None:
    """使已批准的版本生效；也可恢复曾经生效的版本。"""
    _show(session, session.client.post(at(*_VERSIONS, str(number), "put-in-force"), {}))


@lexicon.command("status")
@click.pass_obj
def status(session: Session) -> None:
    """显示企业微信敏感词规则与生效版本是否一致。"""
    found = session.client.get(at(*_SYNC))
    session.show(found, lexicon_tables.sync_status(found))


@lexicon.command("sync")
@click.pass_obj
def sync(session: Session) -> None:
    """立即按生效版本更新企业微信敏感词规则（平时每小时自动核对）。"""
    found = session.client.post(at(*_SYNC), {})
    session.show(found, lexicon_tables.sync_status(found))


@lexicon.command("replay")
@click.argument("number", type=int)
@click.option("--days", type=click.IntRange(1, 31), default=7, show_default=True, help="回溯天数，含今天")
@click.pass_obj
def replay(session: Session, number: int, days: int) -> None:
    """用一个版本重检最近几天的存档消息，与生效版本比较；结果用 replayed 查看。"""
    found = session.client.post(at(*_VERSIONS, str(number), "replays"), {"days": days})
    session.show(found, *lexicon_tables.replay(found))


@lexicon.command("replayed")
@click.argument("number", type=int)
@click.argument("replay_id")
@click.pass_obj
def replayed(session: Session, number: int, replay_id: str) -> None:
    """显示一次重检的进度和结果：各条目新增与消失的命中及其位置，不含原文。"""
    found = session.client.get(at(*_VERSIONS, str(number), "replays", replay_id))
    session.show(found, *lexicon_tables.replay(found))


@lexicon.command("scan")
@click.argument("number", type=int)
@click.argument("text")
@click.option("--direction", type=click.Choice(list(lexicon_tables.DIRECTIONS)), default="both", show_default=True)
@click.pass_obj
def scan(session: Session, number: int, text: str, direction: str) -> None:
    """用一个版本试检一段文字；文字不保存。"""
    asked = {"text": text, "direction": direction}
    found = session.client.post(at(*_VERSIONS, str(number), "scan"), asked)
    session.show(found, lexicon_tables.hits(text, found))


def _show(session: Session, found: Row) -> None:
    session.show(found, lexicon_tables.versions([found]))
