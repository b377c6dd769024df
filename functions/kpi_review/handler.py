"""What the figures say of what was done: they are told by node and month, and reviews that are due run (schedules)."""

from typing import Any, Final

from aws_lambda_powertools.utilities.typing import LambdaContext

from scrm.runtime.invocation import entrypoint
from scrm.runtime.lazy_work import LazyWork
from scrm.runtime.run_time import invocation
from scrm.runtime.ticks import Tick

FIGURES: Final = "kpi_review.figures"
REVIEWS: Final = "kpi_review.reviews"
TOUCHES: Final = "kpi_review.touches"
WORK: Final = LazyWork(
    {}, schedules={FIGURES: "figures.tell", REVIEWS: "uplift.run_due", TOUCHES: "uplift.keep_touches"}
)


@entrypoint
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> Tick:
    invocation.begins(context.get_remaining_time_in_millis)
    return WORK.tick(event["schedule"]) or {}
