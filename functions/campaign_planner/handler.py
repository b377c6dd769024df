"""Campaign planning (schedule, SQS): audiences are frozen, owners become send tasks, campaigns take their next step."""

from typing import Any, Final

from aws_lambda_powertools.utilities.typing import LambdaContext

from scrm.runtime.invocation import entrypoint
from scrm.runtime import batches
from scrm.runtime.lazy_work import LazyWork
from scrm.runtime.run_time import invocation
from scrm.runtime.ticks import Tick

DUE: Final = "campaign_planner.due"
WORK: Final = LazyWork(
    {
        "campaign_due": "campaign_runs.look",
        "slice_requested": "slices.take",
        "content_recalled": "campaign_runs.stop_content",
        "sending_stopped": "campaign_runs.recheck_all",
        "product_changed": "campaign_runs.recheck_product",
    },
    schedules={DUE: "campaign_runs.request_due"},
)


@entrypoint
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> batches.PartialFailures | Tick:
    invocation.begins(context.get_remaining_time_in_millis)
    told = WORK.tick(event.get("schedule", ""))
    return batches.process(event, WORK.take) if told is None else told
