"""EventBridge expressions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.simulator.clock import from_iso, to_iso
from local.simulator.schedule import ScheduleExpressionError, next_due

NOW = from_iso("2026-11-21T18:00:00Z")


@pytest.mark.parametrize(
    ("expression", "due"),
    [
        ("rate(1 minute)", "2026-11-21T18:01:00.000Z"),
        ("rate(10 minutes)", "2026-11-21T18:10:00.000Z"),
        ("rate(6 hours)", "2026-11-22T00:00:00.000Z"),
        ("rate(1 day)", "2026-11-22T18:00:00.000Z"),
        ("cron(0 18 * * ? *)", "2026-11-22T18:00:00.000Z"),
        ("cron(0/15 9-17 ? * MON-FRI *)", "2026-11-23T09:00:00.000Z"),
        ("cron(30 2 L * ? *)", "2026-11-30T02:30:00.000Z"),
    ],
)
def test_next_due_time_is_the_first_one_later_than_now(expression: str, due: str) -> None:
    assert to_iso(next_due(expression, NOW)) == due


@pytest.mark.parametrize(
    "expression",
    ["", "rate(0 minutes)", "rate(1 minutes)", "rate(2 minute)", "cron(* * * * * *)", "cron(0 18 * * ?)", "at(x)",
     "cron(0 0 30 2 ? *)"],
)  # fmt: skip
def test_what_eventbridge_refuses_or_what_never_comes_is_an_error(expression: str) -> None:
    with pytest.raises(ScheduleExpressionError):
        next_due(expression, NOW)


@given(st.floats(min_value=0, max_value=4e9), st.sampled_from(["cron(0 18 * * ? *)", "cron(*/7 * * * ? *)"]))
def test_a_due_time_is_always_later_and_repeats_itself(now: float, expression: str) -> None:
    due = next_due(expression, now)

    assert due > now
    assert next_due(expression, due - 1) == due
