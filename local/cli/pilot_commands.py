"""``scrm pilot``: whether a pilot lasts and shows a result, and the record that lets the bank follow."""

import click

from local.cli import pilot_tables
from local.cli.client import Row, at
from local.cli.session import Session

_NODE = click.argument("node_id")
_THROUGH = click.option("--through", help="截至月份，如 2027-03；缺省为最近一个已结月份")


@click.group("pilot")
def pilot() -> None:
    """试点退出：是否可持续、是否带来业务结果，登记后方可推广。"""


@pilot.command("exit")
@_NODE
@click.option("--review", "review_id", help="为试点登记的复盘编号；缺省则业务结果视为无数据")
@_THROUGH
@click.pass_obj
def show_exit(session: Session, node_id: str, review_id: str | None, through: str | None) -> None:
    """评估一个试点机构：逐项标准、依据与结论。"""
    found = look(session, node_id, review_id, through)
    session.show(found, *pilot_tables.exit_tables(found))


@pilot.command("record")
@_NODE
@click.option("--review", "review_id", required=True, help="为试点登记的复盘编号")
@click.pass_obj
def record(session: Session, node_id: str, review_id: str) -> None:
    """登记已具备推广条件的试点退出：依据即时冻结，推广门槛随之开放。"""
    found = session.client.post(at("pilot-exits"), {"node_id": node_id, "review_id": review_id})
    session.show(found, pilot_tables.records([found]))


@pilot.command("list")
@click.pass_obj
def list_records(session: Session) -> None:
    """列出已登记的试点退出。"""
    rows = session.client.get(at("pilot-exits"))["items"]
    session.show(rows, pilot_tables.records(rows))


@pilot.command("show")
@click.argument("exit_id")
@click.pass_obj
def show_record(session: Session, exit_id: str) -> None:
    """显示一次登记当时的全部依据。"""
    found = session.client.get(at("pilot-exits", exit_id))
    session.show(found, pilot_tables.records([found]), *pilot_tables.exit_tables(found["evidence"]))


def look(session: Session, node_id: str, review_id: str | None, through: str | None = None) -> Row:
    """The exit as the API evaluates it now."""
    return session.client.get(at("nodes", node_id, "pilot-exit"), review_id=review_id, through=through)
