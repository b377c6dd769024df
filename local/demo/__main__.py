"""``python -m local.demo``: staff changes become completed handovers, two campaigns run, a day of conversations is kept
and certified, a year's targets are planned and measured; exit code 0 only if every figure holds."""

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from enum import StrEnum
from pathlib import Path

from rich.console import Console
from rich.table import Table

from local.bank import demo_world
from local.bank.conversations import add_archive
from local.cli import tables
from local.demo import keeping_show, planning_show, sending_show
from local.demo.checks import Check, Handover, check_access, check_handovers, check_month
from local.demo.keeping import Keeping
from local.demo.planning import Planning
from local.demo.sending import Sending
from local.demo.stage import HEAD_OFFICE, DemoFailedError, Stage
from local.demo.story import Story
from local.demo.truth import Corp
from local.engine.build import BuildError
from local.engine.deploy import DeployError
from local.engine.paths import LOCAL
from local.engine.processes import ProcessStartError
from local.engine.queues import depths
from local.engine.stack import Stage as StartUp
from local.engine.stack import running_stack
from local.simulator.control_client import ControlClient

_SHOWN = 5
_STAGES = {
    StartUp.STARTING: "启动 AWS 引擎、企业微信模拟器和身份服务",
    StartUp.BUILDING: "构建函数和层",
    StartUp.DEPLOYING: "部署 infra/template.yaml",
}
_EXPORT = LOCAL / "demo" / "campaign-results.csv"
_REPORT = LOCAL / "demo" / "monthly-report.html"


class Chapter(StrEnum):
    """In the order they are told; the year's targets begin before the others and end after them."""

    HANDOVERS = "handovers"
    CAMPAIGNS = "campaigns"
    ARCHIVE = "archive"
    TARGETS = "targets"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m local.demo", description=__doc__)
    parser.add_argument(
        "--chapter", action="append", choices=[*Chapter], help="this one alone; may be repeated; all if absent"
    )
    chosen = parser.parse_args(arguments)
    world = demo_world()
    add_archive(world, secret="")  # the stack has its own
    console = tables.console()
    began = time.monotonic()

    def say(text: str) -> None:
        console.print(f"[dim][{time.monotonic() - began:5.1f} 秒][/dim] {text}")

    try:
        with running_stack(world=world, say=lambda stage: say(_STAGES[stage])) as stack:
            control = ControlClient(stack.endpoints.wecom_control_url)
            try:
                story = Story(Stage(stack, control, say))
                checks = list(tell(console, story, chosen.chapter or [*Chapter]))
            finally:
                control.close()
    except (BuildError, DeployError, ProcessStartError, DemoFailedError) as error:
        console.print(f"[red]演示中断：{error}[/red]")
        return 1
    console.print(check_table(checks))
    wrong = sum(not check.holds for check in checks)
    console.print(f"{len(checks) - wrong}/{len(checks)} 项核对通过，用时 {time.monotonic() - began:.0f} 秒")
    return 1 if wrong else 0


def tell(console: Console, story: Story, chapters: Sequence[str]) -> Iterator[Check]:
    summary = story.first_sync()
    story.stage.say(
        f"示例银行：{summary['members']} 名成员，{summary['customers']} 位客户，"
        f"{summary['relations']} 条客户关系，{summary['groups']} 个客户群"
    )
    year = Planning(story.stage)
    if Chapter.TARGETS in chapters:
        year.begin()
    if Chapter.HANDOVERS in chapters:
        yield from staff_changes(console, story)
    if Chapter.CAMPAIGNS in chapters:
        yield from campaigns(console, Sending(story.stage), _EXPORT)
    if Chapter.ARCHIVE in chapters:
        yield from conversations(console, Keeping(story.stage, year.silent))
    if Chapter.TARGETS in chapters:
        year.end()
        yield from planning_show.year(console, year, _REPORT)
    yield from check_health(story.stage)


def staff_changes(console: Console, story: Story) -> Iterator[Check]:
    """A month of handovers, shown and checked."""
    story.month()
    handovers = story.handovers()
    head_office = story.stage.as_operator(HEAD_OFFICE)
    console.print(tables.cases([each.case for each in handovers]))
    for each in handovers:
        show_settled_by_hand(console, each)
    console.print(tables.certificates([row for each in handovers for row in each.certificates]))
    console.print(tables.rejections(head_office.rejections(0)))
    console.print(tables.orphans(head_office.orphans(0)))
    yield from handover_checks(story, handovers)


def campaigns(console: Console, told: Sending, export: Path) -> Iterator[Check]:
    """A day of campaigns, shown and checked."""
    told.tell()
    yield from sending_show.campaigns(console, told, export)


def conversations(console: Console, told: Keeping) -> Iterator[Check]:
    """A day of conversations, shown and checked."""
    told.tell()
    yield from keeping_show.conversations(console, told)


def handover_checks(story: Story, handovers: Sequence[Handover]) -> Iterator[Check]:
    """What the product says against what is true at WeCom."""
    stage = story.stage
    head_office = stage.as_operator(HEAD_OFFICE)
    yield from check_handovers(handovers, Corp.now(stage.control))
    yield from check_access(lambda operator: stage.as_operator(operator).cases(0), stage.departments_of_branches())
    on_leave = frozenset({story.cast.on_leave["userid"]})
    takers = frozenset(taker for each in handovers for taker in each.takers)
    yield from check_month(head_office.latest_audit(), head_office.orphans(0), on_leave, takers)
    sources = sorted(row["source"] for row in head_office.rejections(0))
    yield Check("格式不对的事件和名册行被留下等人处理", sources == ["bank.hr", "bank.roster"], "、".join(sources))


def check_health(stage: Stage) -> Iterator[Check]:
    """The stack's own."""
    denied = stage.stack.denied_actions()
    yield Check("没有一次调用超出函数自己的权限", not denied, f"{len(denied)} 次")
    dead = depths(stage.stack.engine, stage.stack.endpoints.resources["dead_letter_queues"].values())
    left = sum(visible + in_flight for visible, in_flight in dead.values())
    yield Check("没有消息落入死信队列", left == 0, f"{left} 条")


def show_settled_by_hand(console: Console, each: Handover) -> None:
    """The first few customers whom people settled."""
    rows = [row for row in each.edges if row["state"] in {"manual", "resolved"}][:_SHOWN]
    if rows:
        console.print(tables.edges(f"{each.leaver.name} 的客户中由人工处理的（前 {len(rows)} 位）", rows))


def check_table(checks: Sequence[Check]) -> Table:
    table = Table(title="核对：产品的说法与企业微信的事实", title_justify="left")
    for heading in ("", "结论", "数字"):
        table.add_column(heading)
    for check in checks:
        table.add_row("[green]✓[/green]" if check.holds else "[red]✗[/red]", check.claim, check.found)
    return table


if __name__ == "__main__":
    sys.exit(main())
