"""Pages of the archive are opened (SQS), and rows whose key came later (SQS, schedule).

Review cases that nobody ended in time are looked for as well (schedule).
"""

from typing import Any, Final

from aws_lambda_powertools.utilities.typing import LambdaContext

from scrm.runtime.invocation import entrypoint
from scrm.runtime import batches
from scrm.runtime.lazy_work import LazyWork
from scrm.runtime.ticks import Tick

PARKED: Final = "archive_worker.parked"
OVERDUE_REVIEWS: Final = "archive_worker.overdue_reviews"
WORK: Final = LazyWork(
    {
        "page_stored": "archive_pages.open_page",
        "page_parked": "archive_pages.reopen",
        "reopening_requested": "archive_pages.request_reopening",
    },
    schedules={PARKED: "archive_pages.request_those_with_a_key", OVERDUE_REVIEWS: "overdue_reviews.look"},
)


@entrypoint
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> batches.PartialFailures | Tick:  # noqa: ARG001
    told = WORK.tick(event.get("schedule", ""))
    return batches.process(event, WORK.take) if told is None else told
