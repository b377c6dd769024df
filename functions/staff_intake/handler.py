"""Staff changes (SQS): HR events from the bus and address-book callbacks become at most one case per departure."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from scrm.runtime.invocation import entrypoint
from scrm.runtime import batches
from scrm.runtime.observability import count
from scrm.runtime.wiring import staff_intake as wiring


def take(body: str) -> None:
    count(wiring.staff_intake().take(body).value)


@entrypoint
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> batches.PartialFailures:  # noqa: ARG001
    return batches.process(event, take)
