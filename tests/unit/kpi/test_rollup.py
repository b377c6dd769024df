"""Facts become counters: exactly once, whatever is told twice, late or half."""

import json
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from scrm import clock, ids
from scrm.clock import BUSINESS_ZONE
from scrm.kpi.counting import SHARDS
from scrm.kpi.rollup import DAYS_COUNTED, RollUp
from tests.fakes.rollup import FakeRollupStores, InjectedFaultError

AT = datetime(2027, 3, 1, 2, tzinfo=UTC)
DAY = date(2027, 3, 1)
TEAM, BRANCH, BANK = "12", "10", "1"
PATH = "/1/10/12/"


class World:
    def __init__(self) -> None:
        self.stores = FakeRollupStores()
        self.now = AT
        self.told = 0

    @property
    def rollup(self) -> RollUp:
        return self.stores.rollup(lambda: self.now)

    def tell(self, kind: str, *lines: dict[str, Any]) -> str:
        self.told += 1
        return self.stores.write(kind, self.now.astimezone(BUSINESS_ZONE).date(), f"told-{self.told:03d}", lines)

    def run(self) -> int:
        return sum(applied.news for applied in self.rollup.run(lambda: True))

    def total(self, node_id: str = TEAM, day: date = DAY) -> dict[str, int]:
        return self.stores.measures.of_days(node_id, day, day).get(day, {})

    def members(self, node_id: str = TEAM, day: date = DAY) -> dict[str, dict[str, int]]:
        return {who: days[day] for who, days in self.stores.measures.of_members(node_id, day, day).items()}


@pytest.fixture
def world() -> World:
    return World()


def fact(event: str, at: datetime = AT, path: str = PATH, userid: str = "rm1", **more: Any) -> dict[str, Any]:
    return {
        "schema_version": 1,
        "event_id": ids.derive("event", event),
        "occurred_at": clock.to_iso(at),
        "node_path": path,
        "userid": userid,
        **more,
    }


def settled(customer: str, state: str, at: datetime = AT, corrects: str | None = None) -> dict[str, Any]:
    return fact(f"{customer} {state}", at, channel="one_to_one", state=state, corrects=corrects)


def judged(add: str, told_at: datetime, *, valid: bool, decided: bool = True, userid: str = "rm1") -> dict[str, Any]:
    return fact(add, userid=userid, valid=valid, decided=decided, told_at=clock.to_iso(told_at))


def test_a_fact_counts_for_the_member_his_team_the_branch_and_the_bank(world: World) -> None:
    world.tell("contact_added", fact("a"), fact("b", userid="rm2"), fact("c", path="/1/20/21/", userid="rm3"))

    assert world.run() == 3
    assert world.members() == {"rm1": {"added": 1}, "rm2": {"added": 1}}
    assert world.total(TEAM) == world.total(BRANCH) == {"added": 2}
    assert world.total(BANK) == {"added": 3}


def test_who_sits_in_the_branch_itself_counts_there_and_above(world: World) -> None:
    world.tell("contact_added", fact("a"), fact("b", path="/1/10/", userid="head"), fact("c", path="/1/", userid="hq"))

    world.run()

    assert world.members(BRANCH) == {"head": {"added": 1}}
    assert (world.total(TEAM), world.total(BRANCH), world.total(BANK)) == ({"added": 1}, {"added": 2}, {"added": 3})


def test_the_day_is_that_of_shanghai(world: World) -> None:
    world.tell("contact_added", fact("a", datetime(2027, 2, 28, 16, 30, tzinfo=UTC)), fact("b", AT - timedelta(1)))

    world.run()

    assert world.total() == {"added": 1}
    assert world.total(day=date(2027, 2, 28)) == {"added": 1}


def test_every_kind_of_fact_counts(world: World) -> None:
    told_at: dict[str, Any] = {"told_at": clock.to_iso(AT)}
    answers: dict[str, Any] = {"inquiries": 5, "answered": 4, "answered_in_time": 3, "response_seconds": 600}
    world.tell("contact_lost", fact("lost"))
    world.tell("customer_came", fact("came"))
    world.tell("send_settled", settled("c1", "sent"), settled("c2", "not_friend"))
    world.tell(
        "task_done",
        fact("t1", state="given"),
        fact("t2", state="given"),
        fact("t3", state="done"),
        fact("t4", state="cancelled"),
    )
    world.tell("message_archived", fact("p1", messages_out=7, messages_in=9))
    world.tell("handover_finished", fact("h1", customers_done=30, customers_failed=2))
    world.tell("service_quality", fact("s1", **answers, **told_at))
    world.tell("moment_reactions", fact("m1", kind="like"), fact("m2", kind="comment"))
    world.tell("add_judged", judged("j1", AT, valid=True), judged("j2", AT, valid=False))
    world.tell("add_judged", judged("j3", AT, valid=False, decided=False))

    world.run()

    assert world.total() == {
        "lost": 1,
        "customers_came": 1,
        "sends_settled_one_to_one": 2,
        "reached_one_to_one": 1,
        "tasks_given": 2,
        "tasks_done": 1,
        "messages_out": 7,
        "messages_in": 9,
        "handovers_done": 30,
        "handovers_failed": 2,
        "questions": 5,
        "answered": 4,
        "answered_in_time": 3,
        "first_response_seconds": 600,
        "moment_likes": 1,
        "moment_comments": 1,
        "valid_added": 1,
        "adds_decided": 2,
    }


def test_an_event_that_is_told_again_in_another_document_counts_once(world: World) -> None:
    world.tell("contact_added", fact("a"), fact("a"))
    world.run()

    world.tell("contact_added", fact("b"), fact("a"))

    assert world.run() == 1
    assert world.total() == {"added": 2}


def test_a_stream_that_is_told_again_a_week_later_changes_nothing_and_makes_no_version(world: World) -> None:
    lines = [fact(str(number), userid=f"rm{number % 3}") for number in range(30)]
    world.tell("contact_added", *lines)
    world.run()
    before = dict(world.stores.measures.packs)

    world.now += timedelta(days=7)
    world.tell("contact_added", *reversed(lines))

    assert world.run() == 0
    assert world.stores.measures.packs == before
    assert world.stores.versions == {}


def test_a_corrected_end_is_reached_on_its_own_day_and_settled_once(world: World) -> None:
    world.tell("send_settled", settled("c1", "not_confirmed"), settled("c2", "sent"))
    world.run()
    later = AT + timedelta(days=2)
    world.now = later

    world.tell("send_settled", settled("c1", "sent", later, "not_confirmed"))
    world.run()

    assert world.total() == {"sends_settled_one_to_one": 2, "reached_one_to_one": 1}
    assert world.total(day=later.date()) == {"reached_one_to_one": 1}


def test_the_last_told_judgement_counts_whichever_comes_first(world: World) -> None:
    later = AT + timedelta(hours=5)
    world.tell("add_judged", judged("c1", later, valid=False), judged("c2", AT, valid=True))
    world.run()

    world.tell("add_judged", judged("c1", AT, valid=True), judged("c2", later, valid=True, userid="rm2"))
    world.run()

    assert world.total() == {"valid_added": 1, "adds_decided": 2}
    assert world.members() == {"rm1": {"adds_decided": 1}, "rm2": {"valid_added": 1, "adds_decided": 1}}


def test_the_same_told_anew_is_no_version_of_a_closed_day(world: World) -> None:
    world.tell("add_judged", judged("c1", AT, valid=True))
    world.run()
    world.now += timedelta(days=5)

    world.tell("add_judged", judged("c1", AT + timedelta(hours=2), valid=True))
    world.run()
    world.tell("add_judged", judged("c1", AT + timedelta(hours=1), valid=False))
    world.run()

    assert world.total() == {"valid_added": 1, "adds_decided": 1}
    assert world.stores.versions == {}


def test_an_add_that_waits_is_no_figure_yet_and_one_of_before_decided_was_told_is_read(world: World) -> None:
    of_before = judged("c2", AT, valid=True)
    del of_before["decided"]
    world.tell("add_judged", judged("c1", AT, valid=False, decided=False), of_before)
    world.run()

    assert world.total() == {"valid_added": 1, "adds_decided": 1}


def test_a_late_fact_of_a_closed_day_makes_a_version_of_it(world: World) -> None:
    world.tell("contact_added", fact("a"))
    world.run()
    world.now += timedelta(days=1)
    world.tell("contact_added", fact("b"))
    world.run()
    assert world.stores.versions == {}

    world.now += timedelta(days=1)
    world.tell("contact_added", fact("c"), fact("a"))
    world.run()

    assert world.total() == {"added": 3}
    assert world.stores.versions == {(DAY, 3): (1, False)}
    assert {pack.version for pack in world.stores.measures.packs.values()} == {3}


def test_lines_that_are_no_facts_are_refused_one_by_one_without_their_content(world: World) -> None:
    key = world.tell(
        "contact_added",
        fact("a"),
        {**fact("b"), "occurred_at": "2027-03-01 10:00:00 lunch"},
        fact("c", AT + timedelta(days=3)),
        fact("d", AT - timedelta(days=DAYS_COUNTED)),
        fact("e", path="12"),
        {**fact("f"), "userid": 7},
    )
    world.stores.files[key] += b"\xff{\n"
    world.stores.files[key] += json.dumps({**fact("g"), "occurred_at": "2027-03-01T1O:00:00.000Z"}).encode()

    world.run()

    assert world.total() == {"added": 1}
    told = world.stores.refusals[1]
    assert sorted((one.line, one.why) for one in told) == [
        (2, "Expected `str` of length <= 24 - at `$.occurred_at`"),
        (3, "occurred_at is in the future"),
        (4, "occurred_at is more than 100 days ago: recount the day"),
        (5, "node_path is not of the form /1/10/12/"),
        (6, "Expected `str`, got `int` - at `$.userid`"),
        (7, "not a JSON object in UTF-8"),
        (8, "occurred_at is not a time of the form 2026-11-21T08:00:00.000Z"),
    ]
    assert {one.key for one in told} == {key}


@pytest.mark.parametrize("is_first", [True, False])
def test_a_line_with_a_broken_time_takes_no_line_of_the_same_hour_with_it(world: World, *, is_first: bool) -> None:
    broken = {**fact("a"), "occurred_at": "2027-03-01T02:00:0O.000Z"}
    lines = [broken, fact("b")]

    world.tell("contact_added", *(lines if is_first else reversed(lines)))
    world.run()

    assert world.total() == {"added": 2}


def test_a_window_takes_no_more_than_its_bytes_and_days_of_standstill_leave_nothing_behind(
    world: World,
) -> None:
    for number in range(5):
        world.tell("contact_added", fact(str(number), world.now))
        world.now += timedelta(days=1)

    windows = list(world.stores.rollup(lambda: world.now, most_bytes=200).run(lambda: True))

    assert [applied.documents for applied in windows] == [1] * 5
    assert sum(world.total(BANK, DAY + timedelta(days=ahead))["added"] for ahead in range(5)) == 5
    assert world.run() == 0


def test_a_document_that_lands_in_the_folder_of_yesterday_after_midnight_is_found(world: World) -> None:
    world.tell("contact_added", fact("a"))
    world.run()
    world.now += timedelta(days=1)
    world.tell("contact_added", fact("b", world.now))
    world.run()

    world.stores.write("contact_added", DAY, "late", [fact("c")])

    assert world.run() == 1


def test_without_time_the_window_stays_for_the_next_run(world: World) -> None:
    world.tell("contact_added", *(fact(str(branch), path=f"/1/{branch}/{branch}1/") for branch in range(10, 40)))
    looks = iter([True, True, True, False])

    assert list(world.rollup.run(lambda: next(looks))) == []
    assert 0 < world.total(BANK)["added"] < 30

    world.run()
    assert world.total(BANK) == {"added": 30}


def test_a_node_with_many_members_has_several_packs_of_which_only_changed_ones_are_written(world: World) -> None:
    world.tell("contact_added", *(fact(str(number), userid=f"rm{number:03d}") for number in range(120)))
    world.run()
    packs = world.stores.measures.packs
    assert sorted(part for node, _, _, part in packs if node == TEAM) == [0, 1, 2]

    world.tell("contact_added", fact("again", userid="rm110"))
    world.run()

    written = {(node, part) for (node, _, _, part), pack in packs.items() if pack.window == 2}
    assert written == {(TEAM, 0), (TEAM, 2), (BRANCH, 0), (BANK, 0)}
    assert world.total() == {"added": 121}
    assert len(world.members()) == 120


def test_a_team_that_is_moved_during_the_month_takes_nothing_of_its_past_along(world: World) -> None:
    world.tell("contact_added", fact("a"), fact("b", path="/1/20/12/"))
    world.run()

    assert world.total(TEAM) == {"added": 2}
    assert world.total("10") == world.total("20") == {"added": 1}
    assert world.total(BANK) == {"added": 2}


def test_a_recount_from_the_facts_alone_repairs_counts_and_is_a_version_of_the_day(world: World) -> None:
    world.tell("contact_added", *(fact(str(number), userid=f"rm{number % 4}") for number in range(20)))
    world.tell("send_settled", settled("c1", "sent"))
    world.run()
    right = world.total()
    shard = next(iter(world.stores.states))
    (text,) = world.stores.states[shard].values()
    world.stores.states[shard] = {1: text.replace(b'"added":5', b'"added":4')}
    world.now += timedelta(days=4)

    (applied,) = world.rollup.recount(DAY, lambda: True)

    assert world.total() == right
    assert applied.late == {DAY: 21}
    assert world.stores.versions == {(DAY, 2): (21, True)}


def test_a_recount_that_finds_the_same_makes_no_version(world: World) -> None:
    world.tell("contact_added", fact("a"))
    world.run()
    world.now += timedelta(days=30)

    (applied,) = world.rollup.recount(DAY, lambda: True)

    assert applied.late == {}
    world.tell("contact_added", fact("b", world.now))
    assert world.run() == 1


def test_a_recount_goes_on_where_time_ran_out(world: World) -> None:
    world.tell("contact_added", *(fact(str(branch), path=f"/1/{branch}/{branch}1/") for branch in range(10, 40)))
    world.run()
    world.stores.reads = 0

    list(world.rollup.recount(DAY, looks(8)))
    assert world.stores.windows[2].recounts == DAY
    runs = 1
    while world.stores.cursor < 2:
        list(world.rollup.run(looks(4)))
        runs += 1

    assert runs > 1
    assert world.stores.reads == SHARDS // 2
    assert world.total(BANK) == {"added": 30}


def test_a_recount_gives_way_to_a_window_that_somebody_else_planned_at_once(world: World) -> None:
    world.tell("contact_added", fact("a"))
    world.run()

    def meanwhile() -> None:
        """When this one has looked what landed, before it stores its window."""
        if len(world.stores.windows) == 1 and sys._getframe(2).f_code.co_name == "add":
            world.stores.at_step = lambda: None
            world.tell("contact_added", fact("b"))
            assert world.rollup._planned(2) is not None

    world.stores.at_step = meanwhile
    list(world.rollup.recount(DAY, lambda: True))

    assert world.total() == {"added": 2}
    assert [window.recounts for window in world.stores.windows.values()] == [None, None, DAY]


def looks(number: int) -> Callable[[], bool]:
    """Time for so many looks at the clock."""
    left = iter([True] * number)
    return lambda: next(left, False)


@pytest.mark.parametrize("calls", range(0, 120, 3))
def test_a_run_that_dies_anywhere_is_completed_by_the_next(world: World, calls: int) -> None:
    world.tell("contact_added", *(fact(str(branch), path=f"/1/{branch}/{branch}1/") for branch in range(10, 20)))
    world.stores.faults = calls

    try:
        world.run()
    except InjectedFaultError:
        world.tell("contact_added", fact("later"))
        world.run()
        assert world.total(BANK) == {"added": 11}
    else:
        assert world.total(BANK) == {"added": 10}
