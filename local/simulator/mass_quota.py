"""WeCom's own quota: how many mass messages a customer or a group may get in a month, a week or a day, UTC+8.

The modes are those of the content paper's 1.1: the two official pages disagree, and a corp can switch.
"""

import calendar
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from local.simulator.clock import BEIJING

type QuotaMode = Literal["month_days", "week_7", "day_1", "legacy_month_4"]
type QuotaScope = Literal["target", "member_target"]
_LEGACY_CORP, _LEGACY_PERSONAL, _PER_WEEK, _PER_DAY = 4, 1, 7, 1


@dataclass(frozen=True, slots=True)
class Counted:
    """One message that reached a customer or a group."""

    day: date
    member: str
    personal: bool


@dataclass(slots=True)
class MassQuota:
    by_target: dict[str, list[Counted]] = field(default_factory=dict)

    def take(
        self, target_id: str, member: str, at: float, *, mode: QuotaMode, scope: QuotaScope, personal: bool
    ) -> bool:
        """Count a message to ``target_id`` at that time; False when there is no place for it."""
        one = Counted(datetime.fromtimestamp(at, BEIJING).date(), member.lower(), personal)
        sent = self.by_target.setdefault(target_id, [])
        if sum(_counts(earlier, one, mode, scope) for earlier in sent) >= _cap(one, mode):
            return False
        sent.append(one)
        return True

    def rename(self, old: str, new: str) -> None:
        for target_id, sent in self.by_target.items():
            self.by_target[target_id] = [
                Counted(one.day, new.lower(), one.personal) if one.member == old.lower() else one for one in sent
            ]


def _counts(earlier: Counted, one: Counted, mode: QuotaMode, scope: QuotaScope) -> bool:
    """Whether an earlier message takes a place of the quota that this one needs."""
    if mode == "legacy_month_4":
        if earlier.personal != one.personal or (one.personal and earlier.member != one.member):
            return False
        return _day(earlier) == _day(one) if one.personal else _month(earlier) == _month(one)
    if scope == "member_target" and earlier.member != one.member:
        return False
    period = _PERIODS[mode]
    return period(earlier) == period(one)


def _cap(one: Counted, mode: QuotaMode) -> int:
    if mode == "legacy_month_4":
        return _LEGACY_PERSONAL if one.personal else _LEGACY_CORP
    if mode == "month_days":
        return calendar.monthrange(one.day.year, one.day.month)[1]
    return _PER_WEEK if mode == "week_7" else _PER_DAY


def _month(one: Counted) -> object:
    return one.day.year, one.day.month


def _week(one: Counted) -> object:
    return one.day.isocalendar()[:2]


def _day(one: Counted) -> object:
    return one.day


_PERIODS: dict[QuotaMode, Callable[[Counted], object]] = {"month_days": _month, "week_7": _week, "day_1": _day}
