"""Days of the archive are certified (schedule): each in order, once, signed with a key that only this function has."""

from typing import Any, Final

from aws_lambda_powertools.utilities.typing import LambdaContext

from scrm.runtime.invocation import entrypoint
from scrm.runtime.lazy_work import LazyWork
from scrm.runtime.ticks import Tick

DUE: Final = "archive_certify.due"
WORK: Final = LazyWork({}, schedules={DUE: "archive_days.certify"})


class UnknownScheduleError(Exception):
    """It was started with something else than its schedule."""


@entrypoint
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> Tick:  # noqa: ARG001
    told = WORK.tick(event.get("schedule", ""))
    if told is None:
        raise UnknownScheduleError("archive_certify knows the schedule archive_certify.due alone")
    return told
