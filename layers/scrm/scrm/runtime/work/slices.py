"""A slice of a campaign: its owners become send tasks."""

from scrm import clock
from scrm.campaign.planner_messages import SliceRequested
from scrm.runtime.observability import count, logger
from scrm.runtime.wiring import slices as wiring


def take(body: str) -> None:
    message = SliceRequested.model_validate_json(body)
    planned = wiring.slice_planning().plan(
        message.campaign_id, message.ring, message.number, message.first, clock.now()
    )
    logger.info("slice planned", campaign_id=message.campaign_id, number=message.number, tasks=planned.tasks)
    count("SendPlanned", planned.tasks)
    count("RecipientPlanned", planned.customers)
    count("RecipientExcluded", planned.excluded)
