"""Files of archived messages are fetched (SQS, schedule): piece by piece, checked, before WeCom's five days end."""

from typing import Any, Final

from aws_lambda_powertools.utilities.typing import LambdaContext

from scrm.runtime.invocation import entrypoint
from scrm.runtime import batches
from scrm.runtime.lazy_work import LazyWork
from scrm.runtime.ticks import Tick

DUE: Final = "archive_media.due"
WORK: Final = LazyWork({"segment_stored": "archive_media.fetch"}, schedules={DUE: "archive_media.fetch_what_is_left"})


@entrypoint
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> batches.PartialFailures | Tick:  # noqa: ARG001
    told = WORK.tick(event.get("schedule", ""))
    return batches.process(event, WORK.take) if told is None else told
