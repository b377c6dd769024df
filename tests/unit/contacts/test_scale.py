"""A member with very many customers: what a pass holds does not grow with them, what it asks grows in step."""

import gc
import tracemalloc
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import count

import pytest

from scrm.contacts.model import Relation, RelationDetails, RelationState
from scrm.contacts.ports import Change, FoundRelation, Known, RelationKey
from scrm.contacts.runs import Part
from tests.fakes.contacts import T0, Contacts, FakeContacts, FakeCustomerSource

USERID = "rm_00"
FLAT = 1.2


def customer(place: int) -> str:
    return f"wm{place:09d}"


class EndlessSource(FakeCustomerSource):
    """WeCom's list of one member, made up page by page; it lacks every ``missing``-th customer of the table."""

    def __init__(self, size: int, missing: int = 0) -> None:
        super().__init__({USERID: {}})
        self.size = size
        self.missing = missing

    def relations_page(self, userids: Sequence[str], cursor: str) -> tuple[list[FoundRelation], str]:
        self.calls += 1
        first = int(cursor or 0)
        places = range(first, min(first + 100, self.size))
        rows = [
            FoundRelation(USERID, customer(place), T0, RelationDetails())
            for place in places
            if not self.missing or place % self.missing
        ]
        return rows, str(places.stop) if places.stop < self.size else ""


class EndlessTable(FakeContacts):
    """The rows of the same member, made up as they are read; what is written and noted is only counted."""

    def __init__(self, size: int, *, empty: bool) -> None:
        super().__init__()
        self.size = size
        self.empty = empty
        self.ended = 0
        self.missing = 0

    def read(
        self, relations: Sequence[RelationKey] = (), customers: Sequence[str] = (), aliases: Sequence[str] = ()
    ) -> Known:
        self.requests += 1
        if self.empty:
            return Known()
        return Known({pair: _row(pair[1]) for pair in relations})

    def write(self, changes: Sequence[Change]) -> bool:
        self.requests += 1
        self.ended += sum(row.state is RelationState.ENDED for change in changes for row in change.relations)
        return True

    def relations_of(self, userid: str) -> Iterator[Relation]:
        return (_row(customer(place)) for place in range(self.size))

    def count_settled(self, userid: str, until: datetime) -> int:
        return self.size

    def note_seen(self, run_id: str, userid: str, external_userids: Sequence[str]) -> None:
        self.requests += 1

    def seen_by(self, run_id: str, userid: str) -> Iterator[str]:
        return (customer(place) for place in range(self.size) if place % self.missing)


def _row(external_userid: str) -> Relation:
    return Relation(USERID, external_userid, RelationState.ACTIVE, T0, T0, version=1)


def passed(size: int, *, empty: bool = False, missing: int = 0) -> tuple[int, int, int]:
    """Peak memory in bytes, requests to WeCom and the table, and relations ended, of one pass."""
    table, source = EndlessTable(size, empty=empty), EndlessSource(size, missing)
    table.missing = missing
    contacts = Contacts(table, source)
    run = contacts.full_pass.plan("run_1", T0 + timedelta(hours=1))
    tracemalloc.start()
    for part in contacts.full_pass.open_parts(run):
        left: Part | None = part
        for step in count():
            if left is None:
                break
            left = contacts.full_pass.step(left)
            if step % 100 == 0:
                gc.collect()  # what only waits for its collection is not held
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak, source.calls + table.requests, table.ended


@pytest.fixture(autouse=True)
def _warm() -> None:
    """What Python allocates once is not the pass's."""
    passed(200, empty=True)
    passed(200, missing=50)


def test_nightly_pass_of_a_huge_member_is_flat_in_memory_and_linear_in_requests() -> None:
    small, large = passed(10_000), passed(200_000)

    assert large[0] <= FLAT * small[0]
    assert small[1] == 2 * 100
    assert large[1] == 2 * 2_000


def test_first_pass_is_flat_in_memory_and_linear_in_requests() -> None:
    small, large = passed(1_000, empty=True), passed(10_000, empty=True)

    assert large[0] <= FLAT * small[0]
    # A page: WeCom's list, the rows, the customers, and two transactions of fifty customers with their rows.
    assert small[1] == 5 * 10
    assert large[1] == 5 * 100


def test_ending_what_wecom_no_longer_shows_is_flat_in_memory() -> None:
    small, large = passed(10_000, missing=100), passed(50_000, missing=100)

    assert (small[2], large[2]) == (100, 500)
    assert large[0] <= FLAT * small[0]
