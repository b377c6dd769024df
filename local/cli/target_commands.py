"""``scrm target``: a year's targets, how far a node is, its stage, and overrides that a second person approves."""

import csv
from itertools import batched
from typing import TextIO

import click

from local.cli import target_tables
from local.cli.client import Row, at
from local.cli.files import parsed
from local.cli.session import LIMIT, NODE, Session
from local.cli.topic_settings import settings_of

_ROWS_AT_ONCE = 500
_NOTE = click.option("--note", required=True, help="审批意见，长期保存，请勿填写客户个人信息")
_VERSION = click.option("--version", type=click.IntRange(1), help="版本；缺省为生效版本")


@click.group("target")
def target() -> None:
    """年度目标：倒推、分解、进度、阶段与特批。"""


@target.command("list")
@click.argument("year", type=click.IntRange(2020, 2100))
@click.pass_obj
def list_plans(session: Session, year: int) -> None:
    """列出一年的全部目标及其版本。"""
    rows = session.client.get(at("targets"), year=str(year))["items"]
    session.show(rows, target_tables.plans(rows))


@target.command("draft")
@click.argument("file", type=click.File("r", encoding="utf-8"))
@click.pass_obj
def draft(session: Session, file: TextIO) -> None:
    """按 JSON 文件编制目标或其新版本，须由他人批准。"""
    _show_plan(session, session.client.post(at("targets"), parsed(file.read())))


@target.command("approve")
@click.argument("plan_id")
@click.argument("version", type=click.IntRange(1))
@click.pass_obj
def approve(session: Session, plan_id: str, version: int) -> None:
    """批准他人编制的版本：即时生效并冻结。"""
    _show_plan(session, session.client.post(at("targets", plan_id, "versions", str(version), "approval"), {}))


@target.command("reject")
@click.argument("plan_id")
@click.argument("version", type=click.IntRange(1))
@_NOTE
@click.pass_obj
def reject(session: Session, plan_id: str, version: int, note: str) -> None:
    """驳回一个版本，或撤回自己编制的版本。"""
    path = at("targets", plan_id, "versions", str(version), "rejection")
    _show_plan(session, session.client.post(path, {"note": note}))


@target.command("show")
@click.argument("plan_id")
@click.argument("node_id")
@_VERSION
@LIMIT
@click.pass_obj
def show(session: Session, plan_id: str, node_id: str, version: int | None, limit: int) -> None:
    """显示一个机构的目标及其下级分解。"""
    found = session.client.get(at("targets", plan_id, "nodes", node_id), version=_number(version), limit=str(limit))
    session.show(found, *target_tables.node(found))


@target.command("progress")
@click.argument("plan_id")
@click.argument("node_id")
@_VERSION
@click.pass_obj
def progress(session: Session, plan_id: str, node_id: str, version: int | None) -> None:
    """显示一个机构的目标进度与全年预测。"""
    found = session.client.get(at("targets", plan_id, "nodes", node_id, "progress"), version=_number(version))
    session.show(found, target_tables.progress(found))


@target.command("gate")
@click.argument("node_id")
@click.option("--month", help="截至月份，如 2027-03；缺省为本月")
@click.pass_obj
def gate(session: Session, node_id: str, month: str | None) -> None:
    """显示一个机构所处阶段、依据，以及哪些业务指标已纳入考核。"""
    found = session.client.get(at("gates", node_id), month=month)
    session.show(found, *target_tables.gates(found))


@target.command("figures")
@click.argument("file", type=click.File("r", encoding="utf-8-sig"))
@click.option("--month", required=True, help="月份，如 2027-03")
@click.option("--as-of", required=True, help="数据日期，如 2027-03-31")
@click.option("--source", required=True, help="数据来源")
@click.pass_obj
def figures(session: Session, file: TextIO, month: str, as_of: str, source: str) -> None:
    """导入一个月的指标数据（CSV：node_id,kpi,numerator,denominator）。"""
    rows = [_figure(number, row) for number, row in enumerate(csv.DictReader(file), start=2)]
    total: Row = {"rows": 0, "changed": 0}
    for part in batched(rows, _ROWS_AT_ONCE, strict=False):
        asked = {"month": month, "as_of": as_of, "source": source, "rows": list(part)}
        told = session.client.put(at("kpi-figures"), asked)
        total = {name: total[name] + told[name] for name in total}
    session.show(total, target_tables.told(total))


@target.group("override")
def override() -> None:
    """阶段特批：让未达阶段的机构提前考核某项业务指标。"""


@override.command("list")
@NODE
@LIMIT
@click.pass_obj
def list_overrides(session: Session, node_id: str | None, limit: int) -> None:
    """列出阶段特批。"""
    rows = session.client.rows(at("gate-overrides"), limit, node_id=node_id)
    session.show(rows, target_tables.overrides(rows))


@override.command("ask")
@click.argument("kpi")
@click.argument("node_id")
@click.option("--until", "valid_until", required=True, help="有效期，如 2027-06-30T00:00:00+08:00")
@click.option("--reason", required=True, help="理由，长期保存，请勿填写客户个人信息")
@click.pass_obj
def ask(session: Session, kpi: str, node_id: str, valid_until: str, reason: str) -> None:
    """申请阶段特批，须由他人批准。"""
    asked = {"kpi": kpi, "node_id": node_id, "valid_until": valid_until, "reason": reason}
    _show_override(session, session.client.post(at("gate-overrides"), asked))


@override.command("approve")
@click.argument("override_id")
@click.pass_obj
def approve_override(session: Session, override_id: str) -> None:
    """批准他人申请的阶段特批。"""
    _show_override(session, session.client.post(at("gate-overrides", override_id, "approval"), {}))


@override.command("reject")
@click.argument("override_id")
@_NOTE
@click.pass_obj
def reject_override(session: Session, override_id: str, note: str) -> None:
    """驳回阶段特批。"""
    _show_override(session, session.client.post(at("gate-overrides", override_id, "rejection"), {"note": note}))


@override.command("revoke")
@click.argument("override_id")
@_NOTE
@click.pass_obj
def revoke_override(session: Session, override_id: str, note: str) -> None:
    """提前结束已批准的阶段特批。"""
    _show_override(session, session.client.post(at("gate-overrides", override_id, "revocation"), {"note": note}))


target.add_command(settings_of("targets", "阶段与门槛。", target_tables.stages))


def _figure(number: int, row: Row) -> Row:
    try:
        denominator = int(row["denominator"]) if (row.get("denominator") or "").strip() else None
        numerator = int(row["numerator"])
        return {"node_id": row["node_id"], "kpi": row["kpi"], "numerator": numerator, "denominator": denominator}
    except (KeyError, TypeError, ValueError) as error:
        text = f"第 {number} 行无法识别：需要 node_id、kpi、整数 numerator 与可空的整数 denominator"
        raise click.UsageError(text) from error


def _number(version: int | None) -> str | None:
    return None if version is None else str(version)


def _show_plan(session: Session, found: Row) -> None:
    session.show(found, target_tables.plans([found]))


def _show_override(session: Session, found: Row) -> None:
    session.show(found, target_tables.overrides([found]))
