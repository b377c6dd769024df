"""From the callback to the customer: rules and claims in the table, the simulator as WeCom, a death at each request."""

import copy
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from scrm import clock
from scrm.aws.table import Table
from scrm.aws.welcome_table import DynamoWelcomeClaims, DynamoWelcomeRules
from scrm.welcome.model import WelcomeRule
from scrm.welcome.ports import WelcomeRules
from tests.campaign_bank import OWNER, CampaignBank, campaign_bank
from tests.engine import EngineTables
from tests.fakes.content import LABEL
from tests.fakes.welcome import FakeWelcomeRules

pytestmark = pytest.mark.engine

NEWCOMER = "wmNEWCOMER"


@pytest.fixture
def bank(tables: EngineTables, monkeypatch: pytest.MonkeyPatch) -> Iterator[CampaignBank]:
    with campaign_bank(tables, monkeypatch) as made:
        content, at = made.released(), clock.now()
        rule = WelcomeRule("1", "", content.activity_id, content.version, content.content_hash, "operator:op", at)
        assert DynamoWelcomeRules(made.table("WelcomeTable")).save(rule)
        yield made


def comes(bank: CampaignBank, newcomer: str = NEWCOMER) -> None:
    now = int(clock.now().timestamp())
    relation = {"userid": OWNER, "external_userid": newcomer, "createtime": now}
    bank.bank.sim.control.add_customers(
        [{"relation": relation, "customer": {"external_userid": newcomer, "name": "新客户"}}]
    )
    bank.bank.sim.control.advance(1)  # the callback is delivered before time goes on
    clock.refresh()


def greeted(bank: CampaignBank, newcomer: str = NEWCOMER) -> list[Any]:
    bank.bank.run_until_idle()
    return [each["content"] for each in bank.bank.sim.control.welcomes(newcomer) if each["used_by"]]


def test_a_newcomer_is_greeted_once(bank: CampaignBank) -> None:
    comes(bank)

    (content,) = greeted(bank)
    assert LABEL in str(content)


def test_a_callback_that_comes_late_greets_nobody(bank: CampaignBank) -> None:
    comes(bank)
    bank.bank.sim.control.advance(25)
    clock.refresh()

    assert greeted(bank) == []


def test_a_worker_killed_at_each_request_never_greets_twice(bank: CampaignBank) -> None:
    bank.bank.kill_everywhere = True
    comes(bank)
    found = greeted(bank)
    bank.bank.kill_everywhere = False

    assert len(found) <= 1
    assert bank.bank.killer.kills > 0


@pytest.mark.parametrize("kind", ["table", "fake"])
def test_the_table_and_the_fake_follow_the_same_rules(tables: EngineTables, kind: str) -> None:
    table = Table(tables.client, tables.names["WelcomeTable"])
    store: WelcomeRules = FakeWelcomeRules() if kind == "fake" else DynamoWelcomeRules(table)
    rule = WelcomeRule("10", "qr", "act_1", 1, "hash", "operator:op", clock.now().replace(microsecond=0))

    assert store.save(rule)
    assert not store.save(rule)
    (stored,) = store.rules(("10", "12"), ("qr", ""))
    assert stored == replace(rule, revision=1)
    assert store.of_node("10") == [stored]
    assert store.save(copy.copy(stored))
    assert store.remove(replace(stored, revision=2))
    assert store.of_node("10") == []


def test_a_code_is_claimed_once(tables: EngineTables) -> None:
    claims = DynamoWelcomeClaims(Table(tables.client, tables.names["WelcomeTable"]))

    assert claims.claim("CODE", clock.now())
    assert not claims.claim("CODE", clock.now())
