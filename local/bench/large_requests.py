"""Bench: client CPU of large DynamoDB requests (T5.3)."""

from local.bench.child import run
from local.bench.figure import Figure

FLOOR = {"batch_write_25": 0.008, "transact_write_100": 0.007}
"""Hand-made SigV4 and orjson (T5.3)."""


def measure() -> list[Figure]:
    return [
        Figure(f"dynamodb_{name}_vs_boto3", value, 0.60, "lower", "ratio of CPU", "boto3 as it comes", FLOOR[name])
        for name, value in run("large_requests").items()
    ]
