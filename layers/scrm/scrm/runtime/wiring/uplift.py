"""Reviews of uplift as operators see them; needs ``TARGETS_TABLE`` and ``DATA_BUCKET``."""

from dataclasses import dataclass

from scrm.audit.log import AuditLog
from scrm.aws.uplift_documents import BucketReviewDocuments
from scrm.aws.uplift_journal import AuditedReviews
from scrm.aws.uplift_table import DynamoReviews
from scrm.runtime.wiring.tables import bucket, table
from scrm.uplift.reviews import ReviewDesk


@dataclass(frozen=True, slots=True)
class AdminUplift:
    """What operators do about reviews."""

    desk: ReviewDesk
    documents: BucketReviewDocuments


def admin_uplift(log: AuditLog) -> AdminUplift:
    """For one request."""
    documents = BucketReviewDocuments(bucket("DATA_BUCKET"))
    return AdminUplift(ReviewDesk(DynamoReviews(table("TARGETS_TABLE")), documents, AuditedReviews(log)), documents)
