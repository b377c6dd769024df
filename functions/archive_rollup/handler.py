"""Approved exports are written (SQS), the archive's index merged and service measured (schedules)."""

from typing import Any, Final

from aws_lambda_powertools.utilities.typing import LambdaContext

from scrm.runtime.invocation import entrypoint
from scrm.runtime import batches
from scrm.runtime.lazy_work import LazyWork
from scrm.runtime.run_time import invocation
from scrm.runtime.ticks import Tick

EXPORTS: Final = "archive_rollup.exports"
MERGE: Final = "archive_rollup.merge"
SERVICE: Final = "archive_rollup.service"
WORK: Final = LazyWork(
    {"export_approved": "rollups.write_export"},
    schedules={EXPORTS: "rollups.write_exports", MERGE: "rollups.merge", SERVICE: "rollups.measure_service"},
)


@entrypoint
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> batches.PartialFailures | Tick:
    invocation.begins(context.get_remaining_time_in_millis)
    told = WORK.tick(event.get("schedule", ""))
    return batches.process(event, WORK.take) if told is None else told
