"""Campaigns whose time has come, or whose content or product changed: one step at a time."""

from scrm import clock
from scrm.campaign.planner_messages import CampaignDue, ContentRecalled, ProductChanged
from scrm.runtime.observability import count, logger
from scrm.runtime.ticks import Tick, told
from scrm.runtime.wiring import campaign_runs as wiring


def look(body: str) -> None:
    message = CampaignDue.model_validate_json(body)
    campaign = wiring.campaign_run().look(message.campaign_id, clock.now())
    if campaign is not None:
        logger.info("campaign looked at", campaign_id=campaign.campaign_id, state=campaign.state)
        count("CampaignLooked")


def request_due() -> Tick:
    run = wiring.campaign_run()
    found = run.request_due(clock.now())
    count("CampaignLookRequested", found)
    return told(found, run.store.next_due)


def stop_content(body: str) -> None:
    message = ContentRecalled.model_validate_json(body)
    stopped = wiring.campaign_run().stop_content(message.activity_id, message.version, clock.now())
    count("CampaignStoppedByContent", stopped)


def recheck_all(body: str) -> None:  # noqa: ARG001 - it says nothing but its kind
    count("CampaignRecheckRequested", wiring.campaign_run().recheck_all())


def recheck_product(body: str) -> None:
    message = ProductChanged.model_validate_json(body)
    count("CampaignRecheckRequested", wiring.campaign_run().recheck_product(message.product_id))
