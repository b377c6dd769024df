"""What a review without a result waits for (S14), told at any time: an operator sees what to deliver, or until when to
wait, and need not guess from a schedule."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Protocol

from scrm.uplift.reviews import Review
from scrm.uplift.terms import ReviewTerms


class WaitReason(StrEnum):
    """The window is not over; the month that answers is not over; the customer master, or a month of the customers'
    facts, was not published; what the last run said; nothing but the next run, which comes within the hour."""

    WINDOW = "window"
    MONTH_AFTER = "month_after"
    CUSTOMERS = "customers"
    MONTH = "month"
    LAST_RUN = "last_run"
    NEXT_RUN = "next_run"


@dataclass(frozen=True, slots=True)
class Wait:
    """``subject``: which month or feed, or the last run's words. ``until``: the business day on which it ends by
    itself, None where somebody has to deliver something first."""

    reason: WaitReason
    subject: str
    until: date | None = None


class PublishedFacts(Protocol):
    """What the bank has published of its feeds."""

    def has_customers(self) -> bool: ...

    def has_month(self, month: str) -> bool: ...


def waits_of(review: Review, terms: ReviewTerms, published: PublishedFacts, today: date) -> list[Wait]:
    """Everything at once, what ends by itself first; empty when there is a result."""
    if review.versions:
        return []
    found = []
    if today <= terms.last:
        found.append(Wait(WaitReason.WINDOW, f"{terms.first} to {terms.last}", terms.last + timedelta(days=1)))
    is_due = today >= terms.due_on
    if not is_due:
        found.append(Wait(WaitReason.MONTH_AFTER, terms.month_after, terms.due_on))
    if not published.has_customers():
        found.append(Wait(WaitReason.CUSTOMERS, "bank_customers"))
    running = f"{today:%Y-%m}"
    over = [month for month in (*terms.months_of_level, terms.month_after) if month < running]
    found += [Wait(WaitReason.MONTH, month) for month in over if not published.has_month(month)]
    if is_due and review.waits_for:
        found.append(Wait(WaitReason.LAST_RUN, review.waits_for))
    if is_due and all(one.reason is WaitReason.LAST_RUN for one in found):
        found.append(Wait(WaitReason.NEXT_RUN, "within the hour", today))
    return found
