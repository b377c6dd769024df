"""Decisions of two persons in the handover's table on the embedded engine, and the fake of the unit tests."""

from dataclasses import replace
from datetime import timedelta

import pytest

from scrm.aws import session
from scrm.aws.decision_table import DynamoDecisionStore
from scrm.aws.table import Table
from scrm.handover.errors import StaleVersionError
from scrm.handover.four_eyes import DecisionState, DecisionStore, PendingDecision, Wish
from scrm.paging import InvalidCursorError
from tests.engine import EngineTables
from tests.fakes.decisions import MemoryDecisions
from tests.fakes.handover import START

pytestmark = pytest.mark.engine


def decision(number: int, path: str = "/1/10/") -> PendingDecision:
    wish = Wish("reassign", f"case_{number}", path, {"kind": "customers", "target_ids": ["wm1", "wm2"]})
    made_at = START + timedelta(minutes=number)
    return PendingDecision(f"decision_{number}", wish, "operator:op-1", made_at, made_at + timedelta(days=3))


@pytest.fixture
def dynamo(tables: EngineTables) -> DynamoDecisionStore:
    session.reset()
    return DynamoDecisionStore(Table(tables.client, tables.names["HandoverTable"]))


@pytest.fixture(params=["table", "fake"])
def store(request: pytest.FixtureRequest) -> DecisionStore:
    if request.param == "fake":
        return MemoryDecisions()
    found: DynamoDecisionStore = request.getfixturevalue("dynamo")
    return found


def test_a_decision_comes_back_as_it_was_stored_before_and_after_its_end(store: DecisionStore) -> None:
    waiting = store.save(decision(1))
    ended = replace(
        waiting,
        state=DecisionState.CONFIRMED,
        decided_by="operator:op-2",
        decided_at=START,
        reason="seen",
        done_at=START + timedelta(hours=1),
    )
    read = store.find("decision_1")

    saved = store.save(ended)

    assert read == waiting == replace(decision(1), version=1)
    assert store.find("decision_1") == saved == replace(ended, version=2)
    assert store.find("decision_2") is None


def test_whoever_read_an_older_version_is_refused(store: DecisionStore) -> None:
    waiting = store.save(decision(1))
    store.save(replace(waiting, state=DecisionState.REFUSED))

    with pytest.raises(StaleVersionError):
        store.save(replace(waiting, state=DecisionState.CONFIRMED))
    with pytest.raises(StaleVersionError):
        store.save(decision(1))

    found = store.find("decision_1")
    assert found is not None
    assert found.state is DecisionState.REFUSED


def test_what_waits_is_listed_newest_first_at_or_below_a_node_until_it_is_decided_or_expires(
    store: DecisionStore,
) -> None:
    for number, path in enumerate(("/1/10/", "/1/10/12/", "/1/20/", "/1/100/"), 1):
        store.save(decision(number, path))
    store.save(replace(decision(5), version=0))
    found = store.find("decision_5")
    assert found is not None
    store.save(replace(found, state=DecisionState.REFUSED))

    def listed(path: str, days: int = 0) -> list[str]:
        page = store.waiting(path, START + timedelta(days=days), None, 10)
        return [each.decision_id.removeprefix("decision_") for each in page.items]

    assert [listed(path) for path in ("/1/", "/1/10/", "/1/10/12/", "/1/20/")] == [
        ["4", "3", "2", "1"],
        ["2", "1"],
        ["2"],
        ["3"],
    ]
    assert listed("/1/", days=4) == []


def test_a_list_goes_on_after_its_page_and_a_foreign_cursor_is_refused(dynamo: DynamoDecisionStore) -> None:
    for number in range(1, 4):
        dynamo.save(decision(number))

    first = dynamo.waiting("/1/10/", START, None, 2)
    second = dynamo.waiting("/1/10/", START, first.cursor, 2)

    assert [each.decision_id for each in (*first.items, *second.items)] == ["decision_3", "decision_2", "decision_1"]
    assert second.cursor is None
    with pytest.raises(InvalidCursorError):
        dynamo.waiting("/1/", START, first.cursor, 2)
