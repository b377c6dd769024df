"""The one clock of a local run: wall time plus an offset that only grows."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

# WeCom counts calendar days in Beijing time, which has had no summer time since 1991.
BEIJING = timezone(timedelta(hours=8))
DAY_SECONDS = 86_400
_BEIJING_AHEAD = 8 * 3_600
YEAR_SECONDS = 365 * DAY_SECONDS


class Clock:
    """``now = wall + offset`` in epoch seconds; ``wall`` is replaceable for tests."""

    def __init__(self, wall: Callable[[], float] = time.time) -> None:
        self._wall = wall
        self.offset = 0.0

    def now(self) -> float:
        return self._wall() + self.offset

    def advance_to(self, moment: float) -> None:
        """Make `now` at least ``moment``; a moment in the past changes nothing."""
        self.offset = max(self.offset, moment - self._wall())

    def wall_seconds_until(self, moment: float) -> float:
        return moment - self.now()


def to_iso(moment: float) -> str:
    """``2026-11-21T08:00:00.000Z``."""
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def from_iso(text: str) -> float:
    """Epoch seconds of an ISO 8601 time with a zone."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time needs a zone, for example 2026-11-21T08:00:00Z")
    return moment.timestamp()


def beijing_day(moment: float) -> int:
    """The number of the calendar day in UTC+8; consecutive days differ by one."""
    return datetime.fromtimestamp(moment, BEIJING).toordinal()


def day_start(moment: float) -> int:
    """00:00 of that day in UTC+8, as WeCom's statistics name a day."""
    return int((moment + _BEIJING_AHEAD) // DAY_SECONDS) * DAY_SECONDS - _BEIJING_AHEAD
