"""What an operator sees of the two campaigns: audience, sums, tasks, one customer's history, the CSV file."""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from local.cli import audience_tables, campaign_tables, content_tables, pressure_tables, tables
from local.cli.client import at
from local.demo.checks import Check
from local.demo.sending import Sending
from local.demo.sending_checks import Outcome, check_campaigns
from local.demo.stage import HEAD_OFFICE

_TASKS_SHOWN = 8
_SUMS = ("sent", "excluded", "cancelled", "not_confirmed")


def campaigns(console: Console, told: Sending, export: Path) -> Iterator[Check]:
    """Print all of it, then compare it with what is true at WeCom."""
    head_office = told.stage.as_operator(HEAD_OFFICE)
    gift, fund = _outcome(told, told.gift), _outcome(told, told.fund)
    console.print(
        content_tables.steps(head_office.get(at("activities", told.activities[-1], "versions", "1"))["steps"])
    )
    for table in (*audience_tables.preview(told.preview), *campaign_tables.campaign(fund.campaign)):
        console.print(table)
    console.print(campaign_tables.tasks(fund.tasks[:_TASKS_SHOWN]))
    for outcome in (gift, fund):
        for table in campaign_tables.results(outcome.results):
            console.print(table)
    console.print(_sums((gift, fund)))
    twice = min(fund.deferred, default=told.opted_out)
    console.print(campaign_tables.exposures(head_office.get(at("customers", twice, "exposure"))))
    console.print(pressure_tables.customer(head_office.get(at("pressure", "customers", twice)))[1])
    exported = _exported(fund, export)
    told.stage.say(f"逐位客户的结果已导出：{export}，{len(exported)} 行")
    yield from check_campaigns(told, gift, fund, exported)


def _outcome(told: Sending, campaign_id: str) -> Outcome:
    head_office, path = told.stage.as_operator(HEAD_OFFICE), ("campaigns", campaign_id)
    return Outcome(
        head_office.get(at(*path)),
        head_office.get(at(*path, "results")),
        head_office.rows(at(*path, "tasks"), 0),
        head_office.rows(at(*path, "recipients"), 0),
    )


def _sums(outcomes: Sequence[Outcome]) -> Table:
    """Both campaigns side by side: each line adds up."""
    titles = [campaign_tables.RESULTS[state] for state in _SUMS]
    table = tables.titled("两次投放合计", "投放", "受众", "=", *titles, "推迟到下周", "其他结果", "待确认", "尚未规划")
    for outcome in outcomes:
        found, deferred = outcome.results, len(outcome.deferred)
        known = [found["by_state"].get(state, 0) for state in _SUMS]
        others = sum(found["by_state"].values()) - sum(known)
        cells = [*known, deferred, others, found["pending"] - deferred, found["not_planned"]]
        table.add_row(outcome.name, str(found["audience"]), "=", *map(str, cells))
    return table


def _exported(outcome: Outcome, path: Path) -> list[list[str]]:
    """Write the file as ``scrm campaigns results --csv`` does; its lines as they are read again."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8-sig", newline="") as target:
        campaign_tables.write_csv(outcome.recipients, target)
    with path.open(encoding="utf-8-sig", newline="") as source:
        return list(csv.reader(source))[1:]
