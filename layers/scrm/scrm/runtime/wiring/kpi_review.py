"""Joins what is made of the bank's figures by schedule: reviews that are due, and what they read."""

import functools
from typing import Final

from scrm.audit.log import AuditLog
from scrm.aws import session
from scrm.aws.audit_table import DynamoAuditStore
from scrm.aws.duckdb_engine import DuckDbEngine
from scrm.aws.feed_versions import FeedVersions
from scrm.aws.touches import TouchDays
from scrm.aws.uplift_documents import BucketReviewDocuments
from scrm.aws.uplift_journal import AuditedReviews
from scrm.aws.uplift_table import DynamoReviews
from scrm.runtime.environment import required
from scrm.runtime.uplift_joins import BankSources
from scrm.runtime.wiring.tables import bucket, table
from scrm.uplift.reviews import ReviewRuns

_ACTOR: Final = "function:kpi_review"
_MOST_BYTES: Final = 3 * 1024 * 1024 * 1024
"""Three quarters of the disk that the function has."""


@functools.cache
def engine() -> DuckDbEngine:
    return DuckDbEngine(bucket("DATA_BUCKET"), most_bytes=_MOST_BYTES)


def touches() -> TouchDays:
    return TouchDays(bucket("DATA_BUCKET"), engine())


def reviews() -> ReviewRuns:
    documents = bucket("DATA_BUCKET")
    return ReviewRuns(
        DynamoReviews(table("TARGETS_TABLE")),
        BucketReviewDocuments(documents),
        BankSources(documents, FeedVersions(documents), touches(), engine()),
        AuditedReviews(AuditLog(DynamoAuditStore(required("AUDIT_TABLE"), session.client("dynamodb")))),
        _ACTOR,
    )


def reset() -> None:
    """Forget every built object; for tests."""
    engine.cache_clear()
