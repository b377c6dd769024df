"""What every invocation of every function begins and ends with."""

import functools
from collections.abc import Callable, Mapping
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from scrm import clock
from scrm.runtime import cold_start
from scrm.runtime.observability import logger, metrics


def entrypoint[Event: Mapping[str, Any], Answer](
    handler: Callable[[Event, LambdaContext], Answer],
) -> Callable[[Event, LambdaContext], Answer]:
    """Make ``handler`` a Lambda entry point.

    Log keys of the previous invocation are forgotten, the lines of this one carry a correlation id, the clock
    is read once, and what was counted is published even when the handler fails.
    """

    @functools.wraps(handler)
    def invoke(event: Event, context: LambdaContext) -> Answer:
        logger.set_correlation_id(_correlation_id(event, context))
        try:
            clock.refresh()
            return handler(event, context)
        finally:
            if metrics.metric_set:
                metrics.flush_metrics()

    cold_start.finished()
    with_context: Callable[[Event, LambdaContext], Answer] = logger.inject_lambda_context(invoke, clear_state=True)
    return with_context


def _correlation_id(event: Mapping[str, Any], context: LambdaContext) -> str:
    """The id under which the caller knows this work: HTTP API request, bus event, or else the invocation."""
    request = event.get("requestContext")
    known = request.get("requestId") if isinstance(request, Mapping) else event.get("id")
    return known if isinstance(known, str) and known else context.aws_request_id
