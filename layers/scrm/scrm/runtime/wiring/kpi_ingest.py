"""Joins the intake of the bank's KPI feeds to the data bucket, the organisation and the KPI table."""

import functools
from collections.abc import Iterator
from typing import Final

from scrm import clock
from scrm.aws.feed_deliveries import FeedDeliveries
from scrm.aws.feed_tables import MEMORY_LIMIT, DuckDbFeedTables
from scrm.aws.feed_versions import FeedVersions
from scrm.aws.kpi_table import DynamoKpiMeasures
from scrm.aws.org_table import DynamoOrgRepository
from scrm.kpi.feeds.intake import FeedIntake, FeedSettings, Place
from scrm.runtime.environment import required
from scrm.runtime.feed_intake import FeedUploads, latest_relations
from scrm.runtime.wiring import bank_settings
from scrm.runtime.wiring.sql_engine import sql_engine
from scrm.runtime.wiring.tables import bucket, table
from scrm.settings.kpi import TOPIC, KpiDocument
from scrm.settings.reader import SettingsReader

_MOST_BYTES: Final = 4 * 1024**3
"""Of published facts and master together on the function's disk."""


@functools.cache
def uploads() -> FeedUploads:
    return FeedUploads(required("DATA_BUCKET"), intake, org())


def intake() -> FeedIntake:
    """For one delivery."""
    documents = bucket("DATA_BUCKET")
    return FeedIntake(
        files=documents,
        tables=DuckDbFeedTables(documents),
        publications=FeedVersions(documents),
        measures=DynamoKpiMeasures(table("KPI_TABLE")),
        engine=sql_engine(_MOST_BYTES, MEMORY_LIMIT),
        log=FeedDeliveries(documents),
        places=places,
        relations=lambda: latest_relations(documents, clock.now()),
        settings=lambda: settings_of(reader()),
        now=clock.now,
    )


@functools.cache
def reader() -> SettingsReader[KpiDocument]:
    return SettingsReader(bank_settings.store(), TOPIC, KpiDocument, bank_settings.report_invalid)


def settings_of(settings_reader: SettingsReader[KpiDocument]) -> FeedSettings:
    """What is in force, at most a minute old."""
    current = settings_reader.current()
    return FeedSettings(current.feed_bad_percent, current.feed_least_percent, current.feed_negative_money)


@functools.cache
def org() -> DynamoOrgRepository:
    return DynamoOrgRepository(table("ORG_TABLE"))


def places() -> Iterator[Place]:
    """Each node by its id and by its branch code; where one's code is another's id, the code counts."""
    nodes = list(org().all_nodes())
    codes = {node.branch_code for node in nodes if node.branch_code}
    yield from ((node.branch_code, node.node_id, node.path) for node in nodes if node.branch_code)
    yield from ((node.node_id, node.node_id, node.path) for node in nodes if node.node_id not in codes)


def reset() -> None:
    """Forget every built object; for tests."""
    uploads.cache_clear()
    org.cache_clear()
    reader.cache_clear()
    bank_settings.reset()
