"""Campaign results (schedule, SQS): every customer of a send task reaches his end; what is due is asked for."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from scrm.runtime.invocation import entrypoint
from scrm.campaign.dispatch_errors import until_current
from scrm.campaign.dispatch_messages import LookRequested
from scrm.runtime import batches
from scrm.runtime.observability import count, logger
from scrm.runtime.wiring import campaign_reconcile as wiring

DUE = "campaign_reconcile.due"


def take(body: str) -> None:
    message = LookRequested.model_validate_json(body)
    outcome = until_current(lambda: wiring.reconcile().look(message.task_id, asked=message.asked))
    logger.info("task looked at", task_id=message.task_id, outcome=outcome)
    count(outcome.metric)


@entrypoint
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> batches.PartialFailures | None:  # noqa: ARG001
    if event.get("schedule") == DUE:
        count("TaskLookRequested", wiring.reconcile().request_due())
        return None
    return batches.process(event, take)
