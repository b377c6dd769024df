"""Segments of the archive are screened (SQS): searchable, checked by the lexicon, heard; a schedule tells lost ones."""

from typing import Any, Final

from aws_lambda_powertools.utilities.typing import LambdaContext

from scrm.runtime.invocation import entrypoint
from scrm.runtime import batches
from scrm.runtime.lazy_work import LazyWork
from scrm.runtime.ticks import Tick

WAITING: Final = "archive_screen.waiting"
WORK: Final = LazyWork(
    {"segment_stored": "archive_screening.screen", "lexicon_replay_due": "lexicon_replays.go_on"},
    schedules={WAITING: "archive_screening.tell_again"},
)


@entrypoint
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> batches.PartialFailures | Tick:  # noqa: ARG001
    told = WORK.tick(event.get("schedule", ""))
    return batches.process(event, WORK.take) if told is None else told
