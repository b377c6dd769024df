"""``scrm cover``: members on leave, and who acts for them."""

import click

from local.cli import cover_tables
from local.cli.client import at
from local.cli.session import LIMIT, NODE, Session


@click.group("cover")
def cover() -> None:
    """休假成员与代管成员。"""


@cover.command("list")
@NODE
@LIMIT
@click.pass_obj
def list_covers(session: Session, node_id: str | None, limit: int) -> None:
    """列出正在休假与即将休假的成员，先结束的在前。"""
    rows = session.client.rows(at("covers"), limit, node_id=node_id)
    session.show(rows, cover_tables.covers(rows))


@cover.command("show")
@click.argument("userid")
@click.pass_obj
def show_cover(session: Session, userid: str) -> None:
    """一位成员最近一次休假：由谁代管，哪些任务与客户继承转由代管成员处理。"""
    found = session.client.get(at("members", userid, "cover"))
    session.show(found, *cover_tables.cover(found))
