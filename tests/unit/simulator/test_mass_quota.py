"""WeCom's own quota of mass messages, in all its modes; who is over it shows in the results only."""

from datetime import datetime
from typing import Any

import pytest

from local.simulator.clock import BEIJING
from local.simulator.mass_quota import MassQuota

from .builders import DAY, Corp
from .test_mass_messages import confirm, created, results


def moment(year: int, month: int, day: int, hour: int = 12) -> float:
    return datetime(year, month, day, hour, tzinfo=BEIJING).timestamp()


def took(quota: MassQuota, at: float, **more: Any) -> bool:
    choice = {"mode": "month_days", "scope": "target", "personal": False, "member": "rm_a", **more}
    return quota.take("wm1", at=at, **choice)


def test_as_many_a_month_as_the_month_has_days() -> None:
    quota = MassQuota()

    february = [took(quota, moment(2027, 2, 1)) for _ in range(29)]

    assert february == [True] * 28 + [False]
    assert took(quota, moment(2027, 3, 1, 0))


def test_seven_a_week_from_monday_also_over_new_year() -> None:
    quota = MassQuota()

    week_53 = [took(quota, moment(2026, 12, 31), mode="week_7") for _ in range(4)]
    same_week = [took(quota, moment(2027, 1, 3), mode="week_7") for _ in range(4)]

    assert week_53 + same_week == [True] * 7 + [False]
    assert took(quota, moment(2027, 1, 4, 0), mode="week_7")


def test_one_a_day_of_beijing() -> None:
    quota = MassQuota()

    assert [took(quota, moment(2026, 11, 26, hour), mode="day_1") for hour in (0, 23)] == [True, False]
    assert took(quota, moment(2026, 11, 27, 0), mode="day_1")


def test_the_old_four_a_month_count_apart_from_one_a_day_of_each_member() -> None:
    quota = MassQuota()
    old = {"mode": "legacy_month_4"}

    of_corp = [took(quota, moment(2026, 11, day), **old) for day in range(1, 6)]
    personal = [
        took(quota, moment(2026, 11, 26), personal=True, member=name, **old) for name in ("rm_a", "rm_a", "rm_b")
    ]

    assert of_corp == [True] * 4 + [False]
    assert personal == [True, False, True]
    assert took(quota, moment(2026, 12, 1), **old)


def test_the_quota_may_be_each_members_and_follows_a_rename() -> None:
    quota = MassQuota()
    each = {"mode": "day_1", "scope": "member_target"}
    at = moment(2026, 11, 26)

    first = [took(quota, at, member=name, **each) for name in ("rm_a", "RM_A", "rm_b")]
    quota.rename("rm_a", "rm_x")

    assert first == [True, False, True]
    assert not took(quota, at, member="rm_x", **each)


@pytest.mark.parametrize(("counted_at", "second"), [("confirmation", 1), ("creation", 3)])
def test_who_is_over_the_quota_ends_in_status_3_and_when_it_counts_is_a_knob(counted_at: str, second: int) -> None:
    corp = Corp(mass_quota="day_1", mass_quota_counted_at=counted_at)
    first, later = created(corp, "wm1", "wm2"), created(corp, "wm1")
    corp.simulator.mass_messages.send_personally("rm_a", "single", ["wm2"], "早")

    confirm(corp, later)
    corp.advance(DAY if counted_at == "creation" else 0)
    confirm(corp, first)

    assert results(corp, later) == {"wm1": second}
    expected = {"confirmation": {"wm1": 3, "wm2": 3}, "creation": {"wm1": 1, "wm2": 1}}
    assert results(corp, first) == expected[counted_at]
