"""The archive is pulled (SQS, schedule): page by page into the bucket, one run at a time, then the cursor."""

from typing import Any, Final

from aws_lambda_powertools.utilities.typing import LambdaContext

from scrm.runtime.invocation import entrypoint
from scrm.runtime import batches
from scrm.runtime.lazy_work import LazyWork
from scrm.runtime.run_time import invocation
from scrm.runtime.ticks import Tick

DUE: Final = "archive_intake.due"
SEATS: Final = "archive_intake.seats"
WORK: Final = LazyWork(
    {
        "callback": "archive_pulls.take",
        "pull_requested": "archive_pulls.take",
        "sweep_requested": "archive_pulls.sweep",
        "consents_requested": "archive_seats.go_on",
    },
    schedules={DUE: "archive_pulls.pull_and_sweep", SEATS: "archive_seats.take_over"},
)


@entrypoint
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> batches.PartialFailures | Tick:
    invocation.begins(context.get_remaining_time_in_millis)
    told = WORK.tick(event.get("schedule", ""))
    return batches.process(event, WORK.take) if told is None else told
