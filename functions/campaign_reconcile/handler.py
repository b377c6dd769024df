"""Campaign results (schedule, SQS): each customer of a send task gets his end; members' own messages are counted."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from scrm.runtime.invocation import entrypoint
from scrm.campaign.dispatch_errors import until_current
from scrm.pressure.messages import PersonalMessageSeen
from scrm.pressure.personal import PersonalRefusedError
from scrm.runtime import batches
from scrm.runtime.campaign_intake import reconcile_work
from scrm.runtime.observability import count, logger
from scrm.runtime.wiring import campaign_reconcile as wiring

DUE = "campaign_reconcile.due"
PERSONAL = "campaign_reconcile.personal"
MEDIA = "campaign_reconcile.media"


def take(body: str) -> None:
    message = reconcile_work.validate_json(body)
    if isinstance(message, PersonalMessageSeen):
        count_personal(message)
        return
    outcome = until_current(lambda: wiring.reconcile().look(message.task_id, asked=message.asked))
    logger.info("task looked at", task_id=message.task_id, outcome=outcome)
    count(outcome.metric)


def count_personal(message: PersonalMessageSeen) -> None:
    try:
        count("PersonalTouchCounted", wiring.personal_sends().count(message.told()))
    except PersonalRefusedError as refused:
        logger.error("WeCom tells nothing of a member's message", msgid=message.msgid, errcode=refused.errcode)
        count("PersonalMessageRefused")


def refresh_media() -> None:
    found = wiring.media().refresh()
    logger.info("media refreshed", renewed=found.renewed, refused=found.refused, postponed=found.postponed)
    count("MediaRenewed", found.renewed)
    count("MediaRefused", found.refused)


@entrypoint
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> batches.PartialFailures | None:  # noqa: ARG001
    if event.get("schedule") == DUE:
        count("TaskLookRequested", wiring.reconcile().request_due())
        return None
    if event.get("schedule") == PERSONAL:
        count("PersonalMessageSeen", wiring.personal_sends().request_new())
        return None
    if event.get("schedule") == MEDIA:
        refresh_media()
        return None
    return batches.process(event, take)
