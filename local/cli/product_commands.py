"""``scrm products``: the catalogue, and who may offer what."""

import click

from local.cli import content_tables
from local.cli.client import at
from local.cli.session import Session

_UNTIL = click.option("--until", help="到什么时候为止（带时区的 ISO 时间）；缺省无期限")


@click.group("products")
def products() -> None:
    """产品目录与客户经理产品权限。"""


@products.command("list")
@click.pass_obj
def list_products(session: Session) -> None:
    """列出产品目录。"""
    rows = session.client.get(at("products"))["items"]
    session.show(rows, content_tables.products(rows))


@products.command("set")
@click.argument("product_id")
@click.option("--name", required=True, help="产品名称")
@click.option("--risk", type=click.IntRange(1, 5), required=True, help="风险等级 R1 至 R5")
@click.option("--from", "start", required=True, help="起售时间，如 2026-11-01T00:00:00+08:00")
@_UNTIL
@click.option("--needs", "qualifications", multiple=True, help="销售人员所需资格，可多次给出")
@click.option("--version", type=click.IntRange(0), default=0, show_default=True, help="您看到的版本；新产品为 0")
@click.pass_obj
def put_product(  # noqa: PLR0913, PLR0917 - click passes each by name
    session: Session,
    product_id: str,
    name: str,
    risk: int,
    start: str,
    until: str | None,
    qualifications: tuple[str, ...],
    version: int,
) -> None:
    """新增或修改一个产品（总行）。"""
    asked = {
        "name": name,
        "risk": risk,
        "on_sale_from": start,
        "on_sale_until": until,
        "qualifications": [*qualifications],
        "version": version,
    }
    found = session.client.put(at("products", product_id), asked)
    session.show(found, content_tables.products([found]))


@products.command("grant")
@click.argument("product_id")
@click.argument("userids", nargs=-1, required=True)
@click.option("--from", "start", required=True, help="生效时间，如 2026-11-23T00:00:00+08:00")
@_UNTIL
@click.pass_obj
def grant(session: Session, product_id: str, userids: tuple[str, ...], start: str, until: str | None) -> None:
    """为客户经理开通产品权限，一次最多 100 人。"""
    asked = {"product_id": product_id, "userids": [*userids], "effective_from": start, "effective_until": until}
    session.client.post(at("product-permissions"), asked)
    found = [session.client.get(at("product-permissions", userid)) for userid in userids]
    session.show(found, *(table for each in found for table in content_tables.permissions(each)[:1]))


@products.command("withdraw")
@click.argument("product_id")
@click.argument("userid")
@click.pass_obj
def withdraw(session: Session, product_id: str, userid: str) -> None:
    """立即终止一位客户经理的产品权限。"""
    found = session.client.delete(at("product-permissions", userid, "products", product_id))
    session.show(found, *content_tables.permissions(found))


@products.command("qualify")
@click.argument("userid")
@click.argument("code")
@click.option("--until", required=True, help="资格有效期，如 2027-06-30T23:59:59+08:00")
@click.pass_obj
def qualify(session: Session, userid: str, code: str, until: str) -> None:
    """登记一位客户经理的从业资格与有效期。"""
    found = session.client.put(at("product-permissions", userid, "qualifications", code), {"valid_until": until})
    session.show(found, *content_tables.permissions(found))


@products.command("member")
@click.argument("userid")
@click.pass_obj
def show_member(session: Session, userid: str) -> None:
    """显示一位客户经理的产品权限与从业资格。"""
    found = session.client.get(at("product-permissions", userid))
    session.show(found, *content_tables.permissions(found))
