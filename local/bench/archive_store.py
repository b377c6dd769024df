"""Bench: what a message of the archive costs DynamoDB and S3, and the memory of a page of large messages (O6, T2)."""

import json
from collections import Counter
from collections.abc import Sequence
from tempfile import TemporaryDirectory
from typing import Any, Final

from local.bench.child import run
from local.bench.figure import Figure
from local.bench.plan import indexes

PAGES: Final = 20
_ROWS: Final = 1_000
_STEPS: Final = ("intake", "worker", "screen")
_TABLES: Final = ("PLATFORM", "ARCHIVE", "ORG", "LEXICON", "REVIEW", "CONTACTS", "CONSENT", "AUDIENCE", "AUDIT")
_QUEUES: Final = ("ARCHIVE", "ARCHIVE_INTAKE", "ARCHIVE_SCREEN", "ARCHIVE_MEDIA", "CAMPAIGN")
ENVIRONMENT: Final = {
    **{f"{name}_TABLE": f"{name.title()}Table" for name in _TABLES},
    **{f"{name}_BUCKET": name.lower() for name in ("ARCHIVE", "DATA")},
    **{f"{name}_QUEUE_URL": name.lower() for name in _QUEUES},
    "ARCHIVE_SOURCE": "library",
    "ARCHIVE_LIBRARY_PATH": "/nowhere",
    "ARCHIVE_KEYS_SECRET_ID": "keys",
    "ARCHIVE_PULLS_PER_MINUTE": "4000",
    "CORP_ID": "wwSIMCORP0000001",
    "POWERTOOLS_METRICS_NAMESPACE": "scrm",
    "POWERTOOLS_SERVICE_NAME": "bench",
}


def measure() -> list[Figure]:
    stored = _run([f"draw-{PAGES}-usual", *_STEPS, "rollup"])
    messages = PAGES * _ROWS
    wru = sum((Counter(step["wru"]) for step in stored), Counter()).total() / messages
    puts = sum((Counter(step["puts"]) for step in stored), Counter()).total() / messages
    peaks = [step["peak_mb"] for step in _run(["draw-1-large", *_STEPS])[1:]]
    return [
        Figure(
            "archive_wru_per_message",
            round(wru, 5),
            0.1,
            "lower",
            "write units, full pages of 300,000 members",
            "one message in 1,000 is a case",
        ),
        Figure(
            "archive_s3_puts_per_message",
            round(puts, 5),
            0.01,
            "lower",
            "puts, full pages of 300,000 members",
            f"page, manifest, segment, index, facts; merged once in {PAGES} pages",
        ),
        Figure(
            "archive_peak_mb",
            round(max(peaks), 1),
            512.0,
            "lower",
            "resident MB, a page of 1,000 rows at 50 KB",
            "the largest of intake, worker, screen",
        ),
    ]


def _run(steps: Sequence[str]) -> list[dict[str, Any]]:
    with TemporaryDirectory() as folder:
        return [step_of(folder, step) for step in steps]


def step_of(folder: str, step: str) -> dict[str, Any]:
    """What one function asked and how much memory it took; see the child."""
    return run("archive_store", folder, step, json.dumps(indexes()), environment=ENVIRONMENT, within_s=300)
