"""The handover's settings, with defaults; the platform's own limits are passed in by the wiring."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from scrm.clock import BUSINESS_ZONE

_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class HandoverSettings:
    """``ids_per_call`` and ``groups_per_day`` are WeCom's (scrm/wecom/limits); the rest is the bank's.

    ``poll_intervals`` are the waits after each look at the results, the first of which comes ``retry_interval``
    after planning; the last one repeats. WeCom decides a transfer within 24 hours, so the looks are early for
    refusals and close together around that moment.
    """

    ids_per_call: int = 100
    groups_per_day: int = 300
    account_check_interval: timedelta = timedelta(hours=6)
    retry_interval: timedelta = timedelta(minutes=10)
    poll_intervals: tuple[timedelta, ...] = (
        timedelta(minutes=50),
        timedelta(hours=3),
        timedelta(hours=8),
        timedelta(hours=12, minutes=10),
        timedelta(hours=1),
        timedelta(hours=4),
        timedelta(hours=6),
    )
    attention_interval: timedelta = timedelta(days=1)
    account_ageing_after: timedelta = timedelta(days=3)
    undecided_after: timedelta = timedelta(hours=72)
    manual_due_business_days: int = 3

    @property
    def group_chunks_per_day(self) -> int:
        return max(1, self.groups_per_day // self.ids_per_call)

    def poll_after(self, polls: int) -> timedelta:
        """How long to wait after the n-th look, n from 1."""
        return self.poll_intervals[min(max(polls, 1), len(self.poll_intervals)) - 1]

    def manual_due(self, now: datetime) -> datetime:
        """The end of the third working day, Monday to Friday in Shanghai."""
        day = now.astimezone(BUSINESS_ZONE)
        remaining = self.manual_due_business_days
        while remaining:
            day += timedelta(days=1)
            remaining -= day.weekday() < _SATURDAY
        return day.replace(hour=18, minute=0, second=0, microsecond=0)
