"""``scrm customer``: who answers for a customer."""

import click

from local.cli import work_tables
from local.cli.session import LIMIT, NODE, Session

_REASON = click.option("--reason", type=click.Choice(list(work_tables.HOLDS)), required=True, help="投诉或调查")


@click.group("customer")
def customer() -> None:
    """客户：责任客户经理、冻结与指定。"""


@customer.command("list")
@click.option("--finding", type=click.Choice(list(work_tables.FINDINGS)), default="gap", show_default=True)
@NODE
@LIMIT
@click.pass_obj
def list_customers(session: Session, finding: str, node_id: str | None, limit: int) -> None:
    """列出客户主数据与企业微信不一致的客户。"""
    rows = session.client.customers(limit, finding, node_id=node_id)
    session.show(rows, work_tables.customers(rows))


@customer.command("show")
@click.argument("external_userid")
@click.pass_obj
def show_customer(session: Session, external_userid: str) -> None:
    """显示一个客户的责任客户经理、依据、跟进人与冻结情况。"""
    found = session.client.customer(external_userid)
    session.show(found, *work_tables.customer(found))


@customer.command("hold")
@click.argument("external_userid")
@_REASON
@click.pass_obj
def hold(session: Session, external_userid: str, reason: str) -> None:
    """冻结：投诉或调查期间不自动转接。"""
    found = session.client.hold(external_userid, reason)
    session.show(found, *work_tables.customer(found))


@customer.command("release")
@click.argument("external_userid")
@_REASON
@click.pass_obj
def release(session: Session, external_userid: str, reason: str) -> None:
    """解除冻结。"""
    found = session.client.release(external_userid, reason)
    session.show(found, *work_tables.customer(found))


@customer.command("assign")
@click.argument("external_userid")
@click.option("--to", "userid", required=True, help="现有的跟进人之一")
@click.pass_obj
def assign(session: Session, external_userid: str, userid: str) -> None:
    """指定责任客户经理，记入审计日志。"""
    found = session.client.assign(external_userid, userid)
    session.show(found, *work_tables.customer(found))
