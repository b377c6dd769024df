"""``scrm uplift``: reviews of a pilot or a campaign, both figures side by side, and the report of a pilot's end."""

from pathlib import Path
from typing import TextIO

import click

from local.cli import uplift_report, uplift_tables
from local.cli.client import Row, at
from local.cli.files import parsed
from local.cli.pilot_commands import look
from local.cli.session import LIMIT, NODE, Session
from local.cli.topic_settings import settings_of

_REVIEW = click.argument("review_id")
_MONTH = click.argument("month")
_VERSION = click.option("--version", type=click.IntRange(1), help="结果版本；缺省为最新")


@click.group("uplift")
def uplift() -> None:
    """效果复盘：事前登记、到期对比、归因与试点报告。"""


@uplift.command("list")
@click.pass_obj
def list_reviews(session: Session) -> None:
    """列出可见的复盘。"""
    rows = session.client.get(at("uplift-reviews"))["items"]
    session.show(rows, uplift_tables.reviews(rows))


@uplift.command("register")
@click.argument("file", type=click.File("r", encoding="utf-8"))
@click.pass_obj
def register(session: Session, file: TextIO) -> None:
    """按 JSON 文件登记复盘：指标、窗口、门槛即时冻结。"""
    found = session.client.post(at("uplift-reviews"), parsed(file.read()))
    session.show(found, uplift_tables.reviews([found]))


@uplift.command("show")
@_REVIEW
@_VERSION
@click.pass_obj
def show(session: Session, review_id: str, version: int | None) -> None:
    """显示结果：表面差异与调整后差异并列。"""
    found = _result(session, review_id, version)
    session.show(found, *uplift_tables.result(found))


@uplift.command("waits")
@_REVIEW
@click.pass_obj
def waits(session: Session, review_id: str) -> None:
    """说明复盘为何尚无结果：等待窗口结束、对比月份结束或行内数据交付。系统每小时检查一次。"""
    found = session.client.get(at("uplift-reviews", review_id, "waiting"))
    session.show(found, uplift_tables.waits(found))


@uplift.command("segments")
@_REVIEW
@click.option("--by", type=click.Choice(["branch", "tier", "age_band"]), default="branch", help="分组口径")
@_VERSION
@LIMIT
@click.pass_obj
def segments(session: Session, review_id: str, by: str, version: int | None, limit: int) -> None:
    """按机构、客户层级或年龄段显示结果；小样本不显示百分比。"""
    path = at("uplift-reviews", review_id, "segments")
    rows = session.client.rows(path, limit, by=by, version=_number(version))
    session.show(rows, uplift_tables.findings("分组结果", rows))


@uplift.command("returns")
@_REVIEW
@_VERSION
@click.pass_obj
def returns(session: Session, review_id: str, version: int | None) -> None:
    """投入产出：按收益口径折算，附区间。"""
    found = session.client.get(at("uplift-reviews", review_id, "returns"), version=_number(version))
    session.show(found, uplift_tables.returns(found))


@uplift.command("report")
@_REVIEW
@click.option(
    "--out", "target", required=True, type=click.Path(dir_okay=False, path_type=Path), help="写入的 HTML 文件"
)
@_VERSION
@click.option("--exit/--no-exit", "with_exit", default=None, help="是否含试点退出评估；缺省仅试点期机构含")
@click.pass_obj
def report(session: Session, review_id: str, target: Path, version: int | None, *, with_exit: bool | None) -> None:
    """生成试点复盘报告：一个可离线打开的 HTML 文件。"""
    found = _result(session, review_id, version)
    number = str(found["version"])
    by_segment = {
        stratum: session.client.rows(at("uplift-reviews", review_id, "segments"), 0, by=stratum, version=number)
        for stratum in ("branch", "tier")
    }
    money = session.client.get(at("uplift-reviews", review_id, "returns"), version=number)
    pilot = _exit_of(session, found["review"], wanted=with_exit)
    target.write_text(uplift_report.page(found, by_segment, money, pilot), encoding="utf-8")
    click.echo(f"已写入 {target}")


@uplift.command("ledger")
@_MONTH
@click.option("--by", type=click.Choice(["campaign", "content", "channel", "branch"]), default="campaign", help="口径")
@click.option("--kpi", help="只看某项指标；product 为产品持有")
@LIMIT
@click.pass_obj
def ledger(session: Session, month: str, by: str, kpi: str | None, limit: int) -> None:
    """归因台账：一个月的变化归到哪次活动、内容、渠道；含无法归因的部分。"""
    path = at("attribution", month)
    found = session.client.get(path, by=by, kpi=kpi)
    found |= {"items": session.client.rows(path, limit, by=by, kpi=kpi)}
    session.show(found, uplift_tables.ledger(found, by))


@uplift.command("ledger-members")
@_MONTH
@NODE
@LIMIT
@click.pass_obj
def ledger_members(session: Session, month: str, node_id: str | None, limit: int) -> None:
    """归因台账：按客户经理。"""
    rows = session.client.rows(at("attribution", month, "members"), limit, node_id=node_id)
    session.show(rows, uplift_tables.ledger_members(rows))


@uplift.command("ledger-customers")
@_MONTH
@click.argument("campaign_id")
@LIMIT
@click.pass_obj
def ledger_customers(session: Session, month: str, campaign_id: str, limit: int) -> None:
    """归因台账：一次活动下的客户变化与所归触点，变化大者在前。"""
    rows = session.client.rows(at("attribution", month, "campaigns", campaign_id), limit)
    session.show(rows, uplift_tables.ledger_customers(rows))


uplift.add_command(settings_of("uplift", "归因窗口、收益口径与成本。", uplift_tables.settings))


def _result(session: Session, review_id: str, version: int | None) -> Row:
    found: Row = session.client.get(at("uplift-reviews", review_id, "result"), version=_number(version))
    return found


def _exit_of(session: Session, review: Row, *, wanted: bool | None) -> Row | None:
    """Of the review's node; None where nobody wants it, or a review of channels can tell none."""
    if wanted is False or review["kind"] == "channel":
        return None
    found = look(session, review["node_id"], review["review_id"])
    return found if wanted or found["lifecycle"] == "pilot" else None


def _number(version: int | None) -> str | None:
    return None if version is None else str(version)
