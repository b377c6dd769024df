"""Make metrics of what the engine does not: embedded metrics in function logs, and the depth of queues.

On AWS both appear by themselves; here alarms and metric queries would stay empty without them (M10).
"""

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from local.engine.emulator import Engine
from local.engine.queues import depths

_MOST_PER_PUT = 500


class MetricsBridge:
    """Reads on where it stopped; call `step` now and then."""

    def __init__(self, engine: Engine, function_logs: Path, queue_urls: Iterable[str]) -> None:
        self._engine = engine
        self._cloudwatch = engine.client("cloudwatch")
        self._logs = function_logs
        self._queue_urls = list(queue_urls)
        self._read_to: dict[Path, int] = {}

    def step(self) -> int:
        """Publish what is new in the logs and the present depth of every queue; the number of log metrics."""
        found = [entry for path in sorted(self._logs.glob("*.log")) for entry in self._new_metrics(path)]
        by_namespace: dict[str, list[dict[str, Any]]] = {"AWS/SQS": list(self._depth_metrics())}
        for namespace, datum in found:
            by_namespace.setdefault(namespace, []).append(datum)
        for namespace, data in by_namespace.items():
            for start in range(0, len(data), _MOST_PER_PUT):
                self._cloudwatch.put_metric_data(Namespace=namespace, MetricData=data[start : start + _MOST_PER_PUT])
        return len(found)

    def _new_metrics(self, path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
        with path.open("rb") as log:
            log.seek(self._read_to.get(path, 0))
            for line in log:
                if not line.endswith(b"\n"):
                    break  # still being written
                self._read_to[path] = self._read_to.get(path, 0) + len(line)
                yield from embedded_metrics(line.decode("utf-8", errors="replace"))

    def _depth_metrics(self) -> Iterator[dict[str, Any]]:
        for url, (visible, in_flight) in depths(self._engine, self._queue_urls).items():
            dimensions = [{"Name": "QueueName", "Value": url.rsplit("/", 1)[1]}]
            for name, value in (("Visible", visible), ("NotVisible", in_flight)):
                metric = f"ApproximateNumberOfMessages{name}"
                yield {"MetricName": metric, "Value": float(value), "Unit": "Count", "Dimensions": dimensions}


def embedded_metrics(line: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """(namespace, CloudWatch datum) of each metric in one log line of the embedded metric format; none in others."""
    if '"CloudWatchMetrics"' not in line:
        return
    try:
        blob = json.loads(line)
        directives = blob["_aws"]["CloudWatchMetrics"]
    except (ValueError, KeyError, TypeError):
        return
    moment = datetime.fromtimestamp(blob["_aws"]["Timestamp"] / 1000, UTC)
    for directive in directives:
        for names in directive["Dimensions"]:
            dimensions = [{"Name": name, "Value": str(blob[name])} for name in names]
            for metric in directive["Metrics"]:
                told = blob[metric["Name"]]
                yield (
                    directive["Namespace"],
                    {
                        "MetricName": metric["Name"],
                        "Unit": metric.get("Unit", "None"),
                        "Values": [float(value) for value in (told if isinstance(told, list) else [told])],
                        "Timestamp": moment,
                        "Dimensions": dimensions,
                    },
                )
