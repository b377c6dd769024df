"""Reviews in memory, and a bank in memory that they read."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from scrm.audit.log import AuditLog
from scrm.aws.duckdb_engine import DuckDbEngine
from scrm.aws.ledger_documents import BucketLedgers
from scrm.aws.touches import TouchDays
from scrm.aws.uplift_documents import BucketReviewDocuments
from scrm.aws.uplift_journal import AuditedReviews
from scrm.collect.datasets import RELATIONS
from scrm.kpi.feeds.datasets import CURRENT, DATASETS, Feed
from scrm.runtime.uplift_joins import BankSources
from scrm.runtime.uplift_waits import PublishedByVersion
from scrm.runtime.wiring.uplift import AdminUplift
from scrm.uplift.reviews import Review, ReviewDesk, ReviewRuns, StaleReviewError
from tests.fakes.feeds import FakePublishedFeeds, MemoryBucket


@dataclass
class FakeReviews:
    """Implements `scrm.uplift.reviews.ReviewStore`."""

    stored: dict[str, Review] = field(default_factory=dict)

    def find(self, review_id: str) -> Review | None:
        return self.stored.get(review_id)

    def all(self) -> Iterator[Review]:
        return iter(list(self.stored.values()))

    def save(self, review: Review) -> Review:
        known = self.stored.get(review.review_id)
        if (known.revision if known else 0) != review.revision:
            raise StaleReviewError
        self.stored[review.review_id] = replace(review, revision=review.revision + 1)
        return self.stored[review.review_id]


@dataclass
class FakeReviewJournal:
    told_of: list[tuple[str, str, int]] = field(default_factory=list)

    def told(self, review: Review, action: str, actor: str, at: datetime) -> None:
        self.told_of.append((review.review_id, action, review.versions))


class ReviewedBank:
    """A bucket with published feeds and relations, and the use cases over it."""

    def __init__(self) -> None:
        self.bucket = MemoryBucket()
        self.engine = DuckDbEngine(self.bucket)
        self.feeds = FakePublishedFeeds()
        self.store = FakeReviews()
        self.documents = BucketReviewDocuments(self.bucket)
        self.journal = FakeReviewJournal()
        self.desk = ReviewDesk(self.store, self.documents, self.journal)
        self.touches = TouchDays(self.bucket, self.engine)
        self.sources = BankSources(self.bucket, self.feeds, self.touches, self.engine)
        self.runs = ReviewRuns(self.store, self.documents, self.sources, self.journal, "function:kpi_review")

    def publish_customers(self, rows: Sequence[dict[str, Any]]) -> None:
        self._publish(Feed.BANK_CUSTOMERS, CURRENT, rows)

    def publish_month(self, month: str, rows: Sequence[dict[str, Any]]) -> None:
        self._publish(Feed.CUSTOMER_MONTHS, month, rows)

    def keep_relations(self, day: date, rows: Sequence[dict[str, Any]]) -> None:
        self.engine.write(RELATIONS, f"day={day.isoformat()}", "all", rows)

    def _publish(self, feed: Feed, period: str, rows: Sequence[dict[str, Any]]) -> None:
        self.engine.write(DATASETS[feed], self.feeds.publish(feed, period), "rows", rows)


@dataclass
class UpliftOverMemory:
    """What `scrm.runtime.wiring.uplift.admin_uplift` gives, with everything kept by the test."""

    log: AuditLog
    store: FakeReviews = field(default_factory=FakeReviews)
    documents: BucketReviewDocuments = field(default_factory=lambda: BucketReviewDocuments(MemoryBucket()))
    ledgers: BucketLedgers = field(default_factory=lambda: BucketLedgers(MemoryBucket()))
    feeds: FakePublishedFeeds = field(default_factory=FakePublishedFeeds)

    def joined(self) -> AdminUplift:
        desk = ReviewDesk(self.store, self.documents, AuditedReviews(self.log))
        return AdminUplift(desk, self.documents, PublishedByVersion(self.feeds))
