"""What a review without a result waits for, named before anybody has to ask why there is none."""

from dataclasses import dataclass, field, replace
from datetime import date

import pytest

from scrm.uplift.reviews import Review
from scrm.uplift.terms import ReviewKind, ReviewTerms
from scrm.uplift.waiting import Wait, WaitReason, waits_of
from tests.unit.uplift.test_reviews import BEFORE, TERMS

REVIEW = Review(
    review_id="uplift_1",
    terms_sha256=TERMS.sha256,
    name="pilot",
    kind=ReviewKind.ADDED,
    node_id="1",
    node_path="/1/",
    first=TERMS.first,
    due_on=TERMS.due_on,
    registered_by="operator:a",
    registered_at=BEFORE,
)


@dataclass
class Published:
    """Implements `scrm.uplift.waiting.PublishedFacts`."""

    months: set[str] = field(default_factory=lambda: {*TERMS.months_of_level, TERMS.month_after})
    customers: bool = True

    def has_customers(self) -> bool:
        return self.customers

    def has_month(self, month: str) -> bool:
        return month in self.months


def waits(
    today: date, published: Published | None = None, review: Review = REVIEW, terms: ReviewTerms = TERMS
) -> list[Wait]:
    return waits_of(review, terms, published or Published(), today)


@pytest.mark.parametrize(
    ("today", "reasons"),
    [
        (date(2027, 3, 31), [WaitReason.WINDOW, WaitReason.MONTH_AFTER]),
        (date(2027, 4, 1), [WaitReason.MONTH_AFTER]),
        (date(2027, 4, 30), [WaitReason.MONTH_AFTER]),
        (date(2027, 5, 1), [WaitReason.NEXT_RUN]),
    ],
)
def test_the_window_then_the_month_that_answers_then_nothing_but_the_next_run(
    today: date, reasons: list[WaitReason]
) -> None:
    assert [one.reason for one in waits(today)] == reasons


def test_what_ends_by_itself_says_on_which_day() -> None:
    assert [(one.subject, one.until) for one in waits(date(2027, 3, 2))] == [
        ("2027-03-01 to 2027-03-31", date(2027, 4, 1)),
        ("2027-04", date(2027, 5, 1)),
    ]


def test_every_month_that_is_not_published_is_named_at_once() -> None:
    found = waits(date(2027, 5, 3), Published({"2027-01"}, customers=False))

    assert found == [
        Wait(WaitReason.CUSTOMERS, "bank_customers"),
        Wait(WaitReason.MONTH, "2027-02"),
        Wait(WaitReason.MONTH, "2027-04"),
    ]


def test_a_month_that_is_not_over_cannot_be_published_and_is_not_asked_for() -> None:
    found = waits(date(2027, 2, 10), Published(set()))

    assert [one.subject for one in found if one.reason is WaitReason.MONTH] == ["2027-01"]


def test_what_the_last_run_said_is_told_until_the_next_one() -> None:
    stuck = replace(REVIEW, waits_for="no relations are kept of 2027-03-31 to 2027-04-30")

    assert [one.reason for one in waits(date(2027, 5, 2), review=stuck)] == [WaitReason.LAST_RUN, WaitReason.NEXT_RUN]


def test_a_review_with_a_result_waits_for_nothing() -> None:
    assert waits(date(2027, 5, 2), Published(set()), replace(REVIEW, versions=1)) == []
