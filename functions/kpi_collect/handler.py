"""Usage and coverage (schedule of a morning, SQS): WeCom's statistics are read, relations written, measures stand."""

from typing import Any, Final

from aws_lambda_powertools.utilities.typing import LambdaContext

from scrm.runtime.invocation import entrypoint
from scrm.runtime import batches
from scrm.runtime.lazy_work import LazyWork
from scrm.runtime.run_time import invocation
from scrm.runtime.ticks import Tick

MORNING: Final = "kpi_collect.morning"
WORK: Final = LazyWork(
    {
        "collect_run_due": "collecting.plan",
        "collect_part_due": "collecting.read",
        "collect_run_read": "collecting.measure",
        "collect_coverage_due": "collecting.cover",
        "collect_adds_due": "collecting.judge_adds",
    },
    schedules={MORNING: "collecting.begin"},
)


@entrypoint
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> batches.PartialFailures | Tick:
    invocation.begins(context.get_remaining_time_in_millis)
    told = WORK.tick(event.get("schedule", ""))
    return batches.process(event, WORK.take) if told is None else told
