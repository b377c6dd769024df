"""The contact-pressure ledger's table on the embedded engine, and the fake of the unit tests by the same rules."""

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrm import clock
from scrm.aws import pressure_items as items
from scrm.aws import session
from scrm.aws.contact_table import DynamoContactRepository
from scrm.aws.pressure_table import DynamoOwnerNotes, DynamoPressureStore
from scrm.aws.table import Table, from_item, to_item
from scrm.contacts.changes import ContactChanges, Taken
from scrm.contacts.writer import CustomerWriter
from scrm.homes import OwnerMove, key_of
from scrm.pressure.bucket import Bucket, Keys, Place, Weeks, with_places
from scrm.pressure.ledger import PressureLedger
from scrm.pressure.model import PressureClass, Touch, TouchRefusal
from scrm.pressure.ports import PressureStore
from scrm.pressure.shelf import Edit, Note, Shelf, notes_of
from scrm.pressure.weeks import week_of
from tests.engine import EngineTables
from tests.fakes.contacts import FakeCustomerSource
from tests.fakes.pressure import FakeCaps, FakePressureStore

pytestmark = pytest.mark.engine

T0 = datetime(2026, 12, 30, 2, 0, tzinfo=UTC)
KEYS = [key_of(f"wm{number}") for number in range(1_000)]


@pytest.fixture
def table(tables: EngineTables) -> Iterator[Table]:
    session.reset()
    yield Table(session.client("dynamodb"), tables.names["PressureTable"])
    session.reset()


@pytest.fixture
def contacts_table(table: Table, tables: EngineTables) -> Table:
    del table
    return Table(session.client("dynamodb"), tables.names["ContactsTable"])


@pytest.fixture(params=["table", "fake"])
def store(request: pytest.FixtureRequest) -> PressureStore:
    if request.param == "fake":
        return FakePressureStore()
    return DynamoPressureStore(request.getfixturevalue("table"))


def place(touch_id: str = "t1", customers: int = 3) -> Place:
    held: dict[Weeks, Keys] = {("2026-W53", "2027-W01"): frozenset(KEYS[:customers])}
    return Place(touch_id, PressureClass.PUSH, 3, T0 + timedelta(days=3), displaceable=True, held=held)


def bucket(*places: Place, home: str = "rm1") -> Bucket:
    return with_places(Bucket(home), places)


def moved(store: PressureStore, *moves: OwnerMove) -> list[Note]:
    notes = notes_of(moves, T0)
    if isinstance(store, FakePressureStore):
        store.add(notes)
    elif isinstance(store, DynamoPressureStore):
        store._table.batch_write(items.note_item(note) for note in notes)
    return notes


def test_what_is_stored_is_what_was_saved(store: PressureStore) -> None:
    written = bucket(place(), place("t2", 1_000))

    assert store.shelf("rm1") == Shelf("rm1")
    assert store.save(Edit((written,)))

    found = store.shelf("rm1").buckets[0]
    assert (found, found.version) == (written, 1)


def test_of_two_writers_of_one_bucket_the_second_loses(store: PressureStore) -> None:
    assert store.save(Edit((bucket(place()),)))

    assert not store.save(Edit((bucket(place("t2")),)))
    assert store.save(Edit((replace(bucket(place("t2")), version=1),)))
    assert not store.save(Edit((replace(bucket(place("t3")), version=1),)))
    assert list(store.shelf("rm1").buckets[0].places) == ["t2"]


def test_several_buckets_and_notes_are_written_together_or_not_at_all(store: PressureStore) -> None:
    moved(store, OwnerMove("wm1", "rm1", "rm2", 4))
    (arrived,) = store.notes("rm2")
    assert store.save(Edit((bucket(place()),)))

    stale = Edit((bucket(place(), home="rm2"), bucket(home="rm1")), (arrived.without(frozenset({KEYS[1]})),))

    assert not store.save(stale)
    assert store.shelf("rm2") == Shelf("rm2", (), (arrived,))


def test_a_note_loses_customers_and_goes_with_the_last(store: PressureStore) -> None:
    moved(store, *(OwnerMove(f"wm{number}", "rm1", "rm2", number + 1) for number in range(3)))
    (arrived,) = store.notes("rm2")
    assert arrived.versions == {KEYS[number]: number + 1 for number in range(3)}

    assert store.save(Edit(notes=(arrived.without(frozenset(KEYS[:2])),)))
    assert not store.save(Edit(notes=(arrived.without(frozenset(KEYS[:3])),)))
    (rest,) = store.notes("rm2")
    assert (rest.versions, rest.read) == ({KEYS[2]: 3}, 1)
    assert store.save(Edit(notes=(rest.without(frozenset(KEYS)),)))

    assert store.notes("rm2") == ()
    assert len(store.notes("rm1")) == 1


def test_many_workers_keep_the_cap_on_the_table(table: Table) -> None:
    clock.reset()
    ledger = PressureLedger(DynamoPressureStore(table), FakeCaps(), clock.now, lambda _: None)
    week = week_of(clock.now())

    def work(number: int) -> frozenset[str]:
        touch = Touch(f"t{number}", PressureClass.PUSH, (week,), clock.now() + timedelta(days=1))
        names = random.Random(number).sample([f"wm{each}" for each in range(20)], 10)
        return ledger.reserve("rm1", names, touch).reserved

    with ThreadPoolExecutor(8) as pool:
        reserved = list(pool.map(work, range(12)))

    for number in range(20):
        held = sum(f"wm{number}" in found for found in reserved)
        assert held <= 2
        assert sum(one.held for one in ledger.counts_of("rm1", f"wm{number}")) == held


def test_entries_go_with_the_owner_in_the_transaction_of_a_handover(table: Table, contacts_table: Table) -> None:
    contacts = DynamoContactRepository(contacts_table, lambda: [DynamoOwnerNotes(table)])
    changes = ContactChanges(FakeCustomerSource(), contacts, CustomerWriter(contacts, clock.now))
    ledger = PressureLedger(DynamoPressureStore(table), FakeCaps(), clock.now, lambda _: None)
    names = [f"wm{number}" for number in range(40)]
    for name in names:
        changes.added("rm1", name, clock.now())
    touches = [
        Touch(f"t{number}", PressureClass.PUSH, (week_of(clock.now()),), clock.now() + timedelta(days=1))
        for number in range(3)
    ]
    for touch in touches[:2]:
        assert len(ledger.reserve("rm1", names, touch).reserved) == 40

    changes.taken_over(Taken("case_1", "rm1", "rm2", tuple(names), clock.now(), on_job=False))

    assert {found.owner_userid for found in contacts.customers(names).values()} == {"rm2"}
    assert ledger.reserve("rm2", names, touches[2]).deferred == frozenset(names)
    assert set(ledger.reserve("rm1", names, touches[2]).refused.values()) == {TouchRefusal.OWNER_CHANGED}
    assert DynamoPressureStore(table).notes("rm2") == ()


def test_a_customer_takes_few_bytes() -> None:
    """Two pushes and two moments for each of a thousand customers (T6.4)."""
    everyone = frozenset(KEYS)
    touches = [replace(place(f"send_{number:026d}"), held={("2026-W53",): everyone}) for number in range(4)]

    item = to_item(items.bucket_item(with_places(Bucket("rm1"), touches), T0))

    size = len(item["keys"]["B"]) + len(repr(item["touches"])) + 200
    assert size < 12 * 1_024


@given(
    st.integers(1, 40).flatmap(
        lambda size: st.lists(st.sets(st.integers(0, size - 1), min_size=1).map(frozenset), min_size=1, max_size=6)
    )
)
def test_every_bucket_survives_the_packing(parts: list[frozenset[int]]) -> None:
    sets = [frozenset(KEYS[number] for number in part) for part in parts]
    places = [
        Place(
            f"t{number}",
            PressureClass.GROUP,
            -1,
            T0,
            displaceable=False,
            held={("2026-W53",): members},
            deferred=members,
            released=sets[0],
            settled={"2026-W53": sets[-1]},
        )
        for number, members in enumerate(sets)
    ]
    written = with_places(Bucket("rm1", "01"), places)

    assert items.to_bucket(from_item(to_item(items.bucket_item(written, T0)))) == written
