"""When nobody is asked to send anything to customers (S37, R19); Shanghai time."""

from datetime import datetime, time, timedelta

from scrm.clock import BUSINESS_ZONE


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
