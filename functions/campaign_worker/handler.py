"""Campaign work (SQS): create a send task at WeCom exactly once; have tasks looked at that a change concerns."""

from typing import Any, Final

from aws_lambda_powertools.utilities.typing import LambdaContext

from scrm.runtime.invocation import entrypoint
from scrm.runtime import batches
from scrm.runtime.lazy_work import LazyWork

WORK: Final = LazyWork(
    {
        "send_task_planned": "sends.take",
        "campaign_stopped": "task_changes.stop",
        "campaign_rechecked": "task_changes.recheck_campaign",
        "customer_opted_out": "task_changes.opted_out",
        "customers_changed": "task_changes.recheck_owner",
    }
)


@entrypoint
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> batches.PartialFailures:  # noqa: ARG001
    return batches.process(event, WORK.take)
