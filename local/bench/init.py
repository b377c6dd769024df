"""Bench: CPU of a cold start, from the start of the process to the answer of the first sample event (T4).

Clients are made and requests signed; the network is stubbed at botocore's ``before-send`` and below requests. The
peer is a typical function, measured the same way in the same rounds. Both see the environment of Lambda: outside it the
peer's Tracer would make a client for a sampling service that it never asks in Lambda, and look 20 % dearer.
"""

import json
import re
import statistics
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from local.bench.answers import answers
from local.bench.child import ROOT, run
from local.bench.figure import Figure

ROUNDS = 11
LIMITS = {
    "wecom_callback": 0.50,
    "staff_intake": 0.85,
    "contact_sync": 0.85,
    "handover_worker": 0.85,
    "handover_reconcile": 0.85,
    "campaign_worker": 0.85,
    "welcome_worker": 0.85,
    "archive_intake": 0.85,
    "archive_worker": 0.85,
    "archive_certify": 0.85,
    "archive_retention": 0.85,
    "archive_screen": 0.85,
    "archive_media": 0.85,
    "campaign_reconcile": 0.85,
    "campaign_planner": 0.85,
    "admin_api": 0.90,
    "archive_api": 0.90,
    "archive_rollup": 0.85,
    "kpi_review": 0.85,
    "kpi_rollup": 0.85,
    "kpi_collect": 0.85,
    "kpi_ingest": 0.85,
    "customer_web": 0.85,
}
USUAL = {
    "admin_api": "list_cases",
    "archive_api": "list_holds",
    "handover_reconcile": "poll_requested",
    "campaign_worker": "send_task_planned",
    "campaign_reconcile": "look_requested",
    "campaign_planner": "campaign_due",
    "welcome_worker": "customer_added_clock_ahead",
    "customer_web": "open_page",
    "archive_intake": "pull_requested",
    "archive_worker": "page_stored",
    "archive_screen": "segment_stored",
    "archive_certify": "due",
    "kpi_ingest": "manifest_uploaded",
    "kpi_collect": "part_statistics_due",  # `morning` does nothing before six in Shanghai
}
"""The sample that stands for a function's usual work, where it is not the first by name."""
CALLS: Mapping[str, str] = {
    "campaign_worker": "externalcontact/add_msg_template",
    "campaign_reconcile": "externalcontact/get_groupmsg_task",
    "kpi_collect": "externalcontact/get_user_behavior_data",
    "welcome_worker": "externalcontact/send_welcome_msg",
}
"""What a sample must call at WeCom: what ends before would say nothing of the client's cost."""
WORKERS = tuple(name for name in LIMITS if name not in {"wecom_callback", "admin_api", "archive_api", "customer_web"})
PEER = "typical: boto3, Logger, Tracer, Metrics, 30 models, AES"
_TEMPLATE = (ROOT / "infra" / "template.yaml").read_text(encoding="utf-8")
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
    "LINK_SECRET_ID": "scrm/links",
    # The samples carry the time at which they were made.
    "CALLBACK_WINDOW_SECONDS": "3000000000",
    "EVENT_BUS_NAME": "scrm",
    "DATA_BUCKET": "scrm-data-123456789012",  # that of the samples; uploads to another one are ignored
    "ARCHIVE_BUCKET": "archive",
    "ARCHIVE_SOURCE": "library",
    "ARCHIVE_LIBRARY_PATH": "/opt/lib/libWeWorkFinanceSdk_C.so",
    "ARCHIVE_PULLS_PER_MINUTE": "600",
    "ARCHIVE_KEYS_SECRET_ID": "scrm/archive-keys",
    "ARCHIVE_LOCK_DAYS": "1827",
    "ARCHIVE_LOCK_MODE": "GOVERNANCE",
    "STATISTICS_HISTORY_DAYS": "180",
    "CERTIFICATE_KEY_ID": "alias/certificates",
    **{name: name.lower() for name in re.findall(r"^ +([A-Z_]+_TABLE): ", _TEMPLATE, re.MULTILINE)},
    **{name: f"{_QUEUES}/{name}" for name in re.findall(r"^ +([A-Z_]+_QUEUE_URL): ", _TEMPLATE, re.MULTILINE)},
}


class FirstAnswerError(Exception):
    """A function did not answer a sample well, so that its figure would mean nothing."""


def measure() -> list[Figure]:
    with TemporaryDirectory() as folder:
        starts = [start for function in LIMITS if (start := _first_start(function, Path(folder)))]
        run("typical", environment=ENVIRONMENT)  # like the starts above: the first run writes byte code
        ratios: dict[str, list[float]] = {start.function: [] for start in starts}
        floors: list[float] = []
        for _ in range(ROUNDS):
            typical = run("typical", environment=ENVIRONMENT)["cpu_s"]
            floors.append(run("bare", environment=ENVIRONMENT)["cpu_s"] / typical)
            for start in starts:
                ratios[start.function].append(start.cpu_s() / typical)
    return figures({function: statistics.median(each) for function, each in ratios.items()}, statistics.median(floors))


def figures(ratios: Mapping[str, float], floor: float) -> list[Figure]:
    """One figure per function, and the worst of the workers once more."""
    made = [_figure(function, ratio, LIMITS[function], floor) for function, ratio in ratios.items()]
    workers = [ratios[name] for name in WORKERS if name in ratios]
    return [*made, _figure("worst_worker", max(workers), 0.85, floor)] if workers else made


@dataclass(frozen=True, slots=True)
class ColdStart:
    """A function, one of its samples, and a file with what AWS and WeCom answer meanwhile."""

    function: str
    sample: Path
    answers: Path

    def result(self) -> dict[str, Any]:
        return run("first_answer", self.function, str(self.sample), str(self.answers), environment=ENVIRONMENT)

    def cpu_s(self) -> float:
        """Raises FirstAnswerError."""
        result = self.result()
        if not self.is_good(result):
            raise FirstAnswerError(f"{self.function}: {result['answer']} after {result['asked']}, {result['called']}")
        return float(result["cpu_s"])

    def is_good(self, result: Mapping[str, Any]) -> bool:
        """Answered well, and WeCom called for what the function is there for."""
        return is_answered_well(result) and ({CALLS[self.function]} if self.function in CALLS else set()) <= set(
            result["called"]
        )


def _first_start(function: str, folder: Path) -> ColdStart | None:
    """With its usual sample, else the first by name, that is answered well; None if it has no samples.

    Raises FirstAnswerError.
    """
    samples = sorted((ROOT / "events" / function).glob(f"{USUAL.get(function, '*')}.json"))
    for sample in samples:
        file = folder / f"{function}-{sample.stem}.json"
        file.write_text(json.dumps(answers(sample)), encoding="utf-8")
        start = ColdStart(function, sample, file)
        if start.is_good(start.result()):
            return start
    if samples:
        raise FirstAnswerError(f"{function} answers none of its samples well")
    return None


def is_answered_well(result: Mapping[str, Any]) -> bool:
    """No error status, no failed record, and AWS was asked for something."""
    answer = result["answer"] or {}
    is_error = answer.get("statusCode", HTTPStatus.OK) != HTTPStatus.OK or answer.get("batchItemFailures")
    return not is_error and bool(result["asked"])


def _figure(name: str, value: float, limit: float, floor: float) -> Figure:
    return Figure(f"init_{name}_vs_typical", value, limit, "lower", "ratio of CPU", PEER, floor)
