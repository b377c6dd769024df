"""A morning from the schedule to the table of measures: simulator, queue, bucket and tables of the local engine."""

import os
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

import pytest

from functions.kpi_collect import handler
from scrm import clock
from scrm.aws import session
from scrm.aws.documents import DocumentStore
from scrm.aws.duckdb_engine import DuckDbEngine
from scrm.aws.feed_versions import FeedVersions
from scrm.aws.kpi_table import DynamoKpiMeasures
from scrm.aws.table import Table
from scrm.clock import BUSINESS_ZONE
from scrm.collect.datasets import RELATIONS, day_partition
from scrm.kpi.feeds import links
from scrm.kpi.feeds.datasets import BANK_CUSTOMERS, CURRENT, Feed, partition_of
from scrm.kpi.feeds.publications import Publication
from scrm.sql import Selection
from tests.engine import EngineTables
from tests.local_bank import Context, LocalBank, customer_id, local_bank, small_world

pytestmark = pytest.mark.engine
CUSTOMERS: Final = 3
HAPPENED: Final = {
    "pool_size": CUSTOMERS,
    "active_rms_day": 2,
    "messages_sent": 5,
    "chats": 3,
    "reply_chats": 2,
    "reply_points": 6_667 * 2,
    "reply_minutes": 5 * 2,
    "customer_groups": 4,
    "active_groups": 1,
    "group_customers": 4,
    "group_messages": 2,
}
UNIONID: Final = "o"


@pytest.fixture
def bank(tables: EngineTables, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalBank]:
    world = small_world(CUSTOMERS, 4)
    for customer in world["customers"][:2]:
        customer["unionid"] = UNIONID + customer["external_userid"]
    with local_bank(tables, world, monkeypatch) as bank:
        bank.full_pass()
        yield bank


def half_past_six(bank: LocalBank) -> date:
    """Of the next morning. The day that was counted last."""
    clock.refresh()
    here = clock.now().astimezone(BUSINESS_ZONE)
    morning = datetime.combine(here.date() + timedelta(days=1), time(6, 30), BUSINESS_ZONE)
    bank.sim.control.advance((morning - here).total_seconds())
    clock.refresh()
    return here.date()


def writes(bank: LocalBank, sender: str, other: str, at: datetime, room: str = "") -> None:
    more = {"roomid": room, "msgtime": int(at.timestamp() * 1_000)}
    bank.sim.control.archive.write(sender, other, "好", **more)


def a_day_of_talks(bank: LocalBank, day: date) -> None:
    """One RM answers two customers of three after four and seven minutes, another writes of himself, one is silent."""
    for place, answered_after in ((0, 4), (1, 7)):
        writes(bank, customer_id(place), "rm_wang01", at(day))
        writes(bank, "rm_wang01", customer_id(place), at(day, answered_after))
        writes(bank, "rm_wang01", customer_id(place), at(day, 30))
    writes(bank, customer_id(2), "rm_wang01", at(day))
    writes(bank, "rm_li02", customer_id(2), at(day))
    for sender, other in ((customer_id(0), "rm_wang01"), ("rm_wang01", customer_id(0))):
        writes(bank, sender, other, at(day), bank.sim.control.groups()[0]["chat_id"])


def at(day: date, minutes: int = 0) -> datetime:
    return datetime.combine(day, time(9, minutes), BUSINESS_ZONE)


def collect(bank: LocalBank) -> None:
    handler.lambda_handler({"schedule": handler.MORNING}, Context())  # type: ignore[arg-type]
    bank.run_until_idle()


def told(tables: EngineTables, node_id: str, day: date) -> dict[str, int]:
    table = Table(tables.client, tables.names["KpiTable"])
    return dict(DynamoKpiMeasures(table).of_days(node_id, day, day).get(day, {}))


def test_a_morning_tells_what_happened_at_every_node_and_twice_the_same(bank: LocalBank, tables: EngineTables) -> None:
    day = half_past_six(bank)
    a_day_of_talks(bank, day)
    collect(bank)
    whole = told(tables, "1", day)
    assert {name: whole.get(name) for name in HAPPENED} == HAPPENED
    assert told(tables, "10", day) == whole
    assert whole["roster_rms"] >= 3
    assert "bank_customers" not in whole

    calls = len(bank.sim.control.calls(path="externalcontact/get_user_behavior_data"))
    collect(bank)
    assert told(tables, "1", day) == whole
    assert len(bank.sim.control.calls(path="externalcontact/get_user_behavior_data")) == calls


def test_the_day_before_is_told_too(bank: LocalBank, tables: EngineTables) -> None:
    day = half_past_six(bank)
    collect(bank)
    assert told(tables, "1", day - timedelta(days=1))["roster_rms"] == told(tables, "1", day)["roster_rms"]


def test_a_customer_whom_the_bank_names_by_unionid_is_found_in_wecom(bank: LocalBank, tables: EngineTables) -> None:
    documents = DocumentStore(lambda: session.client("s3"), os.environ["DATA_BUCKET"])
    engine, versions, day = DuckDbEngine(documents), FeedVersions(documents), half_past_six(bank)
    named = [(customer_id(0), ""), ("", UNIONID + customer_id(1)), ("", UNIONID + customer_id(2)), ("", "")]
    rows = [
        {"customer_key": f"k{number}", "external_userid": external_userid, "unionid": unionid, "node_path": "/1/10/"}
        for number, (external_userid, unionid) in enumerate(named)
    ]
    period = day.isoformat()
    engine.write(BANK_CUSTOMERS, partition_of(Feed.BANK_CUSTOMERS, period, 1, "d1"), "rows", rows)
    now = datetime.now(UTC)
    versions.publish(Publication(Feed.BANK_CUSTOMERS, period, 1, "d1", "c1", now, now, len(rows)))

    collect(bank)

    whole = told(tables, "1", day)
    assert (whole["bank_customers"], whole["linked_customers"], whole["covered_customers"]) == (4, 3, 2)
    published = versions.selection(Feed.BANK_CUSTOMERS, CURRENT)
    assert published is not None
    relations = Selection(RELATIONS, (day_partition(day),))
    found = links.counted(engine.query(links.STATEMENT, (published, relations), {}))
    assert found == {
        "by_external_userid": 1,
        "by_unionid": 1,
        "conflicting": 0,
        "told_but_unknown": 1,  # WeCom shows no unionid of the third
        "not_told": 1,
    }
