"""Facts become counters (schedule); a day is counted anew when an operator asks for it."""

import json
from typing import Any, Final

from aws_lambda_powertools.utilities.typing import LambdaContext

from scrm.runtime.invocation import entrypoint
from scrm.runtime.lazy_work import LazyWork
from scrm.runtime.run_time import invocation
from scrm.runtime.ticks import Tick

COUNT: Final = "kpi_rollup.count"
WORK: Final = LazyWork({"RecountRequested": "counters.recount"}, schedules={COUNT: "counters.count_facts"})


@entrypoint
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> Tick:
    invocation.begins(context.get_remaining_time_in_millis)
    told = WORK.tick(event.get("schedule", ""))
    if told is None:
        WORK.take(json.dumps(event))
    return told or {}
