"""Bench: CPU of a cold start, from the start of the process to the answer of the first sample event (T4).

Clients are made and requests signed; the network is stubbed at botocore's ``before-send`` and below requests. The
peer is a typical function, measured the same way in the same rounds. Both see the environment of Lambda: outside it the
peer's Tracer would make a client for a sampling service that it never asks in Lambda, and look 20 % dearer.
"""

import statistics
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from local.bench.child import ROOT, run
from local.bench.figure import Figure

ROUNDS = 11
LIMITS = {
    "wecom_callback": 0.50,
    "staff_intake": 0.85,
    "contact_sync": 0.85,
    "handover_worker": 0.85,
    "handover_reconcile": 0.85,
    "admin_api": 0.90,
}
WORKERS = ("staff_intake", "contact_sync", "handover_worker", "handover_reconcile")
PEER = "typical: boto3, Logger, Tracer, Metrics, 30 models, AES"
_QUEUES = "https://sqs.cn-north-1.amazonaws.com.cn/123456789012"

ENVIRONMENT: Mapping[str, str] = {
    # This request is not sampled.
    "AWS_LAMBDA_FUNCTION_NAME": "bench",
    "LAMBDA_TASK_ROOT": str(ROOT),
    "_X_AMZN_TRACE_ID": "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0",
    "POWERTOOLS_SERVICE_NAME": "bench",
    "POWERTOOLS_METRICS_NAMESPACE": "scrm",
    "CORP_ID": "wwSIMCORP0000001",
    "WECOM_BASE_URL": "https://qyapi.weixin.qq.com",
    "WECOM_SECRET_ID": "scrm/wecom",
    "CALLBACK_SECRET_ID": "scrm/callback",
    # The samples carry the time at which they were made.
    "CALLBACK_WINDOW_SECONDS": "3000000000",
    "EVENT_BUS_NAME": "scrm",
    **{f"{name.upper()}_TABLE": name for name in ("platform", "org", "contacts", "handover", "audit")},
    **{f"{name.upper()}_QUEUE_URL": f"{_QUEUES}/{name}" for name in ("staff", "contact", "handover", "reconcile")},
}


class FirstAnswerError(Exception):
    """A function did not answer a sample well, so that its figure would mean nothing."""


def measure() -> list[Figure]:
    samples = first_samples()
    ratios: dict[str, list[float]] = {function: [] for function in samples}
    floors: list[float] = []
    for round_number in range(ROUNDS + 1):
        typical = run("typical", environment=ENVIRONMENT)["cpu_s"]
        floor = run("bare", environment=ENVIRONMENT)["cpu_s"] / typical
        measured = {function: cold_start_s(function, sample) / typical for function, sample in samples.items()}
        if round_number:  # the first one writes byte code
            floors.append(floor)
            for function, ratio in measured.items():
                ratios[function].append(ratio)
    return figures({function: statistics.median(each) for function, each in ratios.items()}, statistics.median(floors))


def figures(ratios: Mapping[str, float], floor: float) -> list[Figure]:
    """One figure per function, and the worst of the workers once more."""
    made = [_figure(function, ratio, LIMITS[function], floor) for function, ratio in ratios.items()]
    workers = [ratios[name] for name in WORKERS if name in ratios]
    return [*made, _figure("worst_worker", max(workers), 0.85, floor)] if workers else made


def first_samples() -> dict[str, str]:
    """For each function the first of its samples, by name, that is answered well. Raises FirstAnswerError."""
    return {function: _first_sample(function) for function in LIMITS if (ROOT / "events" / function).is_dir()}


def _first_sample(function: str) -> str:
    for sample in sorted((ROOT / "events" / function).glob("*.json")):
        if is_answered_well(run("first_answer", function, str(sample), environment=ENVIRONMENT)):
            return str(sample)
    raise FirstAnswerError(f"{function} answers none of its samples well")


def is_answered_well(result: Mapping[str, Any]) -> bool:
    """No error status, no failed record, and AWS was asked for something."""
    answer = result["answer"] or {}
    return (
        answer.get("statusCode", HTTPStatus.OK) == HTTPStatus.OK
        and not answer.get("batchItemFailures")
        and any(result["asked"])
    )


def cold_start_s(function: str, sample: str) -> float:
    result = run("first_answer", function, sample, environment=ENVIRONMENT)
    if not is_answered_well(result):
        raise FirstAnswerError(f"{function}: {result['answer']} after {result['asked']}")
    return float(result["cpu_s"])


def _figure(name: str, value: float, limit: float, floor: float) -> Figure:
    return Figure(f"init_{name}_vs_typical", value, limit, "lower", "ratio of CPU", PEER, floor)
