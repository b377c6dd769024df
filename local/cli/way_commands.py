"""``scrm ways``: contact ways, the codes by which customers come to a node's members."""

from typing import Any

import click

from local.cli import way_tables
from local.cli.client import Row, at
from local.cli.session import LIMIT, NODE, Session

_MEMBERS = click.option("--member", "userids", multiple=True, help="接待成员；可重复")
_DEPARTMENTS = click.option("--department", "department_ids", multiple=True, help="接待部门编号；可重复")
_LAST_DAY = click.option("--last-day", type=click.DateTime(["%Y-%m-%d"]), help="最后有效日（含）；不填则不过期")


@click.group("ways")
def ways() -> None:
    """联系我：渠道二维码的创建、修改与停用。"""


@ways.command("list")
@NODE
@LIMIT
@click.pass_obj
def list_ways(session: Session, node_id: str | None, limit: int) -> None:
    """列出一个机构的联系我，新建的在前。"""
    rows = session.client.rows(at("contact-ways"), limit, node_id=node_id)
    session.show(rows, way_tables.ways(rows))


@ways.command("show")
@click.argument("way_id")
@click.pass_obj
def show_way(session: Session, way_id: str) -> None:
    """显示一个联系我：二维码链接、接待成员、每日新增客户。"""
    found = session.client.get(at("contact-ways", way_id))
    session.show(found, way_tables.way(found), way_tables.days(found))


@ways.command("create")
@click.argument("name")
@_MEMBERS
@_DEPARTMENTS
@click.option("--kind", type=click.Choice(["single", "multi"]), help="单人或多人；缺省按接待人数")
@click.option("--scene", type=click.Choice(["qr", "mini_program"]), default="qr", show_default=True)
@click.option("--verify", is_flag=True, help="须成员确认后才加为好友")
@_LAST_DAY
@NODE
@click.pass_obj
def create_way(session: Session, /, name: str, kind: str | None, scene: str, node_id: str | None, **wish: Any) -> None:
    """新建联系我，如：scrm ways create 网点大堂 --member rm_wang --member rm_li。"""
    asked = _wish(name, **wish)
    alone = len(asked["userids"]) == 1 and not asked["department_ids"]
    asked |= {"kind": kind or ("single" if alone else "multi"), "scene": scene}
    found = session.client.post(at("contact-ways"), asked | ({"node_id": node_id} if node_id else {}))
    session.show(found, way_tables.way(found))


@ways.command("edit")
@click.argument("way_id")
@click.option("--name", help="新名称；不填则不变")
@_MEMBERS
@_DEPARTMENTS
@click.option("--verify/--skip-verify", default=None, help="是否须成员确认；不填则不变")
@_LAST_DAY
@click.pass_obj
def edit_way(session: Session, /, way_id: str, name: str | None, **wish: Any) -> None:
    """修改联系我；二维码不变。不填的项保持不变；给出成员或部门则整体替换。"""
    known = session.client.get(at("contact-ways", way_id))
    if wish["verify"] is None:
        wish["verify"] = not known["skip_verify"]
    asked = _wish(name or known["name"], **wish)
    if not asked["userids"] and not asked["department_ids"]:
        asked |= {"userids": known["userids"], "department_ids": known["department_ids"]}
    asked["last_day"] = asked["last_day"] or known["last_day"]
    found = session.client.put(at("contact-ways", way_id), {**asked, "revision": known["revision"]})
    session.show(found, way_tables.way(found))


@ways.command("end")
@click.argument("way_id")
@click.pass_obj
def end_way(session: Session, way_id: str) -> None:
    """停用联系我：二维码不再可用，已添加的客户不受影响。"""
    found = session.client.delete(at("contact-ways", way_id))
    session.show(found, way_tables.way(found))


def _wish(name: str, *, userids: tuple[str, ...], department_ids: tuple[str, ...], verify: bool, last_day: Any) -> Row:
    return {
        "name": name,
        "userids": list(userids),
        "department_ids": list(department_ids),
        "skip_verify": not verify,
        "last_day": last_day.date().isoformat() if last_day else None,
    }
