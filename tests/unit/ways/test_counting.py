"""Customers who came by a contact way are counted once (S63)."""

from datetime import UTC, datetime

from scrm.ways.counting import ArrivalBook
from scrm.ways.model import Arrival
from tests.fakes.ways import FakeWays
from tests.unit.ways.test_keeping import WAY, Bank

AT = datetime(2026, 11, 27, 17, 0, tzinfo=UTC)  # the 28th in Shanghai


def came(store: FakeWays, state: str = WAY, customer: str = "wm1", userid: str = "rm_a") -> bool:
    return ArrivalBook(store, store, store).came(Arrival(state, userid, customer, AT))


def test_a_customer_counts_once_however_often_and_by_whomever_he_is_told() -> None:
    store = Bank().store

    assert [came(store), came(store), came(store, userid="rm_b"), came(store, customer="wm2")] == [
        True,
        False,
        False,
        True,
    ]
    assert {day.isoformat(): customers for day, customers in store.per_day(WAY).items()} == {"2026-11-28": 2}


def test_a_state_that_is_none_of_ours_counts_nobody() -> None:
    store = Bank().store

    assert not came(store, "qr-lobby")
    assert not came(store, "way_" + "z" * 26)
    assert (store.arrivals, store.facts) == ({}, [])
