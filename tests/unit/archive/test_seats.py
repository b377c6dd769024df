"""Who of the members that serve customers has a seat (S70)."""

from datetime import UTC, datetime

from scrm.archive.coverage import Coverage
from scrm.archive.seats import SeatedMember, seats_of
from tests.fakes.coverage import FakeCoverageStore

NOW = datetime(2026, 11, 26, 2, 0, tzinfo=UTC)


def members(count: int) -> list[SeatedMember]:
    return [SeatedMember(f"rm_{number:03d}", "/1/10/") for number in range(count)]


def test_members_without_a_seat_are_named_whether_they_had_one_or_never() -> None:
    store = FakeCoverageStore()
    Coverage(store).take_over(["rm_000", "RM_001"], NOW)
    Coverage(store).take_over(["rm_001"], NOW)

    found = seats_of(store, members(3))

    assert (found.members, found.with_seat, found.is_complete) == (3, 1, True)
    assert [one.userid for one in found.without] == ["rm_000", "rm_002"]


def test_more_members_than_may_be_looked_at_are_told_as_such() -> None:
    found = seats_of(FakeCoverageStore(), members(250), most=249)

    assert (found.members, len(found.without), found.is_complete) == (249, 249, False)
    assert seats_of(FakeCoverageStore(), members(250), most=250).is_complete
