"""Uplift in the small bank's life: a review is registered and run over published months, changes are credited."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

from local.cli.client import at
from scrm.aws.documents import DocumentStore
from scrm.aws.duckdb_engine import DuckDbEngine
from scrm.aws.feed_versions import FeedVersions
from scrm.aws.touches import TOUCHES
from scrm.clock import BUSINESS_ZONE
from scrm.collect.datasets import RELATIONS
from scrm.kpi.feeds.datasets import DATASETS, Feed, partition_of
from scrm.kpi.feeds.publications import Publication
from scrm.uplift.ledger import month_before
from scrm.uplift.terms import KPIS
from tests.e2e.small_bank import Bank

CUSTOMER = {"customer_key": "k1", "external_userid": "wmUplift1", "unionid": "", "node_path": "/1/", "tier": "gold"}


def uplift_is_reviewed(bank: Bank) -> None:
    """The feeds are the test's own: what publishes them is told elsewhere."""
    head_office = bank.operator("head_office")
    today = datetime.fromisoformat(bank.wecom.clock()["now"]).astimezone(BUSINESS_ZONE).date()
    months = [month_before(today.isoformat()[:7])]
    while len(months) < 4:
        months.append(month_before(months[-1]))
    after, window, *level = months
    bucket = bank.stack.endpoints.resources["buckets"]["DataBucket"]
    documents = DocumentStore(lambda: bank.stack.engine.client("s3"), bucket)
    _published(documents, Feed.BANK_CUSTOMERS, f"{after}-01", [CUSTOMER])
    for number, month in enumerate(months):
        facts = dict.fromkeys(KPIS, 10 - number)
        _published(documents, Feed.CUSTOMER_MONTHS, month, [{"customer_key": "k1", "month": month, **facts}])
        held = {"customer_key": "k1", "month": month, "product": "fund", "amount_fen": 10 - number}
        _published(documents, Feed.PRODUCT_HOLDINGS, month, [held])
    first, last = date.fromisoformat(f"{window}-01"), date.fromisoformat(f"{window}-28")
    related = {"external_userid": "wmUplift1", "unionid": "", "added_at": f"{window}-10T02:00:00.000Z"}
    DuckDbEngine(documents).write(RELATIONS, f"day={last.isoformat()}", "all", [related])
    line = _sent(f"{after}-20T02:00:00.000Z")
    facts_of_yesterday = f"facts/send_settled/{(today - timedelta(days=1)).isoformat()}/task_uplift-told.jsonl"
    documents.put(facts_of_yesterday, json.dumps(line).encode(), "application/x-ndjson")
    touch = {name: line.get(name) for name in TOUCHES.columns} | {"touched_at": line["at"]}
    DuckDbEngine(documents).write(TOUCHES, f"day={after}-20", "told", [touch])  # long before the days that are kept now

    terms = {"name": "试点", "node_id": "1", "kpis": ["aum_fen"], "months_before": len(level)}
    asked = head_office.post(at("uplift-reviews"), terms | {"first": first.isoformat(), "last": last.isoformat()})
    for _ in range(2):  # the second run finds nothing new
        for schedule in ("touches", "reviews", "ledgers"):
            bank.invoke("KpiReviewFunction", {"schedule": f"kpi_review.{schedule}"})

    found = head_office.get(at("uplift-reviews", asked["review_id"], "result"))
    assert (found["version"], found["customers"]["added"]) == (1, 1)
    assert found["overall"] == {"added": "insufficient"}
    assert head_office.rows(at("uplift-reviews", asked["review_id"], "segments"), 0, by="branch")
    ledger = head_office.get(at("attribution", after), kpi="product")
    assert (ledger["version"], ledger["items"][0]["change"]) == (1, 1)
    rows = head_office.rows(at("attribution", after, "campaigns", "camp_uplift"), 0)
    assert {row["external_userid"] for row in rows} == {"wmUplift1"}


def _published(documents: DocumentStore, feed: Feed, period: str, rows: list[dict[str, Any]]) -> None:
    versions, now = FeedVersions(documents), datetime.now(UTC)
    known = versions.version(feed, "" if feed is Feed.BANK_CUSTOMERS else period) or 0
    publication = Publication(feed, period, known + 1, "d-uplift", "c-uplift", now, now, len(rows))
    DuckDbEngine(documents).write(DATASETS[feed], partition_of(feed, period, known + 1, "d-uplift"), "rows", rows)
    assert versions.publish(publication)


def _sent(at_time: str) -> dict[str, Any]:
    return {
        "external_userid": "wmUplift1",
        "userid": "rm_li",
        "campaign_id": "camp_uplift",
        "task_id": "task_uplift",
        "channel": "one_to_one",
        "activity_id": "act_uplift",
        "content_version": 1,
        "node_path": "/1/",
        "state": "sent",
        "reason": "",
        "at": at_time,
        "told_at": at_time,
    }
