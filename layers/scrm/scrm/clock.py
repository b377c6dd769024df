"""The only source of "now": UTC wall time plus an offset that the local run's simulator sets.

The offset is zero unless ``CLOCK_URL`` is set, is read once per invocation (`refresh`), only grows and
is never negative. ``CLOCK_URL`` is refused unless ``WECOM_BASE_URL`` is a loopback address, so that a
production stack cannot be put on another time. Business days and ISO weeks are Asia/Shanghai.
"""

import json
import os
from datetime import UTC, datetime, timedelta, timezone
from urllib.parse import urlsplit

# China keeps one time and no summer time since 1991; the time zone database would cost 2 % of a cold start.
BUSINESS_ZONE = timezone(timedelta(hours=8), "Asia/Shanghai")
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_OFFSET_TIMEOUT_S = 2.0

_offset = timedelta(0)


class ClockConfigurationError(Exception):
    """``CLOCK_URL`` is set although the stack talks to the real WeCom."""


def now() -> datetime:
    """The current time, UTC, cut to the millisecond."""
    moment = datetime.now(UTC) + _offset
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def refresh() -> None:
    """Read the offset from ``CLOCK_URL``; does nothing in production, where it is not set."""
    url = os.environ.get("CLOCK_URL", "")
    if not url:
        return
    for name in ("WECOM_BASE_URL", "CLOCK_URL"):
        if urlsplit(os.environ.get(name, "")).hostname not in _LOOPBACK:
            raise ClockConfigurationError(f"CLOCK_URL is for the local run only: {name} must be a loopback address")
    import urllib.request  # noqa: PLC0415 - the local run alone needs it

    with urllib.request.urlopen(url, timeout=_OFFSET_TIMEOUT_S) as reply:  # noqa: S310 - loopback, checked above
        advance_to(timedelta(seconds=float(json.load(reply)["offset_seconds"])))


def advance_to(offset: timedelta) -> None:
    """Move to ``offset`` after wall time; a smaller one than before is ignored, because time only grows."""
    global _offset  # noqa: PLW0603 - one clock per process is the point
    _offset = max(_offset, offset, timedelta(0))


def of_platform(moment: datetime) -> datetime:
    """A time that AWS itself wrote, such as a file's upload, on this clock: AWS stays on wall time in the local run."""
    return moment + _offset


def reset() -> None:
    """Back to wall time; for tests."""
    global _offset  # noqa: PLW0603
    _offset = timedelta(0)


def to_iso(moment: datetime) -> str:
    """``2026-11-21T08:00:00.000Z``, the form every store and message uses; it sorts as text."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def from_iso(text: str) -> datetime:
    """The inverse of `to_iso`; also takes an explicit offset. A time without a zone is refused."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time needs a zone, for example 2026-11-21T08:00:00Z")
    return moment.astimezone(UTC)
