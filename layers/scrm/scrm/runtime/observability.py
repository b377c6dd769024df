"""The one Logger and the one Metrics of a function.

Service and namespace come from ``POWERTOOLS_SERVICE_NAME`` and ``POWERTOOLS_METRICS_NAMESPACE``.
Messages are constant, what varies is a field, and a field is an id: never a name, a phone number, a text,
a token or a whole event.
"""

from aws_lambda_powertools import Logger, Metrics, single_metric
from aws_lambda_powertools.metrics import MetricUnit

logger = Logger()
metrics = Metrics()


def measure(name: str, milliseconds: int) -> None:
    """Add a time to the metric ``name`` of this function, which CloudWatch knows the percentiles of."""
    metrics.add_metric(name, MetricUnit.Milliseconds, milliseconds)


def count(name: str, value: int = 1, **dimensions: str) -> None:
    """Add ``value`` to the metric ``name`` (PascalCase, past tense) of this function.

    With dimensions (``reason="signature"``: few values, no ids) the same figure is also kept per value.
    """
    metrics.add_metric(name, MetricUnit.Count, value)
    if dimensions:
        with single_metric(name, MetricUnit.Count, value) as metric:
            for dimension, text in {"service": logger.service, **dimensions}.items():
                metric.add_dimension(dimension, text)
