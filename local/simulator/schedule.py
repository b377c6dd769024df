"""EventBridge schedule expressions in UTC: ``rate(10 minutes)`` and ``cron(0 18 * * ? *)``."""

import re
from datetime import UTC, datetime

from aws_croniter import AwsCroniter  # type: ignore[import-untyped] # ships no types

_RATE = re.compile(r"rate\((\d+) (minute|hour|day)(s?)\)")
_CRON = re.compile(r"cron\((.+)\)")
_UNIT_SECONDS = {"minute": 60, "hour": 3_600, "day": 86_400}


class ScheduleExpressionError(ValueError):
    """EventBridge would refuse this expression, or it never falls due."""


def next_due(expression: str, after: float) -> float:
    """The first due time later than ``after`` (epoch seconds); a rate counts from ``after``."""
    if rate := _RATE.fullmatch(expression):
        return after + _rate_seconds(rate)
    if cron := _CRON.fullmatch(expression):
        return _cron_due(cron[1], after)
    raise ScheduleExpressionError(f"neither rate(...) nor cron(...): {expression!r}")


def _rate_seconds(rate: re.Match[str]) -> int:
    value = int(rate[1])
    if value < 1 or (value == 1) == bool(rate[3]):
        raise ScheduleExpressionError("a rate is at least 1, singular only for 1")
    return value * _UNIT_SECONDS[rate[2]]


def _cron_due(fields: str, after: float) -> float:
    try:
        due = AwsCroniter(fields).occurrence(datetime.fromtimestamp(after, UTC)).next()
    except Exception as error:  # the parser raises bare Exceptions as well as its own
        raise ScheduleExpressionError(f"not an EventBridge cron expression: {fields!r}") from error
    if due is None:
        raise ScheduleExpressionError(f"never falls due: {fields!r}")
    moment: float = due.timestamp()
    return moment
