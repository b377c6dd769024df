"""Bench: planning a campaign of a million customers of 3,000 owners: DynamoDB's units, CPU and memory (T6)."""

import json
from collections.abc import Mapping
from typing import Any

from local.bench.child import ROOT, run
from local.bench.figure import Figure
from local.engine.sam_template import load_template

_SIZE = "a customer, 1,002,000 customers of 3,000 owners"


def measure() -> list[Figure]:
    found = run("plan", json.dumps(indexes()))
    return [
        Figure("plan_wru_per_customer", found["wru"], 0.06, "lower", f"write units {_SIZE}", "with indexes"),
        Figure("plan_rru_per_customer", found["rru"], 0.06, "lower", f"read units {_SIZE}", "consistent"),
        Figure("plan_cpu_us_per_item", found["cpu_us"], 12.0, "lower", f"CPU µs {_SIZE}", "without botocore"),
        Figure("plan_memory_mb", found["memory_mb"], 512.0, "lower", "resident MB, 1,002,000 customers", "of a Lambda"),
    ]


def indexes() -> dict[str, list[tuple[str, list[str] | None]]]:
    """Of each table by the template: the key that lets an item into an index, and what the index holds of it."""
    found: dict[str, list[tuple[str, list[str] | None]]] = {}
    for name, resource_ in load_template(ROOT / "infra" / "template.yaml")["Resources"].items():
        if resource_["Type"] == "AWS::DynamoDB::Table":
            described = resource_["Properties"].get("GlobalSecondaryIndexes", [])
            found[name] = [(index["KeySchema"][0]["AttributeName"], _projected(index)) for index in described]
    return found


def _projected(index: Mapping[str, Any]) -> list[str] | None:
    projection = index["Projection"]
    if projection["ProjectionType"] == "ALL":
        return None
    keys = [key["AttributeName"] for key in index["KeySchema"]]
    return ["pk", "sk", *keys, *projection.get("NonKeyAttributes", [])]
