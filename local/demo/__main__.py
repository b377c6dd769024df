"""``python -m local.demo``: staff changes become completed handovers; exit code 0 only if every figure holds."""

import sys
import time
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from local.bank import demo_world
from local.cli import tables
from local.cli.client import AdminClient
from local.demo.checks import Check, Handover
from local.demo.story import HEAD_OFFICE, DemoFailedError, Story
from local.engine.build import BuildError
from local.engine.deploy import DeployError
from local.engine.processes import ProcessStartError
from local.engine.stack import Stage, running_stack
from local.simulator.control_client import ControlClient

_SHOWN = 5
_STAGES = {
    Stage.STARTING: "启动 AWS 引擎、企业微信模拟器和身份服务",
    Stage.BUILDING: "构建函数和层",
    Stage.DEPLOYING: "部署 infra/template.yaml",
}


def main() -> int:
    console = tables.console()
    began = time.monotonic()

    def say(text: str) -> None:
        console.print(f"[dim][{time.monotonic() - began:5.1f} 秒][/dim] {text}")

    try:
        with running_stack(world=demo_world(), say=lambda stage: say(_STAGES[stage])) as stack:
            control = ControlClient(stack.endpoints.wecom_control_url)
            try:
                story = Story(stack, control, say)
                return tell(console, story, began)
            finally:
                control.close()
    except (BuildError, DeployError, ProcessStartError, DemoFailedError) as error:
        console.print(f"[red]演示中断：{error}[/red]")
        return 1


def tell(console: Console, story: Story, began: float) -> int:
    summary = story.first_sync()
    story.say(
        f"示例银行：{summary['members']} 名成员，{summary['customers']} 位客户，"
        f"{summary['relations']} 条客户关系，{summary['groups']} 个客户群"
    )
    story.days()
    handovers = story.handovers()
    head_office = story.as_operator(HEAD_OFFICE)
    console.print(tables.cases([each.case for each in handovers]))
    for each in handovers:
        show_attention(console, head_office, each)
    console.print(tables.rejections(head_office.rejections(0)))
    checks = list(story.checks(handovers))
    console.print(check_table(checks))
    wrong = sum(not check.holds for check in checks)
    console.print(f"{len(checks) - wrong}/{len(checks)} 项核对通过，用时 {time.monotonic() - began:.0f} 秒")
    return 1 if wrong else 0


def show_attention(console: Console, head_office: AdminClient, each: Handover) -> None:
    """The first few edges somebody must act on."""
    rows = head_office.edges(each.case["case_id"], _SHOWN, state="manual")
    if rows:
        console.print(tables.edges(f"{each.leaver.name} 的客户中需要人工跟进的（前 {len(rows)} 位）", rows))


def check_table(checks: Sequence[Check]) -> Table:
    table = Table(title="核对：产品的说法与企业微信的事实", title_justify="left")
    for heading in ("", "结论", "数字"):
        table.add_column(heading)
    for check in checks:
        table.add_row("[green]✓[/green]" if check.holds else "[red]✗[/red]", check.claim, check.found)
    return table


if __name__ == "__main__":
    sys.exit(main())
