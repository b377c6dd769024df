"""What managers see of the year: the plan from above, how far it is, who may go on, and what adding really did."""

from collections.abc import Iterator
from pathlib import Path

from rich.console import Console

from local.cli import kpi_tables, pilot_tables, target_tables, uplift_tables
from local.cli.client import at
from local.demo.checks import Check
from local.demo.planning import BRANCHES, Planning
from local.demo.planning_checks import check_year, read
from local.demo.stage import HEAD_OFFICE

_ROOT = "1"


def year(console: Console, told: Planning, report: Path) -> Iterator[Check]:
    """Print all of it, then compare it with the truth that was planted."""
    found = read(told, report)
    head_office = told.stage.as_operator(HEAD_OFFICE)
    for table in target_tables.node(found.plan):
        console.print(table)
    console.print(target_tables.progress(head_office.get(at("targets", told.plan_id, "nodes", _ROOT, "progress"))))
    console.print(kpi_tables.figures(found.figures))
    for node in BRANCHES:
        for table in target_tables.gates(found.gates[node]):
            console.print(table)
    for table in uplift_tables.result(found.review):
        console.print(table)
    for table in pilot_tables.exit_tables(found.exit):
        console.print(table)
    told.stage.say(f"月报（一个可离线打开的网页）：{report}")
    yield from check_year(told, found)
