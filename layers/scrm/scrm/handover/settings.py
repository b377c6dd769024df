"""What a bank decides about handovers, with defaults; the platform's own limits are passed in by the wiring."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from scrm.clock import BUSINESS_ZONE
from scrm.handover.greetings import STANDARD, Greeting, greeting_for

_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class HandoverSettings:
    """``ids_per_call``, ``groups_per_day``, ``transfer_wait``, ``transfers_per_customer`` and ``transfers_window`` are
    WeCom's (scrm/wecom/limits); the rest is the bank's.

    ``confirmation_wait``: how long a deleted account that HR knows nothing of waits for a confirmation.
    ``start_days_before``: on-job transfers start so many days
    before the last day, so that a refusal and its fallback fit. ``rounds``: how often a customer is asked before a
    person must act. ``most_per_successor``: customers of one case that go to one taker HR did not name.
    ``refusals_use_quota``: whether a refused on-job transfer counts in 2 in 90 days, which WeCom does not say;
    ``quota_believed_for``: how long a 40128 is believed.
    ``poll_times`` are the moments after a call at which its results are looked at; after the last one, every
    ``late_poll_interval``. WeCom decides a transfer within 24 hours, so the looks are early for refusals and close
    together around that moment.
    ``leave_cover_days``: a longer leave hands customers over. ``leave_ahead_days``: whose leave
    begins within so many days takes nobody over. ``roster_departing_percent``: a roster that lets more
    of the staff depart is refused. ``tier_tags`` and ``language_tags``: corp tag id to what it says of a customer.
    ``tier_qualifications``: what a taker of a tier's customers must hold.
    ``approval_above``: customers of a plan that may start without a second person's approval; None: any number.
    ``four_eyes``: the operations that a second person confirms before they are done.
    ``greetings`` are the approved texts that customers read (`scrm.handover.greetings`). ``delivery_patience``: how
    long the end of a case waits for what follows the customers and for the word to their new owners.
    """

    ids_per_call: int = 100
    groups_per_day: int = 300
    transfer_wait: timedelta = timedelta(hours=24)
    confirmation_wait: timedelta = timedelta(hours=24)
    start_days_before: int = 5
    rounds: int = 2
    default_capacity: int = 5_000
    most_per_successor: int = 1_000
    transfers_per_customer: int = 2
    transfers_window: timedelta = timedelta(days=90)
    refusals_use_quota: bool = True
    quota_believed_for: timedelta = timedelta(days=30)
    account_check_interval: timedelta = timedelta(hours=6)
    account_ageing_after: timedelta = timedelta(days=3)
    retry_interval: timedelta = timedelta(minutes=10)
    poll_times: tuple[timedelta, ...] = (
        timedelta(hours=1),
        timedelta(hours=4),
        timedelta(hours=12),
        timedelta(hours=24, minutes=2),
        timedelta(hours=26),
        timedelta(hours=30),
    )
    late_poll_interval: timedelta = timedelta(hours=6)
    attention_interval: timedelta = timedelta(days=1)
    undecided_after: timedelta = timedelta(hours=72)
    manual_due_business_days: int = 3
    leave_cover_days: int = 30
    leave_ahead_days: int = 7
    roster_departing_percent: int = 20
    tier_tags: Mapping[str, str] = field(default_factory=dict)
    language_tags: Mapping[str, str] = field(default_factory=dict)
    tier_qualifications: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    approval_above: int | None = 200
    approval_growth_percent: int = 5
    approval_near: timedelta = timedelta(days=2)
    four_eyes: frozenset[str] = frozenset()
    decision_valid_for: timedelta = timedelta(days=3)
    greetings: tuple[Greeting, ...] = STANDARD
    delivery_patience: timedelta = timedelta(hours=24)

    @property
    def group_chunks_per_day(self) -> int:
        return max(1, self.groups_per_day // self.ids_per_call)

    def greeting_of(self, node_path: str) -> str:
        """What a customer of this node reads when he is moved on the job; empty when the bank has no text for it."""
        return greeting_for(self.greetings, node_path)

    def poll_after(self, submitted_at: datetime, now: datetime) -> datetime:
        """When to look next at a call made at ``submitted_at``: counted from the call, so that delays do not add up."""
        upcoming = (submitted_at + wait for wait in self.poll_times)
        return next((moment for moment in upcoming if moment > now), now + self.late_poll_interval)

    def manual_due(self, now: datetime) -> datetime:
        """The end of the last working day allowed, Monday to Friday in Shanghai."""
        day = now.astimezone(BUSINESS_ZONE)
        remaining = self.manual_due_business_days
        while remaining:
            day += timedelta(days=1)
            remaining -= day.weekday() < _SATURDAY
        return day.replace(hour=18, minute=0, second=0, microsecond=0)

    def start_of(self, last_day: date, now: datetime) -> datetime:
        """The earliest moment of an on-job transfer of somebody whose last day is known."""
        first = last_day - timedelta(days=self.start_days_before)
        return max(now, datetime.combine(first, time(), BUSINESS_ZONE))

    def fits_before(self, last_day: date, now: datetime) -> bool:
        """Whether an on-job transfer started now is decided before the account may be deleted."""
        return now + self.transfer_wait + self.retry_interval <= end_of(last_day)


def end_of(day: date) -> datetime:
    """The first moment after a day in Shanghai."""
    return datetime.combine(day + timedelta(days=1), time(), BUSINESS_ZONE)
