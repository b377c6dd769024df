"""Joins what tells and reports figures; needs ``KPI_TABLE``, ``TARGETS_TABLE``, ``ORG_TABLE`` and ``DATA_BUCKET``."""

import functools
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

from scrm.aws.feed_versions import FeedVersions
from scrm.aws.kpi_table import DynamoKpiMeasures
from scrm.aws.org_table import DynamoOrgRepository
from scrm.aws.target_table import DynamoFigures, DynamoPlans
from scrm.aws.telling_marks import BucketTellingMarks
from scrm.kpi.feeds.datasets import Feed
from scrm.kpi.telling import FigureTelling
from scrm.node_paths import ROOT_NODE_ID
from scrm.runtime.kpi_joins import OrgNodesOfMonth, business_day, urgent_kpis
from scrm.runtime.run_time import invocation
from scrm.runtime.wiring import kpi
from scrm.runtime.wiring import targets as target_wiring
from scrm.runtime.wiring.tables import bucket, table
from scrm.targets.figures import FigureBook

if TYPE_CHECKING:
    from scrm.runtime.wiring.kpi_reports import ReportDesk

_AT_ONCE: Final = 16
_MOST_NODES: Final = 1_000
"""Below a node whose report is made by schedule: ten minutes of reading at most."""


@functools.cache
def _pool() -> ThreadPoolExecutor:
    """Reads and writes wait for DynamoDB; its client is made for several threads."""
    return ThreadPoolExecutor(_AT_ONCE)


def marks() -> BucketTellingMarks:
    return BucketTellingMarks(bucket("DATA_BUCKET"))


def reports() -> "ReportDesk":
    """With what writes Parquet."""
    from scrm.aws.duckdb_engine import DuckDbEngine  # noqa: PLC0415 - few runs find a month to report
    from scrm.runtime.wiring import kpi_reports  # noqa: PLC0415

    return kpi_reports.desk(_MOST_NODES, DuckDbEngine(bucket("DATA_BUCKET")))


def telling() -> FigureTelling:
    """For one run, with the settings in force."""
    rows, documents, settings = table("TARGETS_TABLE"), bucket("DATA_BUCKET"), kpi.reader()
    versions = FeedVersions(documents)
    return FigureTelling(
        measures=DynamoKpiMeasures(table("KPI_TABLE")),
        book=FigureBook(DynamoFigures(rows)),
        nodes=OrgNodesOfMonth(DynamoOrgRepository(table("ORG_TABLE"))),
        marks=marks(),
        catalogue=kpi.catalogue,
        urgent=lambda: urgent_kpis(target_wiring.ladder(), DynamoPlans(rows).of_year(business_day().year)),
        facts_version=lambda month: versions.version(Feed.CUSTOMER_MONTHS, month),
        root_id=ROOT_NODE_ID,
        settled_after_days=lambda: settings.current().settled_after_days,
        has_time=invocation.has_time,
        each=_pool().map,
    )
