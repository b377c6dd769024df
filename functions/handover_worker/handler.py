"""Handover work (SQS): plan a case, make one call per chunk of at most 100 customers or group chats."""

from typing import Any, Final

from aws_lambda_powertools.utilities.typing import LambdaContext

from scrm.runtime.invocation import entrypoint
from scrm.runtime import batches
from scrm.runtime.lazy_work import LazyWork

WORK: Final = LazyWork(
    {
        "plan_requested": "plans.take",
        "transfer_requested": "transfers.take",
    }
)


@entrypoint
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> batches.PartialFailures:  # noqa: ARG001
    return batches.process(event, WORK.take)
