"""Appeals on DynamoDB as the engine has it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from scrm.adds.appeals import Appeal, WantedAppeal
from scrm.adds.model import AddPlace, Rule
from scrm.aws import session
from scrm.aws.add_appeals import DynamoAddAppeals
from scrm.aws.table import Table
from scrm.two_persons import RequestState, StaleRequestError
from tests.engine import EngineTables

AT = datetime(2027, 3, 12, 8, tzinfo=UTC)


@pytest.fixture
def store(tables: EngineTables) -> Iterator[DynamoAddAppeals]:
    session.reset()
    yield DynamoAddAppeals(Table(session.client("dynamodb"), tables.names["KpiTable"]))
    session.reset()


def appeal(day: date, branch_id: str, letter: str) -> Appeal:
    place = AddPlace(day, branch_id, "add_" + letter * 26)
    rules = frozenset({Rule.FIRST_ADD, Rule.KEPT})
    wanted = WantedAppeal(place, f"/1/{branch_id}/12/", "rm_li", rules, "my neighbour", AT + timedelta(days=90))
    return Appeal(place.ref, wanted, "operator:a", AT)


def approve(asked: Appeal) -> Appeal:
    return replace(asked, state=RequestState.APPROVED, decided_by="operator:b", decided_at=AT, note="seen")


def test_appeals_are_decided_over_what_was_read_and_found_by_day_month_and_node(store: DynamoAddAppeals) -> None:
    march, february = date(2027, 3, 10), date(2027, 2, 28)
    first = store.save(appeal(march, "10", "a"))
    other = store.save(appeal(march, "100", "b"))
    old = store.save(appeal(february, "10", "c"))
    with pytest.raises(StaleRequestError):
        store.save(appeal(march, "10", "a"))
    assert store.approved(february, march) == []

    approved = store.save(approve(first))
    with pytest.raises(StaleRequestError):
        store.save(replace(first, state=RequestState.REJECTED))
    counted = store.save(replace(approved, counted_on=date(2027, 3, 13)))
    assert store.find(first.appeal_id) == counted
    assert store.find(appeal(march, "10", "d").appeal_id) is None

    assert store.of_day(march, "10") == {"add_" + "a" * 26: counted}
    old = store.save(approve(old))
    assert store.approved(february, march) == [old, counted]
    assert store.approved(date(2027, 3, 1), march) == [counted]
    assert store.page("/1/", "2027-03", None, None, 10).items == (counted, other)
    assert store.page("/1/10/", "2027-03", None, None, 10).items == (counted,)
    assert store.page("/1/", "2027-03", RequestState.REQUESTED, None, 10).items == (other,)
    page = store.page("/1/", "2027-03", None, None, 1)
    assert store.page("/1/", "2027-03", None, page.cursor, 1).items == (other,)
