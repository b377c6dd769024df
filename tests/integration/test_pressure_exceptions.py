"""Exceptions from the weekly caps on the embedded engine, and the fake of the unit tests by the same rules."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from scrm.aws import session
from scrm.aws.pressure_exceptions import DynamoExceptionStore
from scrm.aws.table import Table
from scrm.pressure.exceptions import (
    ExceptionScope,
    ExceptionStore,
    PressureException,
    Wanted,
)
from scrm.pressure.model import PressureClass
from scrm.two_persons import RequestState, StaleRequestError
from tests.engine import EngineTables
from tests.fakes.pressure import FakeExceptions

pytestmark = pytest.mark.engine

T0 = datetime(2026, 12, 30, 2, 0, tzinfo=UTC)
UNTIL = T0 + timedelta(days=7)


@pytest.fixture(params=["table", "fake"])
def store(request: pytest.FixtureRequest) -> Iterator[ExceptionStore]:
    if request.param == "fake":
        yield FakeExceptions()
        return
    tables: EngineTables = request.getfixturevalue("tables")
    session.reset()
    yield DynamoExceptionStore(Table(session.client("dynamodb"), tables.names["PressureTable"]))
    session.reset()


def asked(number: int = 1, node_path: str = "/1/10/") -> PressureException:
    wanted = Wanted(ExceptionScope.CUSTOMER, f"wm{number}", PressureClass.PUSH, 3, UNTIL, "基金到期")
    return PressureException(f"pexc_{number}", wanted, node_path, "operator:op-a", T0)


def approved(exception: PressureException) -> PressureException:
    return replace(exception, state=RequestState.APPROVED, decided_by="operator:op-b", decided_at=T0, note="同意")


def test_an_exception_is_read_as_it_was_written(store: ExceptionStore) -> None:
    saved = store.save(asked())
    decided = store.save(approved(saved))

    assert saved == replace(asked(), version=1)
    assert decided == replace(approved(asked()), version=2)
    assert store.find("pexc_1") == decided
    assert store.find("pexc_2") is None


def test_the_second_of_two_decisions_is_refused(store: ExceptionStore) -> None:
    saved = store.save(asked())
    store.save(approved(saved))

    with pytest.raises(StaleRequestError):
        store.save(replace(saved, state=RequestState.REJECTED))
    with pytest.raises(StaleRequestError):
        store.save(asked())
    assert store.find("pexc_1") == replace(approved(asked()), version=2)


def test_in_force_are_those_approved_until_their_end(store: ExceptionStore) -> None:
    store.save(asked(1))
    second = store.save(approved(asked(2)))
    third = store.save(approved(asked(3)))
    store.save(replace(third, state=RequestState.REVOKED))

    assert store.in_force(UNTIL - timedelta(milliseconds=1)) == [second]
    assert store.in_force(UNTIL) == []


def test_a_branch_sees_its_own_page_by_page(store: ExceptionStore) -> None:
    for number in range(1, 6):
        store.save(asked(number, "/1/10/" if number % 2 else "/1/20/"))

    found, cursor = [], None
    while True:
        page = store.page("/1/10/", cursor, 2)
        found += [each.exception_id for each in page.items]
        cursor = page.cursor
        if cursor is None:
            break

    assert found == ["pexc_1", "pexc_3", "pexc_5"]
    assert [each.exception_id for each in store.page("/1/", None, 10).items] == [f"pexc_{n}" for n in range(1, 6)]
