"""The archive's evidence is locked for as long as the bank keeps its class (schedule); no other function may lock."""

from typing import Any, Final

from aws_lambda_powertools.utilities.typing import LambdaContext

from scrm.runtime.invocation import entrypoint
from scrm.runtime.lazy_work import LazyWork
from scrm.runtime.run_time import invocation
from scrm.runtime.ticks import Tick

DUE: Final = "archive_retention.due"
WORK: Final = LazyWork({}, schedules={DUE: "archive_locks.extend"})


class UnknownScheduleError(Exception):
    """It was started with something else than its schedule."""


@entrypoint
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> Tick:
    invocation.begins(context.get_remaining_time_in_millis)
    told = WORK.tick(event.get("schedule", ""))
    if told is None:
        raise UnknownScheduleError("archive_retention knows the schedule archive_retention.due alone")
    return told
