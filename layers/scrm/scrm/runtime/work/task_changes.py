"""Something changed: a stop, a product, an opt-out, a new owner, less permission. Have the tasks looked at."""

from scrm.campaign.dispatch_messages import CampaignRechecked, CampaignStopped, CustomerOptedOut, CustomersChanged
from scrm.runtime.observability import count, logger
from scrm.runtime.wiring import task_changes as wiring


def stop(body: str) -> None:
    message = CampaignStopped.model_validate_json(body)
    progress = wiring.changes().stop(message.campaign_id, message.part)
    logger.info("campaign stopped", campaign_id=message.campaign_id, left=progress.left, done=progress.done)
    count("TaskRecheckRequested", progress.left)


def recheck_campaign(body: str) -> None:
    message = CampaignRechecked.model_validate_json(body)
    count("TaskRecheckRequested", wiring.changes().recheck_campaign(message.campaign_id, message.part))


def opted_out(body: str) -> None:
    message = CustomerOptedOut.model_validate_json(body)
    count("TaskRecheckRequested", wiring.changes().opted_out(message.external_userid, message.member_userids))


def recheck_owner(body: str) -> None:
    message = CustomersChanged.model_validate_json(body)
    count("TaskRecheckRequested", wiring.changes().recheck_owner(message.owner_userid))
