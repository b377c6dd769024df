"""Joins the roll-up of facts to the data bucket and the KPI table."""

import functools

from scrm import clock
from scrm.aws.kpi_recounts import DynamoRecounts
from scrm.aws.kpi_table import DynamoKpiMeasures
from scrm.aws.kpi_windows import BucketCounts, BucketFacts, BucketWindows, RollupChronicle
from scrm.kpi.rollup import RollUp
from scrm.runtime.wiring.tables import bucket, table


@functools.cache
def windows() -> BucketWindows:
    """It keeps the windows that it read, so that a warm start reads none again."""
    return BucketWindows(bucket("DATA_BUCKET"), table("KPI_TABLE"))


def recounts() -> DynamoRecounts:
    return DynamoRecounts(table("KPI_TABLE"))


def rollup() -> RollUp:
    documents, kpi = bucket("DATA_BUCKET"), table("KPI_TABLE")
    return RollUp(
        BucketFacts(documents),
        windows(),
        BucketCounts(documents),
        DynamoKpiMeasures(kpi),
        RollupChronicle(documents, kpi, recounts()),
        clock.now,
    )


def reset() -> None:
    """Forget every built object; for tests."""
    windows.cache_clear()
