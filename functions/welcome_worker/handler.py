"""Welcome messages (SQS): a customer who just came is greeted within the 20 seconds of his code, or never."""

from datetime import timedelta
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from scrm.runtime.invocation import entrypoint
from scrm.runtime import batches
from scrm.runtime.observability import count, logger, measure
from scrm.runtime.wiring import welcome_worker as wiring
from scrm.welcome.model import WelcomeOutcome


def take(body: str) -> None:
    answer = wiring.welcome_intake().take_body(body)
    count(answer.outcome.value)
    if answer.outcome is WelcomeOutcome.SENT:
        measure("WelcomeAge", answer.age // timedelta(milliseconds=1))
    if answer.reason:
        logger.warning("customer not greeted", outcome=answer.outcome.value, reason=answer.reason)


@entrypoint
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> batches.PartialFailures:  # noqa: ARG001
    return batches.process(event, take)
