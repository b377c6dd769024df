"""A campaign was stopped, a customer opted out or changed hands: have the tasks looked at that it concerns."""

from scrm.campaign.dispatch_messages import CampaignStopped, CustomerOptedOut, CustomersChanged
from scrm.runtime.observability import count, logger
from scrm.runtime.wiring import task_changes as wiring


def stop(body: str) -> None:
    message = CampaignStopped.model_validate_json(body)
    progress = wiring.changes().stop(message.campaign_id, message.part)
    logger.info("campaign stopped", campaign_id=message.campaign_id, left=progress.left, done=progress.done)
    count("TaskRecheckRequested", progress.left)


def opted_out(body: str) -> None:
    message = CustomerOptedOut.model_validate_json(body)
    count("TaskRecheckRequested", wiring.changes().opted_out(message.external_userid, message.member_userids))


def recheck_owner(body: str) -> None:
    message = CustomersChanged.model_validate_json(body)
    count("TaskRecheckRequested", wiring.changes().recheck_owner(message.owner_userid))
