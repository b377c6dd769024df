"""Joins a pilot's exit to reviews of uplift."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from scrm.targets.errors import TargetError
from scrm.targets.pilot import ExitFinding, NamedReview, ResultBar, ResultLine
from scrm.uplift.gains import gained
from scrm.uplift.reviews import Review
from scrm.uplift.terms import ReviewKind, ReviewTerms
from scrm.uplift.verdict import BELIEVED, Verdict

LEAST_CONFIDENCE: Final = 0.9
"""Below it an interval above the bar is what chance brings often enough."""
_PROVING: Final = frozenset({ReviewKind.ADDED, ReviewKind.HOLDOUT})
_FOUND: Final = {
    Verdict.PASSED: ExitFinding.MET,
    Verdict.FAILED: ExitFinding.BELOW,
    Verdict.OPEN: ExitFinding.OPEN,
    Verdict.NOT_COMPARABLE: ExitFinding.NOT_COMPARABLE,
    Verdict.INSUFFICIENT: ExitFinding.INSUFFICIENT,
}


class UnfitReviewError(TargetError):
    """The review cannot tell of this pilot; the text says why, for people."""


def check_fits(review: Review, node_id: str) -> None:
    """Raises UnfitReviewError."""
    if review.kind not in _PROVING:
        raise UnfitReviewError("a review of channels describes and proves nothing: name one of kind added or holdout")
    if review.node_id != node_id:
        raise UnfitReviewError(
            f"the review is over node {review.node_id}: a pilot's exit needs one that was registered over the pilot"
        )


def check_proves(terms: ReviewTerms) -> None:
    """Raises UnfitReviewError."""
    if terms.confidence < LEAST_CONFIDENCE:
        raise UnfitReviewError(
            f"the review's intervals hold the truth in {terms.confidence:.0%} of cases: "
            f"a pilot's exit needs a confidence of {LEAST_CONFIDENCE:.0%} or more"
        )


def named(
    review: Review, terms: ReviewTerms, result: Mapping[str, Any] | None, bar: ResultBar, registered: Iterable[Review]
) -> NamedReview:
    """``result``: the latest, as it was told; None while there is none."""
    others = (one for one in registered if one.node_id == review.node_id and one.kind in _PROVING)
    return NamedReview(
        review_id=review.review_id,
        name=review.name,
        kind=review.kind.value,
        version=result["version"] if result else 0,
        is_late=review.is_late,
        due_on=review.due_on,
        terms_sha256=review.terms_sha256,
        lines=_lines(terms, result["findings"], bar) if result else (),
        others=tuple(sorted(one.review_id for one in others if one.review_id != review.review_id)),
    )


def _lines(terms: ReviewTerms, findings: list[Mapping[str, Any]], bar: ResultBar) -> tuple[ResultLine, ...]:
    by_bar = bar is ResultBar.PASSED
    said = [Verdict(row["verdict"]) for row in findings] if by_bar else gained(findings, terms.confidence)
    above = terms.bar.uplift if by_bar else 0.0
    return tuple(_line(row, verdict, above) for row, verdict in zip(findings, said, strict=True))


def _line(row: Mapping[str, Any], verdict: Verdict, bar: float) -> ResultLine:
    is_believed = Verdict(row["verdict"]) in BELIEVED
    figure = (row["holdout"] or row["adjusted"] or {}) if is_believed else {}
    value, low, high = (figure.get(name) for name in ("value", "low", "high"))
    return ResultLine(row["kpi"], row["arm"], bar, value, low, high, _FOUND[verdict])
