"""``scrm kpi feeds``: what the bank delivered, what is published of it, and which rows nobody can use."""

import click

from local.cli import kpi_feed_tables
from local.cli.client import at
from local.cli.session import LIMIT, Session


@click.group("feeds")
def feeds() -> None:
    """行内数据报送：已发布版本、每次报送的结果与问题行报告。"""


@feeds.command("show")
@click.pass_obj
def show(session: Session) -> None:
    """显示每类数据已发布的最新版本与客户身份匹配情况。"""
    found = session.client.get(at("kpi-feeds"))
    session.show(found, kpi_feed_tables.states(found), kpi_feed_tables.links(found))


@feeds.command("deliveries")
@click.option("--month", help="收到的月份（UTC），如 2027-04；缺省为本月")
@LIMIT
@click.pass_obj
def deliveries(session: Session, month: str | None, limit: int) -> None:
    """列出一个月内的报送及其结果，最新的在前。"""
    rows = session.client.rows(at("kpi-feeds", "deliveries"), limit, month=month)
    session.show(rows, kpi_feed_tables.deliveries(rows, month or "本月"))


@feeds.command("report")
@click.argument("entry_id")
@click.pass_obj
def report(session: Session, entry_id: str) -> None:
    """取得一次报送的问题行报告（文件、行号、原因）的下载链接。"""
    found = session.client.get(at("kpi-feeds", "deliveries", entry_id, "report"))
    session.show(found, kpi_feed_tables.report(found))
