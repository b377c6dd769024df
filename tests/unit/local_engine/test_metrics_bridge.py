"""Lines in the embedded metric format become CloudWatch data; every other line is let be."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.engine.metrics_bridge import embedded_metrics


def test_each_metric_in_each_set_of_dimensions_is_told_once() -> None:
    directive = {
        "Namespace": "scrm",
        "Dimensions": [["service"], ["service", "reason"]],
        "Metrics": [{"Name": "CallbackRejected", "Unit": "Count"}, {"Name": "Slow", "Unit": "Milliseconds"}],
    }
    blob = {
        "_aws": {"Timestamp": 1_795_305_258_285, "CloudWatchMetrics": [directive]},
        "service": "wecom_callback",
        "reason": "stale",
        "CallbackRejected": [1.0, 2.0],
        "Slow": 7,
    }

    found = list(embedded_metrics(json.dumps(blob)))

    assert [(namespace, datum["MetricName"], len(datum["Dimensions"])) for namespace, datum in found] == [
        ("scrm", "CallbackRejected", 1),
        ("scrm", "Slow", 1),
        ("scrm", "CallbackRejected", 2),
        ("scrm", "Slow", 2),
    ]
    assert found[0][1]["Values"] == [1.0, 2.0]
    assert found[1][1]["Values"] == [7.0]
    assert found[0][1]["Timestamp"] == datetime(2026, 11, 21, 23, 54, 18, 285_000, tzinfo=UTC)
    assert found[3][1]["Dimensions"] == [
        {"Name": "service", "Value": "wecom_callback"},
        {"Name": "reason", "Value": "stale"},
    ]


@pytest.mark.parametrize(
    "line", ["", "START RequestId", '{"level":"INFO"}', '{"CloudWatchMetrics": ', '["CloudWatchMetrics"]']
)
def test_other_lines_are_no_metrics(line: str) -> None:
    assert list(embedded_metrics(line)) == []


@given(st.text(max_size=200))
def test_no_text_breaks_the_bridge(line: str) -> None:
    assert list(embedded_metrics(line)) == []
