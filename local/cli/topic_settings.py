"""What every topic of settings has at the command line: to show it, and to replace it by a JSON file."""

from collections.abc import Callable
from typing import TextIO

import click
from rich.table import Table

from local.cli.client import Row, at
from local.cli.files import parsed
from local.cli.session import Session

type Shown = Callable[[Row], Table]


def settings_of(topic: str, about: str, shown: Shown) -> click.Group:
    """The group ``settings`` of a command; ``about`` is its help, ``shown`` makes the table of the API's answer."""
    group = click.Group("settings", help=about)

    @group.command("show")
    @click.pass_obj
    def show(session: Session) -> None:
        """显示现行规则。"""
        found = session.client.get(at("settings", topic))
        session.show(found, shown(found))

    @group.command("set")
    @click.argument("file", type=click.File("r", encoding="utf-8"))
    @click.pass_obj
    def replace(session: Session, file: TextIO) -> None:
        """用 JSON 文件替换总行设定；未写的项恢复缺省。"""
        known = session.client.get(at("settings", topic))
        written(session, topic, known, parsed(file.read()), shown)

    return group


def written(session: Session, topic: str, known: Row, document: Row, shown: Shown) -> None:
    """Write over the version that was read, so that nobody's change in between is lost."""
    found = session.client.put(at("settings", topic), {"version": known["version"], "settings": document})
    session.show(found, shown(found))


def given_in(known: Row) -> Row:
    """What somebody set, without the defaults; nothing of a stored document that does not fit."""
    return {name: known["settings"][name] for name in known["given"] if known["is_valid"]}
