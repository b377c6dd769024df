from dataclasses import replace
from datetime import timedelta

import pytest

from scrm.homes import MOST_IN_A_BUCKET, key_of
from scrm.pressure.model import PressureClass, TouchRefusal
from scrm.pressure.ports import PressureBusyError
from tests.unit.pressure.conftest import T0, W01, W53, Desk

ALL = frozenset({"wm1", "wm2"})


def test_a_third_push_of_a_week_waits(desk: Desk) -> None:
    for number in range(2):
        assert desk.ledger.reserve("rm1", ALL, desk.touch(f"t{number}")).reserved == ALL

    third = desk.ledger.reserve("rm1", [*ALL, "wm3"], desk.touch("t2"))

    assert (third.reserved, third.deferred) == (frozenset({"wm3"}), ALL)
    assert desk.ledger.deferred("rm1") == {"t2": frozenset(map(key_of, ALL))}


def test_a_place_is_held_in_every_week_in_which_the_member_can_still_confirm(desk: Desk) -> None:
    desk.ledger.reserve("rm1", ALL, desk.touch("t1", days=5))

    assert desk.pushes("rm1", "wm1") == {W53: (1, 0), W01: (1, 0)}


def test_a_confirmation_fixes_the_week_and_frees_the_other(desk: Desk) -> None:
    touch = desk.touch("t1", days=5)
    desk.ledger.reserve("rm1", ALL, touch)

    desk.ledger.settle("rm1", touch, {"wm1": W01})
    desk.ledger.settle("rm1", touch, {"wm1": W53})

    assert desk.pushes("rm1", "wm1") == {W01: (0, 1)}
    assert desk.pushes("rm1", "wm2") == {W53: (1, 0), W01: (1, 0)}


def test_a_full_week_keeps_a_task_out_although_the_other_has_room(desk: Desk) -> None:
    for number in range(2):
        desk.ledger.reserve("rm1", ["wm1"], desk.touch(f"t{number}"))

    assert desk.ledger.reserve("rm1", ["wm1"], desk.touch("t9", days=5)).deferred == {"wm1"}
    assert desk.pushes("rm1", "wm1") == {W53: (2, 0)}


def test_a_release_frees_all_weeks_for_good(desk: Desk) -> None:
    touch = desk.touch("t1", days=5)
    desk.ledger.reserve("rm1", ALL, touch)

    desk.ledger.release("rm1", "t1", ["wm1"])
    desk.ledger.release("rm1", "t1", ["wm1"])

    assert desk.pushes("rm1", "wm1") == {}
    assert desk.ledger.reserve("rm1", ALL, touch).refused == {"wm1": TouchRefusal.RELEASED}


def test_what_was_confirmed_before_the_release_counts(desk: Desk) -> None:
    touch = desk.touch("t1")
    desk.ledger.reserve("rm1", ["wm1"], touch)
    desk.ledger.release("rm1", "t1", ["wm1"])

    desk.ledger.settle("rm1", touch, {"wm1": W53})

    assert desk.pushes("rm1", "wm1") == {W53: (0, 1)}
    assert desk.ledger.reserve("rm1", ["wm1"], touch).refused == {"wm1": TouchRefusal.ALREADY_SETTLED}


def test_a_repeat_holds_one_place_and_writes_nothing(desk: Desk) -> None:
    touch = desk.touch("t1")
    first = desk.ledger.reserve("rm1", ALL, touch)
    requests = desk.store.requests

    again = desk.ledger.reserve("RM1", ALL, touch)

    assert again == first
    assert desk.pushes("rm1", "wm1") == {W53: (1, 0)}
    assert desk.store.requests - requests - 1 == 2  # the count above read once


def test_a_higher_priority_takes_the_place_of_a_lower_touch_that_is_recorded_as_waiting(desk: Desk) -> None:
    desk.ledger.reserve("rm1", ALL, desk.touch("low", displaceable=True))
    desk.ledger.reserve("rm1", ALL, desk.touch("middle", priority=5, displaceable=True))

    high = desk.ledger.reserve("rm1", ALL, desk.touch("high", priority=9))

    assert (high.reserved, high.displaced) == (ALL, {"low": ALL})
    assert desk.ledger.lock("rm1", "low", ALL) == frozenset()
    assert desk.ledger.deferred("rm1") == {"low": frozenset(map(key_of, ALL))}


def test_a_touch_that_was_locked_or_has_the_same_priority_keeps_its_place(desk: Desk) -> None:
    desk.ledger.reserve("rm1", ALL, desk.touch("locked", displaceable=True))
    desk.ledger.reserve("rm1", ALL, desk.touch("equal", priority=9, displaceable=True))
    assert desk.ledger.lock("rm1", "locked", ALL) == ALL

    assert desk.ledger.reserve("rm1", ALL, desk.touch("high", priority=9)).deferred == ALL


def test_a_planned_touch_that_is_reserved_again_for_good_is_locked_by_that(desk: Desk) -> None:
    planned = desk.touch("planned", displaceable=True)
    desk.ledger.reserve("rm1", ALL, planned)
    desk.ledger.reserve("rm1", ALL, desk.touch("other"))
    assert desk.ledger.reserve("rm1", ALL, replace(planned, displaceable=False)).reserved == ALL

    assert desk.ledger.reserve("rm1", ALL, desk.touch("high", priority=9)).deferred == ALL


def test_a_task_made_anew_with_more_time_keeps_its_touch(desk: Desk) -> None:
    touch = desk.touch("t1")
    desk.ledger.reserve("rm1", ALL, touch)
    desk.moment = touch.expires_at

    again = desk.ledger.reserve("rm1", ALL, desk.touch("t1", days=5))

    assert again.reserved == ALL
    assert desk.pushes("rm1", "wm1") == {W53: (1, 0), W01: (1, 0)}
    assert desk.ledger.lock("rm1", "t1", ALL) == ALL


def test_nobody_is_displaced_when_that_is_not_enough(desk: Desk) -> None:
    desk.ledger.reserve("rm1", ["wm1"], desk.touch("low", days=5, displaceable=True))
    for number in range(2):
        desk.ledger.settle("rm1", desk.touch(f"own{number}"), {"wm1": W01})

    assert desk.ledger.reserve("rm1", ["wm1"], desk.touch("high", days=5, priority=9)).deferred == {"wm1"}
    assert desk.pushes("rm1", "wm1") == {W53: (1, 0), W01: (1, 2)}


def test_who_waited_gets_a_place_when_one_is_free(desk: Desk) -> None:
    for number in range(3):
        desk.ledger.reserve("rm1", ["wm1"], desk.touch(f"t{number}"))
    desk.ledger.release("rm1", "t0", ["wm1"])

    assert desk.ledger.reserve("rm1", ["wm1"], desk.touch("t2")).reserved == {"wm1"}
    assert desk.ledger.deferred("rm1") == {}


def test_who_waited_until_the_next_week_holds_a_place_there(desk: Desk) -> None:
    content = timedelta(days=9)
    for number in range(3):
        desk.ledger.reserve("rm1", ["wm1"], replace(desk.touch(f"t{number}"), expires_at=T0 + content))
    desk.moment += timedelta(days=6)

    again = desk.ledger.reserve("rm1", ["wm1"], replace(desk.touch("t2"), expires_at=T0 + content))

    assert again.reserved == {"wm1"}
    assert desk.pushes("rm1", "wm1") == {W53: (2, 0), W01: (1, 0)}


def test_expired_content_gets_no_place_is_not_dispatched_and_waits_no_more(desk: Desk) -> None:
    held, waiting = desk.touch("t0"), desk.touch("t2")
    for touch in (held, desk.touch("t1"), waiting):
        desk.ledger.reserve("rm1", ["wm1"], touch)
    desk.moment = held.expires_at

    assert desk.ledger.lock("rm1", "t0", ["wm1"]) == frozenset()
    assert desk.ledger.deferred("rm1") == {}
    assert desk.ledger.reserve("rm1", ["wm1"], waiting).refused == {"wm1": TouchRefusal.EXPIRED}


def test_each_class_has_its_own_cap_and_service_has_none(desk: Desk) -> None:
    for number in range(2):
        desk.ledger.reserve("rm1", ["wm1"], desk.touch(f"t{number}"))

    for number in range(3):
        assert desk.ledger.reserve("rm1", ["wm1"], desk.of_class(f"g{number}", PressureClass.GROUP)).reserved
    assert desk.ledger.reserve("rm1", ["wm1"], desk.of_class("g3", PressureClass.GROUP)).deferred
    for number in range(20):
        assert desk.ledger.reserve("rm1", ["wm1"], desk.of_class(f"s{number}", PressureClass.SERVICE)).reserved


def test_a_class_with_no_cap_left_admits_nobody_but_an_exception(desk: Desk) -> None:
    desk.caps.usual = {PressureClass.PUSH: 0}
    desk.caps.raised = {"wm2": 1}

    found = desk.ledger.reserve("rm1", ALL, desk.touch("t1"))

    assert (found.reserved, found.deferred) == (frozenset({"wm2"}), frozenset({"wm1"}))


def test_what_a_member_sends_by_himself_counts_although_nobody_reserved_it(desk: Desk) -> None:
    for number in range(3):
        desk.ledger.settle("rm1", desk.touch(f"own{number}"), {"wm1": W53})

    assert desk.pushes("rm1", "wm1") == {W53: (0, 3)}
    assert desk.ledger.reserve("rm1", ["wm1"], desk.touch("t1")).deferred == {"wm1"}


def test_entries_follow_the_customer_to_his_new_owner(desk: Desk) -> None:
    touch = desk.touch("t1", days=5)
    desk.ledger.reserve("rm1", ALL, touch)
    desk.ledger.settle("rm1", desk.touch("own"), {"wm1": W53})

    desk.move("wm1", "rm1", "rm2")

    assert desk.ledger.reserve("rm2", ["wm1"], desk.touch("t2")).deferred == {"wm1"}
    assert desk.ledger.reserve("rm1", ["wm1"], desk.touch("t3")).refused == {"wm1": TouchRefusal.OWNER_CHANGED}
    assert desk.ledger.lock("rm1", "t1", ALL) == {"wm2"}
    desk.ledger.settle("rm1", touch, {"wm1": W01})
    assert desk.pushes("rm1", "wm1") == {W53: (0, 1), W01: (0, 1)}


@pytest.mark.parametrize("way", [["rm2"], ["rm2", "rm3"], ["rm2", "rm1"], ["", "rm2"], ["rm2", "", "rm2", "rm1"]])
def test_entries_follow_through_owners_who_never_looked(desk: Desk, way: list[str]) -> None:
    desk.ledger.reserve("rm1", ["wm1"], desk.touch("t1"))
    owner = "rm1"
    for following in way:
        desk.move("wm1", owner, following)
        owner = following

    assert desk.pushes(owner, "wm1") == {W53: (1, 0)}
    assert desk.pushes("rm1", "wm1") == {W53: (1, 0)}
    assert desk.ledger.reserve(owner, ["wm1"], desk.touch("t2")).reserved == {"wm1"}
    assert desk.ledger.reserve(owner, ["wm1"], desk.touch("t3")).deferred == {"wm1"}


def test_a_place_written_after_the_customer_left_is_taken_back(desk: Desk) -> None:
    def hand_over() -> None:
        desk.store.before_save = lambda: None
        desk.move("wm1", "rm1", "rm2")
        desk.ledger.reserve("rm2", ["wm1"], desk.touch("t2"))

    desk.store.before_save = hand_over

    found = desk.ledger.reserve("rm1", ALL, desk.touch("t1"))

    assert found.reserved == {"wm2"}
    assert found.refused == {"wm1": TouchRefusal.OWNER_CHANGED}
    assert desk.pushes("rm2", "wm1") == {W53: (1, 0)}


def test_a_bucket_has_at_most_a_thousand_customers_wherever_they_came_from(desk: Desk) -> None:
    names = [f"wm{number}" for number in range(5_000)]

    assert len(desk.ledger.reserve("rm1", names, desk.touch("t1")).reserved) == 5_000
    for number in range(100):
        desk.move(names[number], "rm1", "rm2")
    desk.ledger.reserve("rm2", [f"vm{number}" for number in range(990)], desk.touch("t2"))

    for home in ("rm1", "rm2"):
        sizes = [len(bucket.keys) for bucket in desk.store.shelf(home).buckets]
        assert max(sizes) <= MOST_IN_A_BUCKET
    assert desk.pushes("rm2", names[5]) == {W53: (1, 0)}
    assert desk.pushes("rm1", names[4_000]) == {W53: (1, 0)}


def test_a_writer_who_always_loses_gives_up_with_the_entry_untouched(desk: Desk) -> None:
    def be_faster() -> None:
        hook, desk.store.before_save = desk.store.before_save, lambda: None
        desk.ledger.settle("rm1", desk.touch(f"own{len(desk.pauses)}"), {"wm9": W53})
        desk.store.before_save = hook

    desk.store.before_save = be_faster

    with pytest.raises(PressureBusyError):
        desk.ledger.reserve("rm1", ["wm1"], desk.touch("t1"))
    desk.store.before_save = lambda: None
    assert desk.pushes("rm1", "wm1") == {}
    assert len(desk.pauses) > 10


def test_a_touch_without_a_week_is_refused(desk: Desk) -> None:
    with pytest.raises(ValueError, match="weeks"):
        desk.ledger.reserve("rm1", ["wm1"], replace(desk.touch("t1"), weeks=()))


def test_old_weeks_are_forgotten(desk: Desk) -> None:
    desk.ledger.settle("rm1", desk.touch("t1"), {"wm1": W53})
    desk.moment += timedelta(days=21)

    desk.ledger.settle("rm1", desk.touch("t2"), {"wm1": "2027-W03"})

    assert desk.pushes("rm1", "wm1") == {"2027-W03": (0, 1)}
