"""``scrm welcome``: with which released content new customers are greeted."""

import click

from local.cli import welcome_tables
from local.cli.client import at
from local.cli.session import Session


@click.group("welcome")
def welcome() -> None:
    """欢迎语：按机构和渠道标识设置。"""


@welcome.command("list")
@click.option("--node", "node_id", help="机构；缺省为本人所在机构")
@click.pass_obj
def listed(session: Session, node_id: str | None) -> None:
    """列出一个机构及其上级机构的欢迎语规则。"""
    found = session.client.get(at("welcome-rules"), **({"node_id": node_id} if node_id else {}))
    session.show(found, welcome_tables.rules(found["items"]))


@welcome.command("set")
@click.argument("node_id")
@click.argument("activity_id")
@click.argument("version", type=int)
@click.option("--state", default="", help="联系我渠道标识；缺省为不限")
@click.pass_obj
def put(session: Session, node_id: str, activity_id: str, version: int, state: str) -> None:
    """设置欢迎语：使用已发布内容的一对一版本（总行或分行运营人员）。"""
    known = session.client.get(at("welcome-rules"), node_id=node_id)["items"]
    revision = next((row["revision"] for row in known if (row["node_id"], row["state"]) == (node_id, state)), 0)
    asked = {"state": state, "activity_id": activity_id, "version": version, "revision": revision}
    found = session.client.put(at("welcome-rules", node_id), asked)
    session.show(found, welcome_tables.rules([found]))


@welcome.command("remove")
@click.argument("node_id")
@click.option("--state", default="", help="联系我渠道标识；缺省为不限")
@click.pass_obj
def remove(session: Session, node_id: str, state: str) -> None:
    """删除一条规则；此后适用上级机构的规则。"""
    found = session.client.delete(at("welcome-rules", node_id), state=state)
    session.show(found, welcome_tables.rules([found]))
