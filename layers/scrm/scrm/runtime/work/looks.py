"""A send task that WeCom has: ask what became of its customers."""

from scrm.campaign.dispatch_errors import until_current
from scrm.campaign.dispatch_messages import LookRequested
from scrm.runtime.observability import count, logger
from scrm.runtime.wiring import looks as wiring


def take(body: str) -> None:
    message = LookRequested.model_validate_json(body)
    outcome = until_current(lambda: wiring.reconcile().look(message.task_id, asked=message.asked))
    logger.info("task looked at", task_id=message.task_id, outcome=outcome)
    count(outcome.metric)
