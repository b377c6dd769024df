"""What the figures say of what was done: told by node and month, reviewed when due, credited to touches (schedules)."""

from typing import Any, Final

from aws_lambda_powertools.utilities.typing import LambdaContext

from scrm.runtime.invocation import entrypoint
from scrm.runtime.lazy_work import LazyWork
from scrm.runtime.run_time import invocation
from scrm.runtime.ticks import Tick

FIGURES: Final = "kpi_review.figures"
LEDGERS: Final = "kpi_review.ledgers"
REVIEWS: Final = "kpi_review.reviews"
TOUCHES: Final = "kpi_review.touches"
WORK: Final = LazyWork(
    {},
    schedules={
        FIGURES: "figures.tell",
        LEDGERS: "uplift.make_ledgers",
        REVIEWS: "uplift.run_due",
        TOUCHES: "uplift.keep_touches",
    },
)


@entrypoint
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> Tick:
    invocation.begins(context.get_remaining_time_in_millis)
    return WORK.tick(event["schedule"]) or {}
