"""``scrm content`` and ``scrm calendar``: what customers are told, and when."""

from typing import TextIO

import click

from local.cli import content_tables
from local.cli.client import Row, at
from local.cli.files import parsed
from local.cli.session import LIMIT, NODE, Session
from local.cli.topic_settings import settings_of

_VERSION = click.option("--version", "number", type=click.IntRange(1), default=1, show_default=True, help="版本")
_NOTE = click.option("--note", required=True, help="意见或原因，长期保存，请勿填写客户个人信息")
_FILE = click.argument("file", type=click.File("r", encoding="utf-8"))


@click.group("content")
def content() -> None:
    """营销内容：制作、消保审查、审批、发布、撤回。"""


@content.command("list")
@click.option("--issued", is_flag=True, help="只看总行统一下发的活动")
@NODE
@LIMIT
@click.pass_obj
def list_activities(
    session: Session,
    issued: bool,  # noqa: FBT001 - click passes it
    node_id: str | None,
    limit: int,
) -> None:
    """列出活动，最近更新的在前。"""
    issuer = "head_office" if issued else "own"
    rows = session.client.rows(at("activities"), limit, issuer=issuer, node_id=node_id)
    session.show(rows, content_tables.activities(rows))


@content.command("show")
@click.argument("activity_id")
@click.option("--version", "number", type=click.IntRange(1), help="显示某一版的全文；缺省列出各版")
@click.pass_obj
def show_activity(session: Session, activity_id: str, number: int | None) -> None:
    """显示一个活动的各版，或某一版的全文与审批过程。"""
    if number is None:
        found = session.client.get(at("activities", activity_id))
        tables = content_tables.activities([found["activity"]]), content_tables.versions(found["versions"])
        session.show(found, *tables)
        return
    _show(session, session.client.get(at("activities", activity_id, "versions", str(number))))


@content.command("create")
@_FILE
@click.pass_obj
def create(session: Session, file: TextIO) -> None:
    """按 JSON 文件制作一个活动的第一版草稿；文件内容见 docs/content.md。"""
    _show(session, session.client.post(at("activities"), parsed(file.read())))


@content.command("import")
@_FILE
@click.pass_obj
def import_activities(session: Session, file: TextIO) -> None:
    """从手机银行、公众号导出的 JSON Lines 文件批量制作草稿，每行一个活动。"""
    rows: list[Row] = []
    for line in filter(str.strip, file):
        made = session.client.post(at("activities"), parsed(line))
        draft = made["draft"]
        changed_at = made["steps"][0]["at"]
        rows.append({**made, "title": draft["title"], "kind": draft["kind"], "versions": 1, "changed_at": changed_at})
    session.show(rows, content_tables.activities(rows))


@content.command("revise")
@click.argument("activity_id")
@_FILE
@click.option("--base", type=click.IntRange(1), required=True, help="在哪一版之后修改：您看到的最新一版")
@click.pass_obj
def revise(session: Session, activity_id: str, file: TextIO, base: int) -> None:
    """制作一个活动的下一版；已有各版不变。"""
    asked = {**parsed(file.read()), "base_version": base}
    _show(session, session.client.post(at("activities", activity_id, "versions"), asked))


@content.command("submit")
@click.argument("activity_id")
@_VERSION
@click.pass_obj
def submit(session: Session, activity_id: str, number: int) -> None:
    """把草稿提交消保审查。"""
    _step(session, activity_id, number, "submit")


@content.command("review")
@click.argument("activity_id")
@_VERSION
@_NOTE
@click.pass_obj
def review(session: Session, activity_id: str, number: int, note: str) -> None:
    """消保审查通过（须为制作人以外的合规人员）。"""
    _step(session, activity_id, number, "review", {"note": note})


@content.command("approve")
@click.argument("activity_id")
@_VERSION
@click.pass_obj
def approve(session: Session, activity_id: str, number: int) -> None:
    """审批通过（须为制作人、审查人以外的第三人）；含禁用表述的不予通过。"""
    _step(session, activity_id, number, "approve")


@content.command("reject")
@click.argument("activity_id")
@_VERSION
@_NOTE
@click.pass_obj
def reject(session: Session, activity_id: str, number: int, note: str) -> None:
    """退回审查中或待审批的一版。"""
    _step(session, activity_id, number, "reject", {"note": note})


@content.command("release")
@click.argument("activity_id")
@_VERSION
@click.pass_obj
def release(session: Session, activity_id: str, number: int) -> None:
    """发布已审批的一版，供投放使用。"""
    _step(session, activity_id, number, "release")


@content.command("recall")
@click.argument("activity_id")
@_VERSION
@_NOTE
@click.pass_obj
def recall(session: Session, activity_id: str, number: int, note: str) -> None:
    """撤回一版，此后不再发送。"""
    _step(session, activity_id, number, "recall", {"note": note})


content.add_command(settings_of("content", "禁用表述等内容规则。", content_tables.rules))


@click.group("calendar")
def calendar() -> None:
    """内容日历：日期、渠道、目标指标，以及一周的指标构成。"""


@calendar.command("show")
@click.option("--week", help="ISO 周，如 2026-W48；缺省为本周")
@NODE
@click.pass_obj
def show_week(session: Session, week: str | None, node_id: str | None) -> None:
    """显示某机构一周的安排，含上级机构的安排。"""
    found = session.client.get(at("calendar"), week=week, node_id=node_id)
    session.show(found, *content_tables.week(found))


@calendar.command("plan")
@click.argument("day", metavar="YYYY-MM-DD")
@click.argument("channel", type=click.Choice(list(content_tables.CHANNELS)))
@click.argument("target_kpi")
@click.option("--activity", "activity_id", default="", help="活动编号")
@click.option("--note", default="", help="备注")
@NODE
@click.pass_obj
def plan(
    session: Session, day: str, channel: str, target_kpi: str, activity_id: str, note: str, node_id: str | None
) -> None:
    """安排一条内容。"""
    asked = {"day": day, "channel": channel, "target_kpi": target_kpi, "activity_id": activity_id, "note": note}
    made = session.client.post(at("calendar"), asked | ({"node_id": node_id} if node_id else {}))
    week: Row = {"week": made["day"], "entries": [made], "mix": []}
    session.show(made, content_tables.week(week)[0])


@calendar.command("drop")
@click.argument("day", metavar="YYYY-MM-DD")
@click.argument("entry_id")
@NODE
@click.pass_obj
def drop(session: Session, day: str, entry_id: str, node_id: str | None) -> None:
    """取消一条安排。"""
    found = session.client.delete(at("calendar", day, entry_id), node_id=node_id)
    session.show(found, *content_tables.week(found))


def _step(session: Session, activity_id: str, number: int, step: str, asked: Row | None = None) -> None:
    _show(session, session.client.post(at("activities", activity_id, "versions", str(number), step), asked or {}))


def _show(session: Session, found: Row) -> None:
    session.show(found, *content_tables.version(found))
