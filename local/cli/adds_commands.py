"""``scrm adds``: added customers as they were judged, why, and appeals that a second person decides."""

import click

from local.cli import adds_tables
from local.cli.client import Row, at
from local.cli.session import LIMIT, NODE, Session
from local.cli.topic_settings import settings_of

_NOTE = click.option("--note", required=True, help="审批意见，长期保存，请勿填写客户个人信息")


@click.group("adds")
def adds() -> None:
    """有效添加：判定结果、依据与申诉。"""


@adds.command("list")
@click.argument("day")
@click.option("--state", type=click.Choice(list(adds_tables.STATES)), help="只看某种判定结果")
@NODE
@LIMIT
@click.pass_obj
def list_adds(session: Session, day: str, state: str | None, node_id: str | None, limit: int) -> None:
    """列出一天（如 2027-03-10）添加的客户及其判定。"""
    rows = session.client.rows(at("adds"), limit, day=day, state=state, node_id=node_id)
    session.show(rows, adds_tables.judged(rows))


@adds.command("show")
@click.argument("add_ref")
@click.pass_obj
def show(session: Session, add_ref: str) -> None:
    """显示一次添加：每条规则的结论与所见数据，以及申诉。"""
    found = session.client.get(at("adds", add_ref))
    appeals = [found["appeal"]] if found["appeal"] else []
    session.show(found, adds_tables.judged([found]), adds_tables.findings(found), adds_tables.appeals(appeals))


@adds.command("appeals")
@click.option("--month", help="添加所在月份，如 2027-03；缺省为本月")
@click.option("--state", type=click.Choice(list(adds_tables.APPEALS)), help="只看某种状态")
@NODE
@LIMIT
@click.pass_obj
def list_appeals(session: Session, month: str | None, state: str | None, node_id: str | None, limit: int) -> None:
    """列出一个月的申诉。"""
    rows = session.client.rows(at("add-appeals"), limit, month=month, state=state, node_id=node_id)
    session.show(rows, adds_tables.appeals(rows))


@adds.command("appeal")
@click.argument("add_ref")
@click.option("--reason", required=True, help="理由，长期保存，请勿填写客户个人信息")
@click.pass_obj
def appeal(session: Session, add_ref: str, reason: str) -> None:
    """对不计入的添加提出申诉，须由他人审批。"""
    _show_appeal(session, session.client.post(at("adds", add_ref, "appeal"), {"reason": reason}))


@adds.command("approve")
@click.argument("add_ref")
@_NOTE
@click.pass_obj
def approve(session: Session, add_ref: str, note: str) -> None:
    """批准他人的申诉：下一次判定起计入。"""
    _show_appeal(session, session.client.post(at("adds", add_ref, "approval"), {"note": note}))


@adds.command("reject")
@click.argument("add_ref")
@_NOTE
@click.pass_obj
def reject(session: Session, add_ref: str, note: str) -> None:
    """驳回他人的申诉。"""
    _show_appeal(session, session.client.post(at("adds", add_ref, "rejection"), {"note": note}))


adds.add_command(settings_of("adds", "判定规则的限值与申诉期限。", adds_tables.settings))


def _show_appeal(session: Session, found: Row) -> None:
    session.show(found, adds_tables.appeals([found]))
