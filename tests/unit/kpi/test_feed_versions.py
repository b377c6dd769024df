"""Versions of the bank's feeds: the latest is found, one of two racers wins."""

from dataclasses import replace
from datetime import UTC, datetime

from scrm.aws.feed_versions import FeedVersions
from scrm.kpi.feeds.datasets import CURRENT, CUSTOMER_MONTHS, Feed
from scrm.kpi.feeds.publications import Publication
from tests.fakes.feeds import MemoryBucket

MOMENT = datetime(2027, 4, 2, 1, 0, tzinfo=UTC)
MARCH = Publication(
    feed=Feed.CUSTOMER_MONTHS,
    period="2027-03",
    version=1,
    delivery_id="d1",
    content_id="c1",
    delivered_at=MOMENT,
    published_at=MOMENT,
    rows=3,
    totals={"aum_fen": 7},
    customers_version=2,
)


def test_what_was_never_published_has_no_version_and_no_files() -> None:
    versions = FeedVersions(MemoryBucket())

    assert versions.version(Feed.CUSTOMER_MONTHS, "2027-03") is None
    assert versions.selection(Feed.CUSTOMER_MONTHS, "2027-03") is None
    assert versions.latest_period(Feed.CUSTOMER_MONTHS) is None


def test_the_latest_version_of_a_period_is_read_as_it_was_written() -> None:
    versions = FeedVersions(MemoryBucket())
    for number in range(1, 12):
        assert versions.publish(replace(MARCH, version=number, delivery_id=f"d{number}"))

    assert versions.latest(Feed.CUSTOMER_MONTHS, "2027-03") == replace(MARCH, version=11, delivery_id="d11")
    assert versions.version(Feed.CUSTOMER_MONTHS, "2027-03") == 11
    found = versions.selection(Feed.CUSTOMER_MONTHS, "2027-03")
    assert found is not None
    assert found.dataset is CUSTOMER_MONTHS
    assert found.partitions == ("month=2027-03/version=11-d11",)


def test_of_two_that_publish_the_same_version_one_wins_and_nothing_is_overwritten() -> None:
    versions = FeedVersions(MemoryBucket())

    assert versions.publish(MARCH)
    assert not versions.publish(replace(MARCH, delivery_id="d2"))

    assert versions.latest(Feed.CUSTOMER_MONTHS, "2027-03") == MARCH


def test_the_master_has_one_current_version_whatever_day_it_speaks_for() -> None:
    versions = FeedVersions(MemoryBucket())
    versions.publish(replace(MARCH, feed=Feed.BANK_CUSTOMERS, period="2027-03-31", delivery_id="m1"))
    versions.publish(replace(MARCH, feed=Feed.BANK_CUSTOMERS, period="2027-04-01", version=2, delivery_id="m2"))

    found = versions.selection(Feed.BANK_CUSTOMERS, CURRENT)
    assert found is not None
    assert found.partitions == ("version=2-m2",)
    assert versions.latest_period(Feed.BANK_CUSTOMERS) == CURRENT


def test_the_last_period_is_found() -> None:
    versions = FeedVersions(MemoryBucket())
    for period in ("2027-03", "2026-12", "2027-01"):
        versions.publish(replace(MARCH, period=period))

    assert versions.latest_period(Feed.CUSTOMER_MONTHS) == "2027-03"
