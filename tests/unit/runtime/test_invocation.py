import gc
import json
from typing import Any

import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext

from scrm.runtime.invocation import entrypoint
from scrm import clock
from scrm.runtime.observability import count, logger, metrics


class Context(LambdaContext):
    function_name = "staff_intake"
    memory_limit_in_mb = 512
    invoked_function_arn = "arn:aws-cn:lambda:cn-north-1:123456789012:function:staff_intake"
    aws_request_id = "req-1"


@pytest.mark.parametrize(
    ("event", "correlation_id"),
    [
        ({"requestContext": {"requestId": "http-1"}}, "http-1"),
        ({"id": "bus-1", "detail": {}}, "bus-1"),
        ({"Records": []}, "req-1"),
        ({"schedule": "handover_reconcile.due"}, "req-1"),
        ({"requestContext": {}}, "req-1"),
    ],
)
def test_lines_carry_the_callers_id(event: dict[str, Any], correlation_id: str) -> None:
    seen: list[object] = []

    @entrypoint
    def handler(_: dict[str, Any], __: LambdaContext) -> None:
        seen.append(logger.get_correlation_id())

    handler(event, Context())

    assert seen == [correlation_id]


def test_keys_of_one_invocation_do_not_reach_the_next() -> None:
    seen: list[set[str]] = []

    @entrypoint
    def handler(event: dict[str, Any], _: LambdaContext) -> None:
        seen.append(set(logger.get_current_keys()))
        logger.append_keys(case_id=event["case_id"])

    handler({"case_id": "case_1"}, Context())
    handler({"case_id": "case_2"}, Context())

    assert "case_id" not in seen[1]
    assert {"function_request_id", "correlation_id"} <= seen[1]


def test_what_was_counted_is_published_even_when_the_handler_fails(capsys: pytest.CaptureFixture[str]) -> None:
    @entrypoint
    def handler(_: dict[str, Any], __: LambdaContext) -> None:
        count("CallbackRejected", 2, reason="stale")
        raise ConnectionError

    with pytest.raises(ConnectionError):
        handler({}, Context())

    by_reason, total = (json.loads(line) for line in capsys.readouterr().out.splitlines()[-2:])
    assert (total["CallbackRejected"], by_reason["CallbackRejected"]) == ([2.0], [2.0])
    assert by_reason["reason"] == "stale"
    assert "reason" not in total
    assert not metrics.metric_set


def test_invocation_that_counts_nothing_is_no_warning(capsys: pytest.CaptureFixture[str]) -> None:
    @entrypoint
    def handler(_: dict[str, Any], __: LambdaContext) -> str:
        return "answer"

    assert handler({}, Context()) == "answer"
    assert capsys.readouterr().out == ""


def test_clock_is_read_once_per_invocation(monkeypatch: pytest.MonkeyPatch) -> None:
    reads: list[None] = []
    monkeypatch.setattr(clock, "refresh", lambda: reads.append(None))

    @entrypoint
    def handler(_: dict[str, Any], __: LambdaContext) -> None:
        count("Handled")

    handler({}, Context())
    handler({}, Context())

    assert len(reads) == 2


def test_garbage_is_collected_again_once_the_handler_is_loaded() -> None:
    gc.disable()

    @entrypoint
    def handler(_: dict[str, Any], __: LambdaContext) -> None: ...

    assert gc.isenabled()
    assert callable(handler)
