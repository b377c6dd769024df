"""From the callback to the tags of a relation: rules in the table, the simulator as WeCom, a death at each request."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from scrm import clock
from scrm.aws.contact_table import DynamoContactRepository
from scrm.aws.table import Table
from scrm.aws.tag_rule_table import DynamoTagRules, DynamoTallies
from scrm.contacts.changes import ContactChanges
from scrm.contacts.ports import CustomerSource
from scrm.contacts.writer import CustomerWriter
from scrm.tagging.model import MissingTag, Newcomer, RuleState, RuleWish, TagRule
from scrm.tagging.ports import TagRules, Tallies
from tests.engine import EngineTables
from tests.fakes.tagging import FakeTagRules
from tests.local_bank import LocalBank, local_bank, small_world

pytestmark = pytest.mark.engine

RM, NEWCOMER = "rm_li02", "wmNEWCOMER"
T0 = datetime(2026, 11, 27, 2, 0, tzinfo=UTC)
RULE = TagRule(
    "tagrule_1", "10", "/1/10/", RuleWish("来源", "来源", ("网点",)), RuleState.RELEASED, T0, "operator:op", T0
)


@pytest.fixture
def bank(tables: EngineTables, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalBank]:
    with local_bank(tables, small_world(3, 0), monkeypatch) as made:
        made.full_pass()
        yield made


def table(tables: EngineTables, name: str = "WelcomeTable") -> Table:
    return Table(tables.client, tables.names[name])


def comes(bank: LocalBank) -> None:
    now = int(clock.now().timestamp())
    relation = {"userid": RM, "external_userid": NEWCOMER, "createtime": now}
    customer = {"external_userid": NEWCOMER, "name": "新客户"}
    bank.sim.control.add_customers([{"relation": relation, "customer": customer}])
    bank.sim.control.advance(1)
    clock.refresh()
    bank.run_until_idle()


def tags_at_wecom(bank: LocalBank) -> list[Any]:
    (relation,) = bank.sim.control.relations(RM, NEWCOMER)
    return list(relation["tag_ids"])


def test_a_newcomer_is_tagged_at_wecom_and_in_our_table(bank: LocalBank, tables: EngineTables) -> None:
    assert DynamoTagRules(table(tables)).save(RULE)

    comes(bank)

    (tag_id,) = tags_at_wecom(bank)
    relation = DynamoContactRepository(table(tables, "ContactsTable")).details_of(RM, [NEWCOMER])[NEWCOMER]
    assert relation.tag_ids == (tag_id,)
    assert sum(DynamoTallies(table(tables)).per_day(RULE.rule_id).values()) == 1


def test_without_a_rule_wecom_is_not_asked(bank: LocalBank) -> None:
    before = len(bank.sim.control.calls(path="externalcontact/get_corp_tag_list"))

    comes(bank)

    assert len(bank.sim.control.calls(path="externalcontact/get_corp_tag_list")) == before
    assert tags_at_wecom(bank) == []


def test_a_colleagues_customer_is_no_newcomer_unless_he_came_by_a_way(bank: LocalBank, tables: EngineTables) -> None:
    """So is one who was handed over: 10,000 of them would otherwise be looked at and tagged one by one."""
    assert DynamoTagRules(table(tables)).save(RULE)
    contacts = DynamoContactRepository(table(tables, "ContactsTable"))
    changes = ContactChanges(cast("CustomerSource", None), contacts, CustomerWriter(contacts, clock.now))
    changes.added("rm_zhao03", NEWCOMER, clock.now() - timedelta(days=3))

    comes(bank)

    assert tags_at_wecom(bank) == []


def test_a_worker_killed_at_each_request_tags_and_counts_once(
    bank: LocalBank, tables: EngineTables, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.local_bank.redelivered_after", lambda _: timedelta(minutes=1))
    assert DynamoTagRules(table(tables)).save(RULE)
    bank.kill_everywhere = True

    comes(bank)
    bank.kill_everywhere = False

    assert len(tags_at_wecom(bank)) == 1
    assert sum(DynamoTallies(table(tables)).per_day(RULE.rule_id).values()) == 1
    assert bank.killer.kills > 10


@pytest.mark.parametrize("kind", ["table", "fake"])
def test_the_table_and_the_fake_follow_the_same_rules(tables: EngineTables, kind: str) -> None:
    store: TagRules = FakeTagRules() if kind == "fake" else DynamoTagRules(table(tables))
    tallies: Tallies = store if isinstance(store, FakeTagRules) else DynamoTallies(table(tables))
    wish = RuleWish("名称", "组", ("一", "二"), ("*",), ("gold",), MissingTag.SKIP)
    whole = replace(RULE, wish=wish, released_by="operator:b", released_at=T0, ended_by="operator:c", ended_at=T0)

    assert (store.save(whole), store.save(whole)) == (True, False)
    assert store.save(replace(whole, rule_id="tagrule_2", state=RuleState.DRAFT))
    assert store.find("tagrule_1") == whole
    assert store.find("tagrule_9") is None
    assert store.released(["10", "12"]) == [whole]
    assert store.save(replace(whole, state=RuleState.RETIRED, revision=2))
    assert list(store.released(["10"])) == []
    first = store.of_node("10", None, 1)
    second = store.of_node("10", first.cursor, 1)
    assert [rule.rule_id for rule in (*first.items, *second.items)] == ["tagrule_1", "tagrule_2"]
    newcomer = Newcomer("rm_a", "wm1", "", T0.replace(hour=17))
    counted = [tallies.count(whole, newcomer), tallies.count(whole, newcomer)]
    assert (counted, tallies.per_day("tagrule_1")) == ([True, False], {T0.replace(day=28).date(): 1})
