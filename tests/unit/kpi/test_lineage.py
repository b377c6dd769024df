"""A merged node's past stays where it was, and who asks for the node that is left finds it."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

import pytest

from scrm.kpi.lineage import LineageMeasures
from tests.unit.kpi.test_rollup import World, fact

FIRST, LAST = date(2027, 3, 1), date(2027, 3, 31)
MERGED = {"21": "12", "20": "10"}


@pytest.fixture
def world() -> World:
    """Team 21 of branch 20 goes to team 12 of branch 10 in the middle of the month, with its only member."""
    found = World()
    found.tell("contact_added", fact("a", path="/1/20/21/", userid="rm_old"), fact("b", userid="rm_stays"))
    found.run()
    found.now += timedelta(days=15)
    found.tell("contact_added", fact("c", found.now, userid="rm_old"))
    found.run()
    return found


def asked(world: World, merged: Mapping[str, str], node_id: str) -> int:
    measures = LineageMeasures(world.stores.measures, lambda: merged)
    return sum(day["added"] for day in measures.of_days(node_id, FIRST, LAST).values())


def test_who_asks_for_the_node_that_is_left_finds_both(world: World) -> None:
    assert (asked(world, {}, "12"), asked(world, MERGED, "12"), asked(world, MERGED, "10")) == (2, 3, 3)

    members = LineageMeasures(world.stores.measures, lambda: MERGED).of_members("12", FIRST, LAST)
    assert {userid: sorted(days) for userid, days in members.items()} == {
        "rm_old": [date(2027, 3, 1), date(2027, 3, 16)],
        "rm_stays": [date(2027, 3, 1)],
    }


def test_nothing_of_the_past_moves(world: World) -> None:
    assert asked(world, MERGED, "1") == asked(world, {}, "1") == 3
    assert asked(world, MERGED, "20") == asked(world, MERGED, "21") == 1


def test_merged_twice_is_found_and_a_loop_ends(world: World) -> None:
    assert asked(world, {"21": "99", "99": "12"}, "12") == 3
    assert asked(world, {"21": "12", "12": "21"}, "12") == 3


def test_a_late_fact_of_the_merged_node_counts_there(world: World) -> None:
    world.tell("contact_added", fact("late", datetime(2027, 3, 2, 2, tzinfo=UTC), "/1/20/21/", "rm_old"))
    world.run()

    assert (asked(world, {}, "21"), asked(world, MERGED, "12")) == (2, 4)
