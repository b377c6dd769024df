"""Feeds of the bank through the real function: the engine's bucket, tables and DuckDB."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import quote_plus

import pytest

from functions.kpi_ingest import handler
from local.bank.kpi_feeds import KpiBank, delivery
from local.bank.world import BankSize, bank_world
from scrm import clock
from scrm.aws import session
from scrm.aws.documents import DocumentStore
from scrm.aws.feed_deliveries import FeedDeliveries
from scrm.aws.feed_versions import FeedVersions
from scrm.aws.kpi_table import DynamoKpiMeasures
from scrm.aws.org_table import DynamoOrgRepository
from scrm.aws.settings_table import DynamoSettingsStore
from scrm.aws.table import Table
from scrm.kpi.feeds.datasets import CURRENT, Feed
from scrm.kpi.feeds.intake import Outcome
from scrm.node_paths import path_to
from scrm.org.model import OrgNode
from scrm.runtime.wiring import kpi_ingest as wiring
from tests.engine import EngineTables
from tests.local_bank import Context

pytestmark = pytest.mark.engine
NOW = datetime(2027, 4, 2, 1, 0, tzinfo=UTC)
AT = datetime.fromisoformat("2027-04-01T03:00:00+08:00")
WORLD = bank_world(BankSize(customers=60, rms=6, groups=6), seed=7)
BANK = KpiBank(WORLD)
MASTER = ("bank_customers", "2027-03-31", BANK.master_rows())
MARCH = ("customer_months", "2027-03", BANK.month_rows("2027-03"))


@pytest.fixture
def bucket(tables: EngineTables, data_bucket: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    monkeypatch.setenv("KPI_TABLE", tables.names["KpiTable"])
    monkeypatch.setenv("ORG_TABLE", tables.names["OrgTable"])
    monkeypatch.setenv("PLATFORM_TABLE", tables.names["PlatformTable"])
    session.reset()
    wiring.reset()
    org = DynamoOrgRepository(Table(session.client("dynamodb"), tables.names["OrgTable"]))
    parents = {str(row["id"]): str(row.get("parentid", 0)) for row in WORLD["departments"]}
    for node_id, parent_id in parents.items():
        org.put_node(OrgNode(node_id, "", path_to(node_id, parents), parent_id), None)
    yield data_bucket
    session.reset()
    wiring.reset()


@pytest.fixture
def documents(bucket: str) -> DocumentStore:
    return DocumentStore(lambda: session.client("s3"), bucket)


def put(documents: DocumentStore, folder: str, feed: str, period: str, rows: Any, at: datetime = AT) -> None:
    """The bank puts a delivery."""
    for name, content in delivery(feed, period, rows, at, "gb18030").items():
        documents.put(f"{folder}{name}", content, "application/octet-stream")


def told(bucket: str, folder: str, at: datetime = AT, **more: str) -> Any:
    """S3 tells of its manifest."""
    uploaded = {"key": quote_plus(f"{folder}manifest.json", safe="/"), **more}
    body = {"Records": [{"eventTime": clock.to_iso(at), "s3": {"bucket": {"name": bucket}, "object": uploaded}}]}
    record = {"messageId": "m1", "body": json.dumps(body)}
    return handler.lambda_handler({"Records": [record]}, Context())  # type: ignore[arg-type]


def deliver(documents: DocumentStore, bucket: str, feed: str, period: str, rows: Any, at: datetime = AT) -> Any:
    folder = f"kpi/incoming/{feed} {period}/"
    put(documents, folder, feed, period, rows, at)
    return told(bucket, folder, at)


def test_a_delivery_told_twice_is_published_once_and_measured_at_every_node(
    documents: DocumentStore, bucket: str, tables: EngineTables
) -> None:
    for delivered in (MASTER, MARCH, MARCH):
        assert deliver(documents, bucket, *delivered) == {"batchItemFailures": []}

    versions = FeedVersions(documents)
    assert versions.version(Feed.BANK_CUSTOMERS, CURRENT) == versions.version(Feed.CUSTOMER_MONTHS, "2027-03") == 1
    day = date(2027, 3, 31)
    measures = DynamoKpiMeasures(Table(session.client("dynamodb"), tables.names["KpiTable"]))
    whole = measures.of_days("1", day, day)[day]
    assert whole["fact_customers"] == len(MARCH[2])
    assert whole["aum_fen"] == sum(int(row["aum_fen"]) for row in MARCH[2])
    outcomes = [found.outcome for _, found in FeedDeliveries(documents).page("2027-03", None, 10).items]
    assert outcomes == [Outcome.PUBLISHED, Outcome.PUBLISHED]


def test_a_manifest_that_another_one_replaced_before_it_was_read_is_taken_all_the_same(
    documents: DocumentStore, bucket: str, tables: EngineTables
) -> None:
    s3 = tables.engine.client("s3")
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    folder, put_as = "kpi/incoming/everything/", []
    for delivered in (MASTER, MARCH):
        put(documents, folder, *delivered)
        put_as.append(s3.head_object(Bucket=bucket, Key=f"{folder}manifest.json")["VersionId"])
    for number, version_id in enumerate(put_as):
        assert told(bucket, folder, AT + timedelta(seconds=number), versionId=version_id) == {"batchItemFailures": []}
    told(bucket, folder, AT + timedelta(seconds=9), versionId="gone")

    assert [(found.feed, found.outcome) for _, found in FeedDeliveries(documents).page("2027-03", None, 10).items] == [
        ("", Outcome.REFUSED),
        ("customer_months", Outcome.PUBLISHED),
        ("bank_customers", Outcome.PUBLISHED),
    ]


def test_a_version_that_is_there_is_never_written_over(documents: DocumentStore, bucket: str) -> None:
    deliver(documents, bucket, *MASTER)
    versions = FeedVersions(documents)
    first = versions.latest(Feed.BANK_CUSTOMERS, CURRENT)

    assert first is not None
    assert not versions.publish(first)


def test_what_is_refused_is_listed_for_operators_with_the_reason(
    documents: DocumentStore, bucket: str, tables: EngineTables
) -> None:
    rows = [{**row, "aum_fen": -1} for row in MARCH[2]]

    deliver(documents, bucket, "customer_months", "2027-03", rows)

    assert FeedVersions(documents).version(Feed.CUSTOMER_MONTHS, "2027-03") is None
    org = DynamoOrgRepository(Table(session.client("dynamodb"), tables.names["OrgTable"]))
    [rejection] = org.rejections("/1/", None, 10).items
    assert rejection.source == "bank.kpi_feed"
    assert "more than 1 % is a mix-up" in rejection.reason


def test_the_bank_decides_how_many_rows_may_be_unusable_and_whether_debts_count(
    documents: DocumentStore, bucket: str, tables: EngineTables
) -> None:
    store = DynamoSettingsStore(Table(session.client("dynamodb"), tables.names["PlatformTable"]))
    store.write("kpi", {"feed_negative_money": True}, 0, "op", NOW)
    wiring.reset()

    deliver(documents, bucket, "customer_months", "2027-03", [{**row, "aum_fen": -1} for row in MARCH[2]])

    assert FeedVersions(documents).version(Feed.CUSTOMER_MONTHS, "2027-03") == 1
