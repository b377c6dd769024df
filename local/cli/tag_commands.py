"""``scrm tags``: which corp tags new customers get by themselves."""

from typing import Any

import click

from local.cli import tag_tables
from local.cli.client import Row, at
from local.cli.session import LIMIT, NODE, Session

_GROUP = click.option("--group", required=True, help="企业标签组名称")
_TAGS = click.option("--tag", "tags", multiple=True, required=True, help="标签名称；可重复")
_WAYS = click.option("--way", "came_by", multiple=True, help="渠道标识（联系我编号），* 为任一渠道；可重复；不填则不限")
_TIERS = click.option("--tier", "tiers", multiple=True, help="客户等级；可重复；不填则不限")
_MISSING = click.option(
    "--missing", type=click.Choice(["create", "skip"]), default="create", show_default=True, help="企微无此标签时"
)


@click.group("tags")
def tags() -> None:
    """自动标签：新客户按渠道、机构与等级自动打企业标签。"""


@tags.command("list")
@NODE
@LIMIT
@click.pass_obj
def list_rules(session: Session, node_id: str | None, limit: int) -> None:
    """列出一个机构的自动标签规则。"""
    rows = session.client.rows(at("tag-rules"), limit, node_id=node_id)
    session.show(rows, tag_tables.rules(rows))


@tags.command("show")
@click.argument("rule_id")
@click.pass_obj
def show_rule(session: Session, rule_id: str) -> None:
    """显示一条规则及每日打标签客户数。"""
    found = session.client.get(at("tag-rules", rule_id))
    session.show(found, tag_tables.rules([found]), tag_tables.days(found))


@tags.command("draft")
@click.argument("name")
@_GROUP
@_TAGS
@_WAYS
@_TIERS
@_MISSING
@NODE
@click.pass_obj
def draft_rule(session: Session, /, name: str, node_id: str | None, **wish: Any) -> None:
    """起草规则，如：scrm tags draft 大堂客户 --group 来源 --tag 网点大堂 --way way_...；须他人发布后生效。"""
    asked = _wish(name, **wish) | ({"node_id": node_id} if node_id else {})
    _show(session, session.client.post(at("tag-rules"), asked))


@tags.command("edit")
@click.argument("rule_id")
@click.argument("name")
@_GROUP
@_TAGS
@_WAYS
@_TIERS
@_MISSING
@click.pass_obj
def edit_rule(session: Session, /, rule_id: str, name: str, **wish: Any) -> None:
    """修改草稿（整条替换）；已发布的规则不可修改，请另起草一条。"""
    known = session.client.get(at("tag-rules", rule_id))
    _show(session, session.client.put(at("tag-rules", rule_id), {**_wish(name, **wish), "revision": known["revision"]}))


@tags.command("release")
@click.argument("rule_id")
@click.pass_obj
def release_rule(session: Session, rule_id: str) -> None:
    """发布他人起草的规则；此后的新客户自动打标签。"""
    _step(session, rule_id, "release")


@tags.command("retire")
@click.argument("rule_id")
@click.pass_obj
def retire_rule(session: Session, rule_id: str) -> None:
    """停用规则；已打的标签保留。"""
    _step(session, rule_id, "retire")


def _step(session: Session, rule_id: str, step: str) -> None:
    known = session.client.get(at("tag-rules", rule_id))
    _show(session, session.client.post(at("tag-rules", rule_id, step), {"revision": known["revision"]}))


def _show(session: Session, found: Row) -> None:
    session.show(found, tag_tables.rules([found]))


def _wish(
    name: str,
    *,
    group: str,
    tags: tuple[str, ...],
    came_by: tuple[str, ...],
    tiers: tuple[str, ...],
    missing: str,
) -> Row:
    return {
        "name": name,
        "group": group,
        "tags": list(tags),
        "came_by": list(came_by),
        "tiers": list(tiers),
        "missing": missing,
    }
