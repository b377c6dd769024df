"""Time during which a branch is open: what a customer waits at night is not held against his manager."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from scrm.clock import BUSINESS_ZONE

_SATURDAY: Final = 5


@dataclass(frozen=True, slots=True)
class WorkingTime:
    """From ``opens`` to ``closes`` in Shanghai, Monday to Friday.

    ``holidays`` are closed whatever weekday they are; on ``working_weekends`` China makes up for them.
    """

    opens: time = time(9)
    closes: time = time(18)
    holidays: frozenset[date] = frozenset()
    working_weekends: frozenset[date] = frozenset()

    def is_open_on(self, day: date) -> bool:
        if day in self.holidays:
            return False
        return day.weekday() < _SATURDAY or day in self.working_weekends

    def seconds_between(self, start: datetime, end: datetime) -> int:
        """Whole seconds of open time from ``start`` to ``end``; 0 when ``end`` is not later."""
        if end <= start:
            return 0
        first, last = start.astimezone(BUSINESS_ZONE).date(), end.astimezone(BUSINESS_ZONE).date()
        days = (first + timedelta(days=count) for count in range((last - first).days + 1))
        return sum(self._seconds_on(day, start, end) for day in days if self.is_open_on(day))

    def _seconds_on(self, day: date, start: datetime, end: datetime) -> int:
        opens = datetime.combine(day, self.opens, BUSINESS_ZONE)
        closes = datetime.combine(day, self.closes, BUSINESS_ZONE)
        return max(0, int((min(end, closes) - max(start, opens)).total_seconds()))
