"""One run of the program, and what its commands share."""

import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import click
from rich.table import Table

from local.cli import tables
from local.cli.client import AdminClient
from local.cli.sign_in import sign_in

LIMIT = click.option("--limit", type=click.IntRange(0), default=50, show_default=True, help="最多显示的行数，0 为全部")
NODE = click.option("--node", "node_id", help="只看某个机构（部门编号）及其下级")


@dataclass
class Session:
    """Signs in when the first command needs it."""

    operator: str | None
    as_json: bool

    @cached_property
    def client(self) -> AdminClient:
        return AdminClient(sign_in(self.operator))

    def show(self, answer: Any, *shown: Table) -> None:
        """The answer as JSON if asked for, else as tables."""
        if self.as_json:
            click.echo(json.dumps(answer, ensure_ascii=False, indent=2))
            return
        screen = tables.console()
        for table in shown:
            if table.row_count:
                screen.print(table)
            else:
                screen.print(f"{table.title}：没有记录")
