"""Reviews in the audit log."""

from datetime import datetime

from scrm import ids
from scrm.audit.log import AuditLog
from scrm.uplift.reviews import Review


class AuditedReviews:
    """Implements `scrm.uplift.reviews.ReviewJournal`."""

    def __init__(self, audit: AuditLog) -> None:
        self._audit = audit

    def told(self, review: Review, action: str, actor: str, at: datetime) -> None:
        subject = f"{review.review_id}/v{review.versions}/{review.terms_sha256}"
        cause = ids.derive("evt", review.review_id, action, str(review.versions))
        self._audit.record(actor, f"uplift_review.{action}", subject, review.node_path, "done", at, cause=cause)
