"""Facts become counters, and days that operators want counted anew are (schedule)."""

import json
from typing import Any, Final

from aws_lambda_powertools.utilities.typing import LambdaContext

from scrm.runtime.invocation import entrypoint
from scrm.runtime.lazy_work import LazyWork
from scrm.runtime.run_time import invocation
from scrm.runtime.ticks import Tick

COUNT: Final = "kpi_rollup.count"
WORK: Final = LazyWork({}, schedules={COUNT: "counters.count_facts"})


@entrypoint
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> Tick:
    invocation.begins(context.get_remaining_time_in_millis)
    told = WORK.tick(event.get("schedule", ""))
    if told is None:
        WORK.take(json.dumps(event))  # refuses it: there are no other kinds
    return told or {}
