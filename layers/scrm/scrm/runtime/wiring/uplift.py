"""Reviews of uplift as operators see them; needs ``TARGETS_TABLE`` and ``DATA_BUCKET``."""

from dataclasses import dataclass

from scrm.audit.log import AuditLog
from scrm.aws.feed_versions import FeedVersions
from scrm.aws.uplift_documents import BucketReviewDocuments
from scrm.aws.uplift_journal import AuditedReviews
from scrm.aws.uplift_table import DynamoReviews
from scrm.runtime.uplift_waits import PublishedByVersion
from scrm.runtime.wiring.tables import bucket, table
from scrm.uplift.reviews import ReviewDesk
from scrm.uplift.waiting import PublishedFacts


@dataclass(frozen=True, slots=True)
class AdminUplift:
    """What operators do about reviews."""

    desk: ReviewDesk
    documents: BucketReviewDocuments
    published: PublishedFacts


def admin_uplift(log: AuditLog) -> AdminUplift:
    """For one request."""
    files = bucket("DATA_BUCKET")
    documents = BucketReviewDocuments(files)
    desk = ReviewDesk(DynamoReviews(table("TARGETS_TABLE")), documents, AuditedReviews(log))
    return AdminUplift(desk, documents, PublishedByVersion(FeedVersions(files)))
