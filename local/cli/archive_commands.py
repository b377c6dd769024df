"""``scrm archive``: how the intake of conversations stands, and what a person may ask of it."""

import click

from local.cli import archive_tables
from local.cli.client import at
from local.cli.session import Session

_INTAKE = at("archive", "intake")


@click.group("archive")
def archive() -> None:
    """会话存档：拉取、解密与搁置。"""


@archive.command("status")
@click.pass_obj
def status(session: Session) -> None:
    """查看拉取进度、最新消息时间和搁置的消息。"""
    found = session.client.get(_INTAKE)
    session.show(found, archive_tables.status(found))


@archive.command("sweep")
@click.pass_obj
def sweep(session: Session) -> None:
    """重新处理超过 15 分钟仍未解密的页（总行运营人员）。"""
    found = session.client.post(at("archive", "intake", "sweep"), {})
    session.show(found, archive_tables.requested("未解密的页将重新处理", found))


@archive.command("reopen")
@click.pass_obj
def reopen(session: Session) -> None:
    """重新尝试解密所有搁置的消息，例如更换错误的私钥之后（总行运营人员）。"""
    found = session.client.post(at("archive", "intake", "reopening"), {})
    session.show(found, archive_tables.requested("搁置的消息将重新尝试解密", found))
