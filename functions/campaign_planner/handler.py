"""Campaign planning (schedule, SQS): audiences are frozen, owners become send tasks, campaigns take their next step."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from scrm.runtime.invocation import entrypoint
from scrm.campaign.planner_messages import CampaignDue, ContentRecalled, SliceRequested, planner_work
from scrm.runtime import batches
from scrm.runtime.observability import count, logger
from scrm.runtime.wiring import campaign_planner as wiring

DUE = "campaign_planner.due"


def take(body: str) -> None:
    message = planner_work.validate_json(body)
    planner = wiring.planner()
    if isinstance(message, CampaignDue):
        campaign = planner.look(message.campaign_id)
        if campaign is not None:
            logger.info("campaign looked at", campaign_id=campaign.campaign_id, state=campaign.state)
            count("CampaignLooked")
    elif isinstance(message, SliceRequested):
        planned = planner.plan(message.campaign_id, message.ring, message.number, message.first)
        logger.info("slice planned", campaign_id=message.campaign_id, number=message.number, tasks=planned.tasks)
        count("SendPlanned", planned.tasks)
        count("RecipientPlanned", planned.customers)
        count("RecipientExcluded", planned.excluded)
    elif isinstance(message, ContentRecalled):
        count("CampaignStoppedByContent", planner.stop_content(message.activity_id, message.version))
    else:
        count("CampaignRecheckRequested", planner.recheck_product(message.product_id))


@entrypoint
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> batches.PartialFailures | None:
    wiring.invocation.begins(context.get_remaining_time_in_millis)
    if event.get("schedule") == DUE:
        count("CampaignLookRequested", wiring.planner().request_due())
        return None
    return batches.process(event, take)
