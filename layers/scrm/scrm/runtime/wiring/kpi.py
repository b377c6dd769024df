"""KPIs on their tables; needs ``KPI_TABLE``, ``TARGETS_TABLE`` and ``DATA_BUCKET``."""

import functools

from scrm.aws.feed_versions import FeedVersions
from scrm.aws.kpi_table import DynamoKpiMeasures
from scrm.aws.target_table import DynamoFigures
from scrm.kpi.catalogue import Catalogue
from scrm.kpi.feeds.datasets import CURRENT, Feed
from scrm.kpi.lineage import LineageMeasures
from scrm.kpi.reading import FigureReader
from scrm.node_paths import ROOT_NODE_ID
from scrm.runtime.kpi_joins import business_day, catalogue_of
from scrm.runtime.wiring import bank_settings
from scrm.runtime.wiring.tables import bucket, table
from scrm.settings.kpi import TOPIC, KpiDocument
from scrm.settings.reader import SettingsReader
from scrm.targets.figures import FigureBook


@functools.cache
def reader() -> SettingsReader[KpiDocument]:
    return SettingsReader(bank_settings.store(), TOPIC, KpiDocument, bank_settings.report_invalid)


def catalogue() -> Catalogue:
    """What is in force, at most a minute old."""
    return catalogue_of(reader().current())


def figures() -> FigureReader:
    versions = FeedVersions(bucket("DATA_BUCKET"))

    def feed_version(name: str, month: str) -> int | None:
        if name not in set(Feed):
            return None
        return versions.version(Feed(name), CURRENT if name == Feed.BANK_CUSTOMERS else month)

    return FigureReader(
        LineageMeasures(DynamoKpiMeasures(table("KPI_TABLE")), lambda: reader().current().merged_nodes),
        FigureBook(DynamoFigures(table("TARGETS_TABLE"))),
        catalogue,
        ROOT_NODE_ID,
        business_day,
        feed_version,
    )


def reset() -> None:
    """Forget every built object; for tests."""
    reader.cache_clear()
