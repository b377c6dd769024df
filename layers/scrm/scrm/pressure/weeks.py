"""ISO weeks of the business zone, Asia/Shanghai (S39): ``2026-W53``, which sorts as text."""

from datetime import datetime, timedelta

from scrm.clock import BUSINESS_ZONE

_WEEK = timedelta(days=7)


def week_of(moment: datetime) -> str:
    """The week a moment lies in; around New Year the week's year is not always the moment's."""
    year, week, _ = moment.astimezone(BUSINESS_ZONE).isocalendar()
    return f"{year:04d}-W{week:02d}"


def weeks_between(first: datetime, last: datetime) -> tuple[str, ...]:
    """Every week from one moment to another, both included; none when the last lies before the first."""
    found, moment, end = [], first, week_of(last)
    while (week := week_of(moment)) <= end:
        found.append(week)
        moment += _WEEK
    return tuple(found)
