"""``scrm review``: cases of hits, complaints and samples, decided by compliance, twice where it matters."""

from typing import TextIO

import click

from local.cli import review_tables
from local.cli.client import Row, at
from local.cli.lexicon_tables import SEVERITIES
from local.cli.session import LIMIT, NODE, Session
from local.cli.topic_settings import settings_of

_CASES = "review-cases"
_CASE = click.argument("case_id")
_WHY = click.option("--note", required=True, help="理由，长期保存，请勿抄录聊天原文")
_CSV = click.option("--csv", "target", type=click.File("w", encoding="utf-8"), help="同时导出为 CSV 文件")
_REMARK = click.option("--note", default="", help="说明，长期保存，请勿抄录聊天原文")


@click.group("review")
def review() -> None:
    """审查案件：敏感词命中、投诉与抽样的领取、认定与复核。"""


@review.command("list")
@click.option("--state", type=click.Choice(list(review_tables.STATES)), help="缺省为全部未结案件")
@click.option("--kind", type=click.Choice(list(review_tables.KINDS)), help="只看某类案件，如 complaint 投诉")
@click.option("--severity", type=click.Choice(list(SEVERITIES)), help="只看某个级别")
@click.option("--only", type=click.Choice(list(review_tables.ONLY)), help="已逾期、本人处理或总行处理的")
@NODE
@LIMIT
@click.pass_obj
def listed(session: Session, /, limit: int, node_id: str | None, **filters: str | None) -> None:
    """列出案件，期限最近的在前。"""
    rows = session.client.rows(at(_CASES), limit, node_id=node_id, **filters)
    session.show(rows, review_tables.cases(rows))


@review.command("show")
@_CASE
@click.pass_obj
def show(session: Session, case_id: str) -> None:
    """显示一个案件的命中与处理过程；聊天原文请按所示编号用 scrm archive show 查阅。"""
    _show(session, session.client.get(at(_CASES, case_id)))


@review.command("claim")
@_CASE
@click.pass_obj
def claim(session: Session, case_id: str) -> None:
    """领取一个案件。"""
    _step(session, case_id, "claim", {})


@review.command("release")
@_CASE
@_REMARK
@click.pass_obj
def release(session: Session, case_id: str, note: str) -> None:
    """退回本人领取的案件。"""
    _step(session, case_id, "release", {"note": note})


@review.command("decide")
@_CASE
@click.argument("disposition", type=click.Choice(list(review_tables.DISPOSITIONS)))
@_WHY
@click.pass_obj
def decide(session: Session, case_id: str, disposition: str, note: str) -> None:
    """认定本人领取的案件；须复核的案件由他人复核后结案。"""
    _step(session, case_id, "decide", {"disposition": disposition, "note": note})


@review.command("confirm")
@_CASE
@_REMARK
@click.pass_obj
def confirm(session: Session, case_id: str, note: str) -> None:
    """复核同意他人的认定。"""
    _step(session, case_id, "confirm", {"note": note})


@review.command("send-back")
@_CASE
@_WHY
@click.pass_obj
def send_back(session: Session, case_id: str, note: str) -> None:
    """复核不同意，案件退回待领取。"""
    _step(session, case_id, "send-back", {"note": note})


@review.command("escalate")
@_CASE
@_WHY
@click.pass_obj
def escalate(session: Session, case_id: str, note: str) -> None:
    """把本人领取的案件上报总行。"""
    _step(session, case_id, "escalate", {"note": note})


@review.command("reassign")
@_CASE
@click.option("--to", required=True, help="接手人的登录标识")
@_WHY
@click.pass_obj
def reassign(session: Session, case_id: str, to: str, note: str) -> None:
    """把案件改派给另一位审查人（总行）。"""
    _step(session, case_id, "reassign", {"to": to, "note": note})


@review.command("report")
@click.option("--from", "first_day", help="起始日，如 2026-11-01；缺省为近 30 天")
@click.option("--until", "last_day", help="截止日，缺省为今天")
@NODE
@_CSV
@click.pass_obj
def report(
    session: Session, first_day: str | None, last_day: str | None, node_id: str | None, target: TextIO | None
) -> None:
    """各机构的结案数、用时与认定，抽样漏检率（含 95% 区间），以及未结案件。"""
    found = session.client.get(at("review-reports"), first_day=first_day, last_day=last_day, node_id=node_id)
    if target is not None:
        target.write(review_tables.report_csv(found))
    session.show(found, *review_tables.report(found))


@review.command("precision")
@click.argument("lexicon_version", type=int)
@_CSV
@click.pass_obj
def precision(session: Session, lexicon_version: int, target: TextIO | None) -> None:
    """一个词库版本中各敏感词的准确率：已结案件里命中属实的比例。"""
    found = session.client.get(at("review-reports", "precision"), lexicon_version=str(lexicon_version))
    if target is not None:
        target.write(review_tables.precision_csv(found))
    session.show(found, review_tables.precision(found))


review.add_command(settings_of("review", "案件时限、复核与抽样比例。", review_tables.settings))


def _step(session: Session, case_id: str, name: str, asked: Row) -> None:
    """Over the case as it is now: what somebody does in between is not overlooked."""
    seen = session.client.get(at(_CASES, case_id))["version"]
    _show(session, session.client.post_over(at(_CASES, case_id, name), asked, seen))


def _show(session: Session, found: Row) -> None:
    session.show(found, *review_tables.case(found))
