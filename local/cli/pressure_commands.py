"""``scrm pressure``: how often customers are touched, and exceptions that a second person approves."""

import click

from local.cli import pressure_tables
from local.cli.client import Row, at
from local.cli.session import LIMIT, NODE, Session
from local.cli.topic_settings import settings_of

_CAPPED = [name for name in pressure_tables.CLASSES if name != "service"]
_NOTE = click.option("--note", required=True, help="审批意见，长期保存，请勿填写客户个人信息")


@click.group("pressure")
def pressure() -> None:
    """触达频次：客户每周被触达的次数、上限与特批。"""


@pressure.command("show")
@click.argument("external_userid")
@click.pass_obj
def show_customer(session: Session, external_userid: str) -> None:
    """显示一个客户每周的触达次数与现行上限。"""
    found = session.client.get(at("pressure", "customers", external_userid))
    session.show(found, *pressure_tables.customer(found))


@pressure.command("exceptions")
@NODE
@LIMIT
@click.pass_obj
def list_exceptions(session: Session, node_id: str | None, limit: int) -> None:
    """列出上限特批。"""
    rows = session.client.rows(at("pressure-exceptions"), limit, node_id=node_id)
    session.show(rows, pressure_tables.exceptions(rows))


@pressure.command("ask")
@click.argument("scope", type=click.Choice(list(pressure_tables.SCOPES)))
@click.argument("subject_id")
@click.option("--cap", "weekly_cap", type=click.IntRange(1, 50), required=True, help="申请的每周上限")
@click.option("--until", "valid_until", required=True, help="有效期，如 2026-12-20T00:00:00+08:00")
@click.option("--reason", required=True, help="理由，长期保存，请勿填写客户个人信息")
@click.option("--class", "pressure_class", type=click.Choice(_CAPPED), default="push", show_default=True, help="渠道")
@click.pass_obj
def ask(
    session: Session,
    scope: str,
    subject_id: str,
    weekly_cap: int,
    valid_until: str,
    reason: str,
    pressure_class: str,
) -> None:
    """为一个客户申请提高每周上限（营销活动由总行申请），须由他人批准。"""
    asked = {
        "scope": scope,
        "subject_id": subject_id,
        "pressure_class": pressure_class,
        "weekly_cap": weekly_cap,
        "valid_until": valid_until,
        "reason": reason,
    }
    _show(session, session.client.post(at("pressure-exceptions"), asked))


@pressure.command("approve")
@click.argument("exception_id")
@click.pass_obj
def approve(session: Session, exception_id: str) -> None:
    """批准他人申请的特批。"""
    _show(session, session.client.post(at("pressure-exceptions", exception_id, "approve"), {}))


@pressure.command("reject")
@click.argument("exception_id")
@_NOTE
@click.pass_obj
def reject(session: Session, exception_id: str, note: str) -> None:
    """驳回一个特批申请。"""
    _show(session, session.client.post(at("pressure-exceptions", exception_id, "reject"), {"note": note}))


@pressure.command("revoke")
@click.argument("exception_id")
@_NOTE
@click.pass_obj
def revoke(session: Session, exception_id: str, note: str) -> None:
    """提前结束一个已批准的特批；已占用的次数不受影响。"""
    _show(session, session.client.post(at("pressure-exceptions", exception_id, "revoke"), {"note": note}))


pressure.add_command(settings_of("pressure", "每周上限与特批范围。", pressure_tables.rules))


def _show(session: Session, found: Row) -> None:
    session.show(found, pressure_tables.exceptions([found]))
