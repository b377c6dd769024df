"""Terms and results of reviews as documents of the data bucket, each written once.

``uplift/terms/<sha256>.json``; ``uplift/results/<review>/<6 digits>.json`` with what was read and what was found of
everybody, and ``<6 digits>-segments.json`` beside it.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final, Protocol

from scrm import clock
from scrm.aws.documents import DocumentMissingError
from scrm.uplift import telling
from scrm.uplift.results import ReviewResult
from scrm.uplift.reviews import Inputs, Review, UnknownReviewError
from scrm.uplift.terms import ReviewTerms

SCHEMA_VERSION: Final = 2
"""Of results. 2: who is in WeCom and not recognised (``in_wecom``, ``diluted``), which 1 has not."""
_JSON: Final = "application/json"


class TermsChangedError(Exception):
    """The stored terms are not those that were registered; the key is named. Tampering until shown otherwise."""


class Documents(Protocol):
    """The data bucket, as far as reviews need it."""

    def get(self, key: str) -> bytes | None: ...

    def put(self, key: str, body: bytes, content_type: str, *, if_absent: bool = False) -> bool: ...


class BucketReviewDocuments:
    """Implements `scrm.uplift.reviews.ReviewDocuments`."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    def keep_terms(self, terms: ReviewTerms) -> None:
        self._documents.put(_terms_key(terms.sha256), terms.written(), _JSON, if_absent=True)

    def terms(self, sha256: str) -> ReviewTerms:
        key = _terms_key(sha256)
        body = self._documents.get(key)
        if body is None:
            raise DocumentMissingError(key)
        if hashlib.sha256(body).hexdigest() != sha256:
            raise TermsChangedError(key)
        return ReviewTerms.read(json.loads(body))

    def keep_result(self, review: Review, version: int, inputs: Inputs, result: ReviewResult, at: datetime) -> None:
        content = {
            "schema_version": SCHEMA_VERSION,
            "review_id": review.review_id,
            "version": version,
            "terms_sha256": review.terms_sha256,
            "made_at": clock.to_iso(at),
            "inputs": asdict(inputs),
            **telling.told(result),
        }
        segments = telling.told_of_segments(result)
        self._put(_key(review.review_id, version, "-segments"), segments)
        self._put(_key(review.review_id, version), content)

    def inputs(self, review_id: str, version: int) -> Inputs:
        told = self.result(review_id, version)["inputs"]
        return Inputs(
            customers=told["customers"],
            customers_before=told["customers_before"],
            months=told["months"],
            relations=tuple(told["relations"]),
            relations_before=tuple(told["relations_before"]),
            touches=tuple(told["touches"]),
        )

    def result(self, review_id: str, version: int) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self._get(_key(review_id, version))
        return found

    def segments(self, review_id: str, version: int) -> Sequence[Mapping[str, Any]]:
        """Findings by segment, in their order."""
        found: Sequence[Mapping[str, Any]] = self._get(_key(review_id, version, "-segments"))
        return found

    def _get(self, key: str) -> Any:
        body = self._documents.get(key)
        if body is None:
            raise UnknownReviewError("There is no such version of the result.")
        return json.loads(body)

    def _put(self, key: str, content: Any) -> None:
        body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
        self._documents.put(key, body, _JSON, if_absent=True)


def _terms_key(sha256: str) -> str:
    return f"uplift/terms/{sha256}.json"


def _key(review_id: str, version: int, part: str = "") -> str:
    return f"uplift/results/{review_id}/{version:06d}{part}.json"
