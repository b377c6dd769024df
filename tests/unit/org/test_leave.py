from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise, permutations

import pytest

from scrm.org.acting import ActingMembers
from scrm.org.leave import Leaves, LeaveTold, ReturnTold
from scrm.org.model import MemberStatus
from tests.fakes.org import T0, FakeOrg, member

FIRST, LAST = date(2026, 11, 23), date(2026, 11, 30)


def told(userid: str, cover: str = "", hours: int = 0, first: date = FIRST, last: date | None = LAST) -> LeaveTold:
    return LeaveTold(userid, first, last, f"hr-{userid}-{hours}", T0 + timedelta(hours=hours), cover)


def back(userid: str, hours: int, on: date | None = None) -> ReturnTold:
    return ReturnTold(userid, f"hr-{userid}-{hours}", T0 + timedelta(hours=hours), on)


@pytest.fixture
def org() -> FakeOrg:
    return FakeOrg.of(*map(member, ("rm_a", "rm_b", "rm_c", "rm_d")))


def test_cover_acts_from_the_first_to_the_last_day_in_shanghai(org: FakeOrg) -> None:
    Leaves(org).on_leave(told("rm_a", "rm_b"))

    acting = ActingMembers(org)
    before, begin, end, after = (
        T0.replace(day=22, hour=15, minute=59),
        T0.replace(day=22, hour=16),
        T0.replace(day=30, hour=15, minute=59),
        T0.replace(day=30, hour=16),
    )
    assert [acting.acting_for("rm_a", at) for at in (before, begin, end, after)] == ["rm_a", "rm_b", "rm_b", "rm_a"]
    assert acting.acts_for("rm_b", begin) == ["rm_a"]
    assert acting.acts_for("rm_b", after) == []


def test_leave_without_a_last_day_ends_with_the_return(org: FakeOrg) -> None:
    leaves, acting = Leaves(org), ActingMembers(org)
    leaves.on_leave(told("rm_a", "rm_b", last=None))

    leaves.returned(back("rm_a", 48, date(2026, 12, 20)))

    assert acting.acting_for("rm_a", T0.replace(month=12, day=19)) == "rm_b"
    assert acting.acting_for("rm_a", T0.replace(month=12, day=20)) == "rm_a"


def test_latest_word_holds_in_whatever_order_they_come() -> None:
    words: list[LeaveTold | ReturnTold] = [
        told("rm_a", "rm_b"),
        told("rm_a", "rm_c", hours=1),
        back("rm_a", 2, FIRST),
        told("rm_a", "rm_d", hours=3),
    ]
    ends = set()

    for order in permutations(words):
        org = FakeOrg.of(*map(member, ("rm_a", "rm_b", "rm_c", "rm_d")))
        for word in order:
            if isinstance(word, LeaveTold):
                Leaves(org).on_leave(word)
            else:
                Leaves(org).returned(word)
        ends.add(org.leaves["rm_a"])

    assert [(end.cover_userid, end.returned_on) for end in ends] == [("rm_d", None)]


def test_return_that_comes_before_its_leave_ends_it_all_the_same(org: FakeOrg) -> None:
    Leaves(org).returned(back("rm_a", 5))

    result = Leaves(org).on_leave(told("rm_a", "rm_b"))

    assert not result.stored
    assert ActingMembers(org).acting_for("rm_a", T0) == "rm_a"


def test_cancelled_leave_never_was(org: FakeOrg) -> None:
    Leaves(org).on_leave(told("rm_a", "rm_b"))

    Leaves(org).returned(replace(back("rm_a", 1), returned_on=date.min))

    assert ActingMembers(org).acting_for("rm_a", T0) == "rm_a"


@pytest.mark.parametrize(
    ("cover", "reason"),
    [
        ("rm_a", "the member himself"),
        ("rm_x", "no member of this corp"),
        ("rm_left", "has left"),
        ("rm_new", "not active"),
        ("rm_b", "on leave himself"),
    ],
)
def test_cover_who_cannot_act_is_refused_and_the_leave_is_known_all_the_same(
    org: FakeOrg, cover: str, reason: str
) -> None:
    org.put_member(member("rm_left", status=MemberStatus.LEFT))
    org.put_member(member("rm_new", status=MemberStatus.NOT_ACTIVATED))
    Leaves(org).on_leave(told("rm_b", "rm_c", first=LAST))

    results = [Leaves(org).on_leave(told("rm_a", cover)) for _ in range(2)]

    assert all(reason in result.refused for result in results)
    assert [result.stored for result in results] == [True, False]
    assert ActingMembers(org).acting_for("rm_a", T0) == ""


def test_leave_of_an_unknown_member_is_refused(org: FakeOrg) -> None:
    result = Leaves(org).on_leave(told("rm_x", "rm_b"))

    assert not result.stored
    assert "no member of this corp" in result.refused


@pytest.mark.parametrize("length", [2, 3, 4])
def test_covers_that_form_a_circle_are_refused(org: FakeOrg, length: int) -> None:
    people = ["rm_a", "rm_b", "rm_c", "rm_d"][:length]
    leaves = Leaves(org)
    for userid, cover in pairwise(people):
        assert leaves.on_leave(told(userid, cover)).refused == ""

    result = leaves.on_leave(told(people[-1], "rm_a"))

    assert "circle" in result.refused
    assert ActingMembers(org).acting_for("rm_a", T0) == ""


def test_circle_that_two_writers_made_at_once_ends_the_search(org: FakeOrg) -> None:
    leaves = Leaves(org)
    leaves.on_leave(told("rm_a", "rm_b"))
    stored = org.leaves["rm_a"]
    org.leaves["rm_b"] = replace(stored, userid="rm_b", cover_userid="rm_a")

    acting = ActingMembers(org)
    assert acting.acting_for("rm_a", T0) == ""
    assert acting.acts_for("rm_a", T0) == ["rm_b"]


def test_cover_of_the_cover_acts_for_both(org: FakeOrg) -> None:
    Leaves(org).on_leave(told("rm_a", "rm_b"))
    Leaves(org).on_leave(told("rm_b", "rm_c"))

    acting = ActingMembers(org)
    assert acting.acting_for("rm_a", T0) == "rm_c"
    assert acting.acts_for("rm_c", T0) == ["rm_b", "rm_a"]


def test_nobody_acts_when_the_cover_left_meanwhile(org: FakeOrg) -> None:
    Leaves(org).on_leave(told("rm_a", "rm_b"))
    org.put_member(member("rm_b", status=MemberStatus.LEFT, at=T0 + timedelta(hours=1)))

    assert ActingMembers(org).acting_for("rm_a", T0) == ""
