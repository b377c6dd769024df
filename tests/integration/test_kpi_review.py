"""The real function over the engine's table and bucket: a review that is due is run, sends are kept."""

import json
import os
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest

from functions.kpi_review import handler
from scrm import clock
from scrm.aws import session
from scrm.aws.documents import DocumentStore
from scrm.aws.duckdb_engine import DuckDbEngine
from scrm.aws.feed_versions import FeedVersions
from scrm.aws.kpi_table import DynamoKpiMeasures
from scrm.aws.ledger_documents import BucketLedgers
from scrm.aws.org_table import DynamoOrgRepository
from scrm.aws.table import Table
from scrm.aws.target_table import DynamoFigures
from scrm.aws.uplift_documents import BucketReviewDocuments
from scrm.aws.uplift_table import DynamoReviews
from scrm.collect.datasets import RELATIONS
from scrm.kpi.feeds.datasets import CURRENT, DATASETS, Feed, partition_of
from scrm.kpi.feeds.publications import Publication
from scrm.org.model import OrgNode
from scrm.runtime.wiring import bank_settings, kpi, kpi_review, targets
from scrm.targets.stages import Figure
from scrm.uplift.reviews import ReviewDesk, ReviewState
from scrm.uplift.terms import ReviewKind, ReviewTerms
from tests.engine import EngineTables
from tests.fakes.uplift_bank import generate
from tests.fakes.uplift_reviews import FakeReviewJournal
from tests.local_bank import Context

pytestmark = pytest.mark.engine
NOW = datetime(2027, 5, 1, 2, 0, tzinfo=UTC)
TERMS = ReviewTerms(
    "pilot", ReviewKind.ADDED, "1", "/1/", ("aum_fen",), date(2027, 3, 1), date(2027, 3, 31), months_before=2
)


@pytest.fixture
def documents(tables: EngineTables, data_bucket: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[DocumentStore]:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    forget()
    yield DocumentStore(lambda: session.client("s3"), data_bucket)
    forget()


def forget() -> None:
    """What another test's process would have built."""
    session.reset()
    for wiring in (bank_settings, kpi, targets, kpi_review):
        wiring.reset()


def run(schedule: str) -> Any:
    return handler.lambda_handler({"schedule": schedule}, Context())  # type: ignore[arg-type]


def publish(documents: DocumentStore, feed: Feed, period: str, rows: list[dict[str, Any]]) -> None:
    told_of = period or "2027-04-30"
    DuckDbEngine(documents).write(DATASETS[feed], partition_of(feed, told_of, 1, "d1"), "rows", rows)
    FeedVersions(documents).publish(Publication(feed, told_of, 1, "d1", "c1", NOW, NOW, len(rows)))


def test_a_review_that_is_due_has_a_result(documents: DocumentStore) -> None:
    bank = generate(TERMS, 300, 7)
    publish(documents, Feed.BANK_CUSTOMERS, CURRENT, bank.customers)
    for month, rows in bank.months.items():
        publish(documents, Feed.CUSTOMER_MONTHS, month, rows)
    DuckDbEngine(documents).write(RELATIONS, "day=2027-03-31", "all", bank.relations)
    store = DynamoReviews(Table(session.client("dynamodb"), os.environ["TARGETS_TABLE"]))
    desk = ReviewDesk(store, BucketReviewDocuments(documents), FakeReviewJournal())
    asked = desk.register(TERMS, "operator:a", NOW)

    run(handler.REVIEWS)
    run(handler.REVIEWS)

    found = desk.find(asked.review_id)
    assert (found.state, found.versions, found.is_late) == (ReviewState.DONE, 1, True)
    result = BucketReviewDocuments(documents).result(asked.review_id, 1)
    assert result["overall"] == {"added": "insufficient"}


def test_sends_are_kept_as_parquet(documents: DocumentStore) -> None:
    line = {
        "external_userid": "wmA",
        "userid": "rm_li",
        "campaign_id": "c1",
        "task_id": "t1",
        "channel": "one_to_one",
        "activity_id": "a1",
        "content_version": 1,
        "node_path": "/1/10/",
        "state": "sent",
        "reason": "",
        "at": "2027-04-29T02:00:00.000Z",
        "told_at": "2027-04-29T03:00:00.000Z",
    }
    documents.put("facts/send_settled/2027-04-29/t1-told_1.jsonl", json.dumps(line).encode(), "application/x-ndjson")

    run(handler.TOUCHES)

    assert len(list(documents.sizes_below("uplift/touches/day=2027-04-29/"))) == 1


def test_figures_of_every_node_are_told_to_targets_and_the_month_is_reported(
    documents: DocumentStore,
) -> None:
    client = session.client("dynamodb")
    org = DynamoOrgRepository(Table(client, os.environ["ORG_TABLE"]))
    for node in (OrgNode("1", "总行", "/1/", "0"), OrgNode("10", "上海分行", "/1/10/", "1")):
        org.put_node(node, None)
    measures = DynamoKpiMeasures(Table(client, os.environ["KPI_TABLE"]))
    standing = {"1": {"active_rms": 17, "roster_rms": 20}, "10": {"active_rms": 8, "roster_rms": 10}}
    measures.stand(date(2027, 4, 30), "usage", 1, standing)

    run("kpi_review.figures")
    run("kpi_review.figures")

    book = DynamoFigures(Table(client, os.environ["TARGETS_TABLE"]))
    told = book.latest("10", "staff_usage_rate", "2027-04", "2027-04")["2027-04"]
    assert (told.figure, told.version) == (Figure(8, 10, date(2027, 4, 30)), 1)
    made = [key.rsplit("/", 1)[1] for key, _ in documents.sizes_below("reports/kpi/2027-04/")]
    assert made == [f"{node}.{form}" for node in ("1", "10") for form in ("csv", "html", "parquet", "xlsx")]


def test_a_published_month_has_its_ledger(documents: DocumentStore) -> None:
    customer = {"customer_key": "k1", "external_userid": "wmA", "node_path": "/1/10/"}
    publish(documents, Feed.BANK_CUSTOMERS, CURRENT, [customer])
    for month, fen in (("2027-03", 100), ("2027-04", 350)):
        publish(documents, Feed.CUSTOMER_MONTHS, month, [{"customer_key": "k1", "aum_fen": fen}])

    run(handler.LEDGERS)

    [credit] = BucketLedgers(documents).figures("2027-04", 1)["credits"]
    assert (credit["kpi"], credit["campaign_id"], credit["change"]) == ("aum_fen", "", 250)
