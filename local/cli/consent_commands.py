"""``scrm consent``: whether customers let the bank advertise to them."""

from typing import Any

import click

from local.cli import consent_tables
from local.cli.client import at
from local.cli.session import Session
from local.cli.topic_settings import given_in, written


@click.group("consent")
def consent() -> None:
    """客户对营销信息的意愿：查询、登记、链接、参数。"""


@consent.command("show")
@click.argument("external_userid")
@click.pass_obj
def show(session: Session, external_userid: str) -> None:
    """显示一个客户当前的意愿与历次表示。"""
    found = session.client.get(at("consents", external_userid))
    session.show(found, *consent_tables.consent(found))


@consent.command("set")
@click.argument("external_userid")
@click.argument("answer", type=click.Choice(list(consent_tables.ANSWERS)))
@click.option("--said-at", help="客户表示的时间，如 2026-11-26T10:00:00+08:00；缺省为现在")
@click.option("--reference", default="", help="凭证编号（同意时必填），请勿填写客户个人信息")
@click.pass_obj
def record(session: Session, external_userid: str, answer: str, said_at: str | None, reference: str) -> None:
    """登记客户告知本行的意愿；以客户表示的时间为准，最晚的一次有效。"""
    asked = {"answer": answer, "said_at": said_at, "reference": reference}
    found = session.client.put(at("consents", external_userid), asked)
    session.show(found, *consent_tables.consent(found))


@consent.command("link")
@click.argument("external_userid")
@click.pass_obj
def link(session: Session, external_userid: str) -> None:
    """生成客户本人选择是否接收营销信息的页面链接；只可发给该客户。"""
    found = session.client.post(at("consents", external_userid, "link"), {})
    session.show(found, consent_tables.link(found))


@consent.command("settings")
@click.option("--required/--not-required", "required", default=None, help="是否须客户同意方可发送营销信息（仅总行）")
@click.option("--opt-out-tag", "tag_ids", multiple=True, help="表示客户拒绝的企业标签，可重复，替换原有的（仅总行）")
@click.option("--exclude-refusals/--include-refusals", "refusals", default=None, help="拒绝存档的客户是否不再发送")
@click.option("--exclude-no-seat/--include-no-seat", "no_seat", default=None, help="无存档席位的成员是否不得发送")
@click.pass_obj
def settings(
    session: Session,
    required: bool | None,  # noqa: FBT001 - click passes it
    tag_ids: tuple[str, ...],
    refusals: bool | None,  # noqa: FBT001 - as above
    no_seat: bool | None,  # noqa: FBT001 - as above
) -> None:
    """显示或修改客户意愿参数，一分钟内生效。"""
    known = session.client.get(at("settings", "consent"))
    asked = {"consent_required": required, "exclude_archive_refusals": refusals, "exclude_without_seat": no_seat}
    changed: dict[str, Any] = {name: value for name, value in asked.items() if value is not None}
    changed |= {"opt_out_tag_ids": list(tag_ids)} if tag_ids else {}
    if changed:
        written(session, "consent", known, given_in(known) | changed, consent_tables.settings)
    else:
        session.show(known, consent_tables.settings(known))
