"""Reviews in the table of targets: ``REVIEWS`` / ``REVIEW#<id>``; few, so that one partition has all."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Any, Final

from scrm import clock
from scrm.aws.table import ABSENT, Condition, Item, Table, starts_with
from scrm.uplift.reviews import Review, ReviewState, StaleReviewError
from scrm.uplift.terms import ReviewKind

SCHEMA_VERSION: Final = 1
_PK: Final = "REVIEWS"
_SK: Final = "REVIEW#"


class DynamoReviews:
    """Implements `scrm.uplift.reviews.ReviewStore`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def find(self, review_id: str) -> Review | None:
        item = self._table.get({"pk": _PK, "sk": _SK + review_id})
        return _to_review(item) if item else None

    def all(self) -> Iterator[Review]:
        return map(_to_review, self._table.query(starts_with(_PK, _SK)))

    def save(self, review: Review) -> Review:
        saved = replace(review, revision=review.revision + 1)
        read = Condition("revision = :read", {":read": review.revision}) if review.revision else ABSENT
        if not self._table.put(_item(saved), read):
            raise StaleReviewError("somebody else wrote the review at the same time: read it again")
        return saved


def _item(review: Review) -> Item:
    return {
        "pk": _PK,
        "sk": _SK + review.review_id,
        "schema_version": SCHEMA_VERSION,
        "review_id": review.review_id,
        "terms_sha256": review.terms_sha256,
        "name": review.name,
        "kind": review.kind.value,
        "node_id": review.node_id,
        "node_path": review.node_path,
        "first": review.first.isoformat(),
        "due_on": review.due_on.isoformat(),
        "registered_by": review.registered_by,
        "registered_at": clock.to_iso(review.registered_at),
        "state": review.state.value,
        "customers_before": review.customers_before or None,
        "versions": review.versions,
        "ran_at": clock.to_iso(review.ran_at) if review.ran_at else None,
        "waits_for": review.waits_for or None,
        "revision": review.revision,
    }


def _to_review(item: Mapping[str, Any]) -> Review:
    return Review(
        review_id=item["review_id"],
        terms_sha256=item["terms_sha256"],
        name=item["name"],
        kind=ReviewKind(item["kind"]),
        node_id=item["node_id"],
        node_path=item["node_path"],
        first=date.fromisoformat(item["first"]),
        due_on=date.fromisoformat(item["due_on"]),
        registered_by=item["registered_by"],
        registered_at=clock.from_iso(item["registered_at"]),
        state=ReviewState(item["state"]),
        customers_before=item.get("customers_before", ""),
        versions=item["versions"],
        ran_at=clock.from_iso(item["ran_at"]) if "ran_at" in item else None,
        waits_for=item.get("waits_for", ""),
        revision=item["revision"],
    )
