"""Campaign results (schedule, SQS): each customer of a send task gets his end; members' own messages are counted."""

from typing import Any, Final

from aws_lambda_powertools.utilities.typing import LambdaContext

from scrm.runtime.invocation import entrypoint
from scrm.runtime import batches
from scrm.runtime.lazy_work import LazyWork
from scrm.runtime.ticks import Tick

DUE: Final = "campaign_reconcile.due"
PERSONAL: Final = "campaign_reconcile.personal"
MEDIA: Final = "campaign_reconcile.media"
WORK: Final = LazyWork(
    {
        "look_requested": "looks.take",
        "personal_message_seen": "personal_sends.take",
    },
    schedules={
        DUE: "due_tasks.request",
        PERSONAL: "personal_sends.request_new",
        MEDIA: "media.refresh",
    },
)


@entrypoint
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> batches.PartialFailures | Tick:  # noqa: ARG001
    told = WORK.tick(event.get("schedule", ""))
    return batches.process(event, WORK.take) if told is None else told
