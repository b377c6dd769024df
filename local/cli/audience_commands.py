"""``scrm audience``: segments of customers, and what an audience would be."""

import hashlib
from pathlib import Path

import click

from local.cli import audience_tables
from local.cli.client import Row, at
from local.cli.session import LIMIT, NODE, Session
from local.cli.topic_settings import settings_of

_RISK = click.option("--risk", type=click.IntRange(1, 5), help="产品风险等级 R1–R5；不填表示不含产品")


@click.group("audience")
def audience() -> None:
    """客群：按行内与企微属性圈选客户。"""


@audience.command("fields")
@click.pass_obj
def list_fields(session: Session) -> None:
    """列出表达式可用的字段、运算符与取值。"""
    found = session.client.get(at("segment-fields"))
    session.show(found, audience_tables.fields(found["items"]))


@audience.command("segments")
@NODE
@LIMIT
@click.pass_obj
def list_segments(session: Session, node_id: str | None, limit: int) -> None:
    """列出一个机构的客群。"""
    rows = session.client.rows(at("segments"), limit, node_id=node_id)
    session.show(rows, audience_tables.segments(rows))


@audience.command("show")
@click.argument("segment_id")
@click.pass_obj
def show_segment(session: Session, segment_id: str) -> None:
    """显示一个客群及其各版本。"""
    found = session.client.get(at("segments", segment_id))
    session.show(found, audience_tables.segments(found["versions"]))


@audience.command("create")
@click.argument("name")
@click.argument("expression")
@NODE
@click.pass_obj
def create_segment(session: Session, name: str, expression: str, node_id: str | None) -> None:
    """新建客群，如：scrm audience create 高净值活跃 'tier = private and activity = active'。"""
    asked = {"name": name, "expression": expression} | ({"node_id": node_id} if node_id else {})
    _show(session, session.client.post(at("segments"), asked))


@audience.command("revise")
@click.argument("segment_id")
@click.argument("expression")
@click.option("--name", help="新名称；不填则不变")
@click.pass_obj
def revise_segment(session: Session, segment_id: str, expression: str, name: str | None) -> None:
    """修改客群，产生新版本；已冻结的营销活动不受影响。"""
    known = session.client.get(at("segments", segment_id))
    asked = {"version": known["version"], "name": name or known["name"], "expression": expression}
    _show(session, session.client.put(at("segments", segment_id), asked))


@audience.command("import")
@click.argument("name")
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--segment", "segment_id", help="作为该客群的新版本；不填则新建客群")
@NODE
@click.pass_obj
def import_list(session: Session, name: str, path: Path, segment_id: str | None, node_id: str | None) -> None:
    """导入客户名单（CSV，须有 external_userid 列，最多十万人）作为客群；无法识别的行另行列出。"""
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    link = session.client.post(at("segment-uploads"), {"size": len(content), "sha256": digest})
    session.client.put_file(link["upload_url"], content)
    asked: Row = {"name": name, "list_sha256": digest}
    if segment_id:
        known = session.client.get(at("segments", segment_id))
        _show(session, session.client.put(at("segments", segment_id), {**asked, "version": known["version"]}))
        return
    _show(session, session.client.post(at("segments"), asked | ({"node_id": node_id} if node_id else {})))


@audience.command("preview")
@click.argument("segment_or_expression")
@NODE
@_RISK
@click.pass_obj
def preview(session: Session, segment_or_expression: str, node_id: str | None, risk: int | None) -> None:
    """试算一个客群或表达式：人数、排除原因与样例，不保存。"""
    what = "segment_id" if segment_or_expression.startswith("seg_") else "expression"
    asked = {what: segment_or_expression, "product_risk": str(risk) if risk else None}
    found = session.client.get(at("audience-preview"), node_id=node_id, **asked)
    session.show(found, *audience_tables.preview(found))


@audience.command("recommend")
@click.argument("external_userid")
@click.pass_obj
def recommend(session: Session, external_userid: str) -> None:
    """一个客户适合的内容：需求分值与理由；被排除的内容不会出现。"""
    found = session.client.get(at("customers", external_userid, "recommendations"))
    session.show(found, audience_tables.recommendations(found))


@audience.command("needs-of")
@click.argument("userid")
@click.option("--limit", type=click.IntRange(1, 100), default=20, show_default=True, help="最多显示的客户数")
@click.pass_obj
def needs_of(session: Session, userid: str, limit: int) -> None:
    """一名客户经理名下需求最迫切的客户，各列最适合的内容。"""
    found = session.client.get(at("members", userid, "recommendations"), limit=str(limit))
    session.show(found, audience_tables.needy_customers(found))


@audience.group("needs")
def needs() -> None:
    """需求规则：什么样的客户需要什么内容。"""


for command in settings_of("needs", "", audience_tables.need_rules).commands.values():
    needs.add_command(command)

audience.add_command(settings_of("audience", "适当性与客户保护规则。", audience_tables.rules))


def _show(session: Session, found: Row) -> None:
    session.show(found, audience_tables.segments([found]))
