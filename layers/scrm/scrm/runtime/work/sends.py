"""A planned send task: create it at WeCom exactly once."""

from scrm.campaign.dispatch_errors import until_current
from scrm.campaign.dispatch_messages import SendTaskPlanned
from scrm.campaign.dispatching import SendOutcome
from scrm.runtime.observability import count, logger
from scrm.runtime.wiring import sends as wiring


def take(body: str) -> None:
    message = SendTaskPlanned.model_validate_json(body)
    outcome = until_current(lambda: wiring.dispatch().take(message.task_id))
    logger.info("task taken", task_id=message.task_id, campaign_id=message.campaign_id, outcome=outcome)
    count(outcome.metric)
    if outcome is SendOutcome.POSTPONED:
        wiring.rest()
