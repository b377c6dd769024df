"""Campaign work (SQS): create a send task at WeCom exactly once; have tasks looked at that a change concerns."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from scrm.runtime.invocation import entrypoint
from scrm.campaign.dispatch_errors import until_current
from scrm.campaign.dispatch_messages import CampaignStopped, CustomerOptedOut, SendTaskPlanned, dispatch_work
from scrm.campaign.dispatching import SendOutcome
from scrm.runtime import batches
from scrm.runtime.observability import count, logger
from scrm.runtime.wiring import campaign_worker as wiring


def take(body: str) -> None:
    message = dispatch_work.validate_json(body)
    if isinstance(message, SendTaskPlanned):
        outcome = until_current(lambda: wiring.dispatch().take(message.task_id))
        logger.info("task taken", task_id=message.task_id, campaign_id=message.campaign_id, outcome=outcome)
        count(outcome.metric)
        if outcome is SendOutcome.POSTPONED:
            wiring.rest()
    elif isinstance(message, CampaignStopped):
        progress = wiring.changes().stop(message.campaign_id, message.part)
        logger.info("campaign stopped", campaign_id=message.campaign_id, left=progress.left, done=progress.done)
        count("TaskRecheckRequested", progress.left)
    elif isinstance(message, CustomerOptedOut):
        count("TaskRecheckRequested", wiring.changes().opted_out(message.external_userid, message.member_userids))
    else:
        count("TaskRecheckRequested", wiring.changes().recheck_owner(message.owner_userid))


@entrypoint
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> batches.PartialFailures:  # noqa: ARG001
    return batches.process(event, take)
