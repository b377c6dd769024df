"""What a bank decides about handovers: one versioned document, defaults here; and the platform's limits beside it."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from scrm.clock import BUSINESS_ZONE

TOPIC = "handover"
_SATURDAY = 5
_GREETING_LENGTH = 200


class FourEyes(StrEnum):
    """Operations that need a second person where the bank's settings say so."""

    APPROVE = "approve"
    REASSIGN = "reassign"
    CLOSE = "close"
    CERTIFICATE = "certificate"


def _sorted_intervals(found: tuple[timedelta, ...]) -> tuple[timedelta, ...]:
    if not found or any(later <= earlier for earlier, later in zip(found, found[1:], strict=False)):
        raise PydanticCustomError("poll_times", "poll_times must rise")
    return found


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Greeting(_Part):
    """What WeCom tells a customer whose on-job transfer is done, at or below a node; at most 200 characters.

    In force once ``approved_by`` is set, which is never ``written_by``.
    """

    node_id: str = Field(min_length=1, max_length=64)
    text: str = Field(min_length=1, max_length=_GREETING_LENGTH)
    written_by: str = Field(min_length=1)
    approved_by: str = ""

    @model_validator(mode="after")
    def _checked_by_someone_else(self) -> Self:
        if self.approved_by == self.written_by:
            raise PydanticCustomError("four_eyes", "a greeting is not approved by who wrote it")
        return self


class HandoverSettings(_Part):
    """The bank's settings of the topic ``handover``. Times are ISO 8601 durations in JSON.

    ``poll_times`` are the moments after a call at which its results are looked at; after the last one, every
    ``late_poll_interval``. WeCom decides a transfer within 24 hours, so the looks are early for refusals and close
    together around that moment.
    ``tier_tags`` and ``language_tags`` map a corp tag's id to what it says of a customer. ``tier_qualifications`` names
    what a taker must be qualified for to serve a tier.
    """

    approval_above: int = Field(500, ge=0, description="Plans of more customers need a second person's release.")
    four_eyes: frozenset[FourEyes] = frozenset({FourEyes.APPROVE, FourEyes.CLOSE})
    confirmation_wait: timedelta = Field(
        timedelta(hours=24), description="How long a deleted account that HR knows nothing of waits for a confirmation."
    )
    cover_days: int = Field(30, ge=0, description="A leave of up to so many days is covered, customers stay.")
    start_days_before: int = Field(
        5, ge=3, le=60, description="On-job transfers start so many days before the last day; 3 fit a second round."
    )
    default_capacity: int = Field(5_000, ge=1, description="Customers a member may hold unless his own figure is set.")
    most_successors: int = Field(20, ge=1, le=100, description="Takers of one case at most.")
    rounds: int = Field(2, ge=1, le=5, description="Attempts per customer before a person must act.")
    refusals_use_quota: bool = Field(
        True, description="A refused on-job transfer counts in 2 in 90 days. WeCom does not say (docs/wecom.md 6.2)."
    )
    quota_retry_days: int = Field(30, ge=1, le=90, description="How long a 40128 is believed.")
    tier_tags: dict[str, str] = Field(default_factory=dict)
    tier_qualifications: dict[str, str] = Field(default_factory=dict)
    language_tags: dict[str, str] = Field(default_factory=dict)
    greetings: tuple[Greeting, ...] = ()
    manual_due_business_days: int = Field(3, ge=1, le=60)
    escalate_after: timedelta = Field(timedelta(days=1), description="How often an overdue case is told to its manager.")
    account_ageing_after: timedelta = timedelta(days=3)
    undecided_after: timedelta = timedelta(hours=72)
    poll_times: Annotated[tuple[timedelta, ...], AfterValidator(_sorted_intervals)] = (
        timedelta(hours=1),
        timedelta(hours=4),
        timedelta(hours=12),
        timedelta(hours=24, minutes=2),
        timedelta(hours=26),
        timedelta(hours=30),
    )
    late_poll_interval: timedelta = timedelta(hours=6)
    retry_interval: timedelta = timedelta(minutes=10)
    account_check_interval: timedelta = timedelta(hours=6)
    roster_missing_percent: int = Field(
        5, ge=0, le=100, description="A roster that lacks more of the known staff is refused: it looks truncated."
    )

    def poll_after(self, submitted_at: datetime, now: datetime) -> datetime:
        """When to look next at a call made at ``submitted_at``: counted from the call, so that delays do not add up."""
        upcoming = (submitted_at + wait for wait in self.poll_times)
        return next((moment for moment in upcoming if moment > now), now + self.late_poll_interval)

    def manual_due(self, now: datetime) -> datetime:
        """18:00 in Shanghai of the last working day (Monday to Friday) allowed."""
        day = now.astimezone(BUSINESS_ZONE)
        remaining = self.manual_due_business_days
        while remaining:
            day += timedelta(days=1)
            remaining -= day.weekday() < _SATURDAY
        return day.replace(hour=18, minute=0, second=0, microsecond=0)

    def start_of(self, last_day: date | None, now: datetime) -> datetime:
        """The earliest moment of an on-job transfer."""
        if last_day is None:
            return now
        first = last_day - timedelta(days=self.start_days_before)
        return max(now, datetime.combine(first, time(), BUSINESS_ZONE))

    def greeting_for(self, node_path: str) -> str:
        """The approved text of the nearest node at or above the path; empty takes WeCom's own."""
        known = {greeting.node_id: greeting.text for greeting in self.greetings if greeting.approved_by}
        upwards = reversed([node_id for node_id in node_path.split("/") if node_id])
        return next((known[node_id] for node_id in upwards if node_id in known), "")


@dataclass(frozen=True, slots=True)
class PlatformLimits:
    """WeCom's own limits of inheritance (scrm/wecom/limits)."""

    ids_per_call: int = 100
    groups_per_day: int = 300
    transfer_wait: timedelta = timedelta(hours=24)
    transfers_per_customer: int = 2
    transfers_window: timedelta = timedelta(days=90)

    @property
    def group_chunks_per_day(self) -> int:
        return max(1, self.groups_per_day // self.ids_per_call)


def end_of(day: date) -> datetime:
    """The first moment after a day in Shanghai."""
    return datetime.combine(day + timedelta(days=1), time(), BUSINESS_ZONE)
