"""``scrm kpi``: what each KPI is, and its figures from a node down to members and facts."""

from pathlib import Path

import click

from local.cli import kpi_tables, tables
from local.cli.client import at
from local.cli.kpi_feed_commands import feeds
from local.cli.session import LIMIT, NODE, Session
from local.cli.topic_settings import settings_of

_MONTH = click.option("--month", help="月份，如 2027-03；缺省为本月")


@click.group("kpi")
def kpi() -> None:
    """指标：口径、数值、下钻与设定。"""


@kpi.command("list")
@_MONTH
@click.pass_obj
def list_kpis(session: Session, month: str | None) -> None:
    """列出指标目录：口径、单位、来源与责任层级。"""
    found = session.client.get(at("kpis"), month=month)
    session.show(found, kpi_tables.catalogue(found))


@kpi.command("figures")
@NODE
@_MONTH
@click.pass_obj
def figures(session: Session, node_id: str | None, month: str | None) -> None:
    """显示一个机构一个月的全部指标。"""
    found = session.client.get(at("kpi-figures"), node_id=node_id, month=month)
    session.show(found, kpi_tables.figures(found))


@kpi.command("show")
@click.argument("name")
@click.argument("node_id")
@_MONTH
@LIMIT
@click.pass_obj
def show(session: Session, name: str, node_id: str, month: str | None, limit: int) -> None:
    """显示一项指标及其下级机构与数据来源。"""
    found = session.client.get(at("kpis", name, "nodes", node_id), month=month, limit=str(limit))
    session.show(found, *kpi_tables.drill(found))


@kpi.command("members")
@click.argument("name")
@click.argument("node_id")
@_MONTH
@click.pass_obj
def members(session: Session, name: str, node_id: str, month: str | None) -> None:
    """显示一项指标在一个机构内各人员的数值。"""
    found = session.client.get(at("kpis", name, "nodes", node_id, "members"), month=month)
    session.show(found, kpi_tables.members(found))


@kpi.command("days")
@click.argument("name")
@click.argument("node_id")
@click.option("--from", "first_day", required=True, help="首日，如 2027-03-01")
@click.option("--to", "last_day", required=True, help="末日，最多 92 天")
@click.pass_obj
def days(session: Session, name: str, node_id: str, first_day: str, last_day: str) -> None:
    """按日显示一项指标。"""
    path = at("kpis", name, "nodes", node_id, "days")
    found = session.client.get(path, first_day=first_day, last_day=last_day)
    session.show(found, kpi_tables.days(found))


@kpi.command("report")
@click.argument("month")
@NODE
@click.option("--make", is_flag=True, help="按当前数据重新生成，再下载")
@click.option("--form", type=click.Choice(["html", "xlsx", "csv", "parquet"]), default="html", show_default=True)
@click.option("--out", "target", required=True, type=click.Path(dir_okay=False, path_type=Path), help="下载到该文件")
@click.pass_obj
def report(
    session: Session,
    month: str,
    node_id: str | None,
    make: bool,  # noqa: FBT001 - click passes it
    form: str,
    target: Path,
) -> None:
    """下载一个机构的月报：网页（html）或表格（xlsx、csv；总行定时任务另生成 parquet）。"""
    if make:
        asked = {"month": month} | ({"node_id": node_id} if node_id else {})
        found = session.client.post(at("kpi-reports"), asked)
    else:
        node = node_id or session.client.me()["node"]["node_id"]
        found = session.client.get(at("kpi-reports", month, "nodes", node))
    if form not in found["links"]:
        raise click.UsageError(f"没有 {form} 格式的文件，现有：{'、'.join(sorted(found['links']))}")
    with target.open("wb") as file:
        session.client.fetch(found["links"][form], file)
    session.show(found, tables.facts("月报已下载", {"机构": found["node_id"], "月份": month, "文件": str(target)}))


@kpi.command("recount")
@click.option("--day", required=True, help="重新统计的业务日，如 2027-03-01，最近 400 天内")
@click.option("--reason", required=True, help="原因，留存备查；勿写客户信息")
@click.pass_obj
def recount(session: Session, day: str, reason: str) -> None:
    """申请按明细事实重新统计一天；下次汇总时执行，结果有变即为该日新版本。"""
    found = session.client.post(at("kpi-recounts"), {"day": day, "reason": reason})
    session.show(found, kpi_tables.recounts([found]))


@kpi.command("recounts")
@click.pass_obj
def recounts(session: Session) -> None:
    """列出等待中与最近完成的重新统计，最新的在前。"""
    found = session.client.get(at("kpi-recounts"))
    session.show(found, kpi_tables.recounts(found["items"]))


kpi.add_command(feeds)
kpi.add_command(settings_of("kpi", "口径、隐藏下限与结账日。", kpi_tables.settings))
