"""When nobody is asked to send anything to customers (S37, R19); Shanghai time."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from scrm.clock import BUSINESS_ZONE

EVERY_DAY: Final = frozenset(range(1, 8))


@dataclass(frozen=True, slots=True)
class WorkingHours:
    """When members of a node work: from ``begins`` until just before ``ends``, on ``weekdays`` (1 is Monday)."""

    begins: time
    ends: time
    weekdays: frozenset[int] = EVERY_DAY

    def away_until(self, at: datetime) -> datetime | None:
        """When they work again; None: they work at that moment."""
        local = at.astimezone(BUSINESS_ZONE)
        if self._works_on(local.date()) and self.begins <= local.time() < self.ends:
            return None
        today = local.date() if local.time() < self.begins else local.date() + timedelta(days=1)
        return datetime.combine(self._working_day(today), self.begins, BUSINESS_ZONE).astimezone(at.tzinfo)

    def end_after(self, at: datetime) -> datetime:
        """When the hours end in which ``at`` lies, or the next ones."""
        local = at.astimezone(BUSINESS_ZONE)
        today = local.date() if local.time() < self.ends else local.date() + timedelta(days=1)
        return datetime.combine(self._working_day(today), self.ends, BUSINESS_ZONE).astimezone(at.tzinfo)

    def _works_on(self, day: date) -> bool:
        return day.isoweekday() in self.weekdays

    def _working_day(self, day: date) -> date:
        """That day, or the first one after it."""
        return next(found for count in range(8) if self._works_on(found := day + timedelta(days=count)))


def quiet_until(at: datetime, begin: time, end: time) -> datetime | None:
    """When the quiet hours end in which ``at`` lies; None outside them. Equal times mean that there are none."""
    local = at.astimezone(BUSINESS_ZONE)
    spans_midnight = begin > end
    quiet = (local.time() >= begin or local.time() < end) if spans_midnight else begin <= local.time() < end
    if not quiet:
        return None
    day = local.date() + timedelta(days=1) if spans_midnight and local.time() >= begin else local.date()
    return datetime.combine(day, end, BUSINESS_ZONE).astimezone(at.tzinfo)


def next_quiet(at: datetime, begin: time, end: time) -> datetime | None:
    """When the next quiet hours begin after ``at``; None when the bank has none."""
    if begin == end:
        return None
    local = at.astimezone(BUSINESS_ZONE)
    today = datetime.combine(local.date(), begin, BUSINESS_ZONE)
    return (today if today > local else today + timedelta(days=1)).astimezone(at.tzinfo)
