"""From the wish to the customer who comes: ways in the table, the simulator as WeCom, a death at each request."""

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from scrm import clock
from scrm.aws.contact_table import DynamoContactRepository
from scrm.aws.table import Table
from scrm.aws.way_table import DynamoArrivals, DynamoSuccessors, DynamoWays
from scrm.ways.messages import ContactWayChanged, ContactWaysDue
from scrm.ways.model import Arrival, AtWecom, ContactWay, WayKind, WayProblem, WayScene, WayState, WayWish
from scrm.ways.ports import Arrivals, WayStore
from tests.engine import EngineTables
from tests.fakes.ways import FakeWays
from tests.local_bank import LocalBank, local_bank, small_world

pytestmark = pytest.mark.engine

WAY, NEWCOMER = "way_" + "a" * 26, "wmNEWCOMER"
T0 = datetime(2026, 11, 27, 2, 0, tzinfo=UTC)
WISH = WayWish("网点大堂", ("rm_li02", "rm_wang01"))


@pytest.fixture
def bank(tables: EngineTables, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalBank]:
    with local_bank(tables, small_world(3, 0), monkeypatch) as made:
        made.full_pass()
        yield made


def table(tables: EngineTables, name: str = "WelcomeTable") -> Table:
    return Table(tables.client, tables.names[name])


def a_way(way_id: str = WAY, **more: Any) -> ContactWay:
    fields: dict[str, Any] = {"wish": WISH, "made_at": T0, "changed_by": "operator:op", "changed_at": T0, **more}
    return ContactWay(way_id, "10", "/1/10/", WayKind.MULTI, WayScene.QR, **fields)


def brought(bank: LocalBank, tables: EngineTables) -> ContactWay:
    bank.send("contact", ContactWayChanged(way_id=WAY).model_dump_json())
    bank.run_until_idle()
    found = DynamoWays(table(tables)).find(WAY)
    assert found is not None
    return found


def scans(bank: LocalBank, config_id: str) -> str:
    newcomer = {"external_userid": NEWCOMER, "name": "新客户"}
    userid = bank.sim.control.scan(config_id, NEWCOMER, newcomer)["userid"]
    bank.sim.control.advance(1)
    clock.refresh()
    bank.run_until_idle()
    return str(userid)


def next_night(bank: LocalBank) -> None:
    bank.sim.control.advance(86_400)
    clock.refresh()
    bank.full_pass()


def test_a_customer_who_scans_the_code_is_counted_and_the_relation_keeps_the_way(
    bank: LocalBank, tables: EngineTables
) -> None:
    DynamoWays(table(tables)).add(a_way())

    way = brought(bank, tables)
    assert way.state(clock.now().date()) is WayState.ACTIVE
    userid = scans(bank, way.at_wecom.config_id)

    assert sum(DynamoArrivals(table(tables)).per_day(WAY).values()) == 1
    relation = DynamoContactRepository(table(tables, "ContactsTable")).details_of(userid, [NEWCOMER])[NEWCOMER]
    assert relation.came_by == WAY
    listed = bank.tables.engine.client("s3").list_objects_v2(
        Bucket=os.environ["DATA_BUCKET"], Prefix="facts/customer_came/"
    )
    assert listed["KeyCount"] == 1


def test_whose_callback_was_lost_the_night_finds_and_counts(bank: LocalBank, tables: EngineTables) -> None:
    DynamoWays(table(tables)).add(a_way())
    way = brought(bank, tables)
    bank.sim.control.callback_policy({"lose_percent": 100})
    scans(bank, way.at_wecom.config_id)
    assert DynamoArrivals(table(tables)).per_day(WAY) == {}

    for _ in range(2):
        next_night(bank)

    assert sum(DynamoArrivals(table(tables)).per_day(WAY).values()) == 1


def test_a_worker_killed_at_each_request_makes_one_code_and_counts_once(
    bank: LocalBank, tables: EngineTables, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.local_bank.redelivered_after", lambda _: timedelta(minutes=7))
    DynamoWays(table(tables)).add(a_way())
    bank.kill_everywhere = True

    way = brought(bank, tables)
    scans(bank, way.at_wecom.config_id)
    bank.kill_everywhere = False

    found = bank.sim.control.contact_ways()
    assert [(row["state"], row["config_id"]) for row in found] == [(WAY, way.at_wecom.config_id)]
    assert sum(DynamoArrivals(table(tables)).per_day(WAY).values()) == 1
    assert bank.killer.kills > 10


def test_the_night_takes_a_leaver_out_and_his_successor_in(bank: LocalBank, tables: EngineTables) -> None:
    DynamoWays(table(tables)).add(a_way())
    brought(bank, tables)
    bank.sim.control.delete_member("rm_wang01")
    DynamoSuccessors(table(tables)).took_over("rm_wang01", "rm_zhou03", T0)
    next_night(bank)  # learns that he left

    bank.send("contact", ContactWaysDue().model_dump_json())
    bank.run_until_idle()

    assert brought(bank, tables).at_wecom.userids == ("rm_li02", "rm_zhou03")


@pytest.mark.parametrize("kind", ["table", "fake"])
def test_the_table_and_the_fake_follow_the_same_rules(tables: EngineTables, kind: str) -> None:
    store: WayStore = FakeWays() if kind == "fake" else DynamoWays(table(tables))
    arrivals: Arrivals = store if isinstance(store, FakeWays) else DynamoArrivals(table(tables))
    at = AtWecom("c", "https://qr", 2, ("rm_a",), T0, WayProblem.REFUSED, 41045, ("name",), T0)
    whole = a_way(wish=replace(WISH, department_ids=("10",), last_day=T0.date()), ended_at=T0, at_wecom=at)

    assert store.add(whole)
    assert not store.add(whole)
    assert store.add(a_way("way_" + "b" * 26, made_at=T0.replace(hour=5)))
    stored = store.find(WAY)
    assert stored is not None
    assert (stored, stored.version) == (whole, 1)
    assert (store.save(stored), store.save(stored)) == (stored, None)

    first = store.of_node("10", None, 1)
    second = store.of_node("10", first.cursor, 1)
    assert [way.way_id[4] for way in (*first.items, *second.items)] == ["b", "a"]
    assert store.of_node("12", None, 5).items == ()
    assert [way.way_id[4] for way in store.after("", 5)] == ["a", "b"]
    assert [way.way_id[4] for way in store.after(WAY, 5)] == ["b"]
    arrival = Arrival(WAY, "rm_a", "wm1", T0.replace(hour=17))
    counted = [arrivals.count(arrival, whole), arrivals.count(arrival, whole)]
    assert (counted, arrivals.per_day(WAY)) == ([True, False], {T0.replace(day=28).date(): 1})


def test_the_first_taker_stays_the_successor(tables: EngineTables) -> None:
    successors = DynamoSuccessors(table(tables))

    successors.took_over("rm_a", "rm_b", T0)
    successors.took_over("rm_a", "rm_c", T0)
    DynamoSuccessors(table(tables)).took_over("rm_a", "rm_d", T0)  # another process, which knows of nothing

    assert (successors.successor_of("rm_a"), successors.successor_of("rm_c")) == ("rm_b", None)
