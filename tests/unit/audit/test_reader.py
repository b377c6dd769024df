import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrm import clock
from scrm.audit.log import AuditLog
from scrm.audit.model import AuditEntry
from scrm.audit.reader import AuditReader
from scrm.paging import InvalidCursorError
from tests.fakes.audit import FakeAuditStore

AT = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
PATHS = ["/1/", "/1/10/", "/1/10/12/", "/1/10/13/", "/1/20/", "/1/20/22/", "/1/100/"]


def store_of(paths: list[str], *, seconds_apart: int = 60) -> FakeAuditStore:
    store = FakeAuditStore()
    log = AuditLog(store)
    for number, path in enumerate(paths):
        clock.advance_to(timedelta(seconds=number * seconds_apart))
        log.record("function:worker", "case.opened", f"case_{number}", path, "done", AT)
    clock.reset()
    return store


def read_all(store: FakeAuditStore, node_path: str, limit: int) -> list[AuditEntry]:
    reader, cursor, found = AuditReader(store), None, list[AuditEntry]()
    for _ in range(500):
        page = reader.list_entries(node_path, cursor, limit)
        assert len(page.items) <= limit
        found += page.items
        cursor = page.cursor
        if cursor is None:
            return found
    raise AssertionError("the cursor never ends")


@given(
    st.lists(st.sampled_from(PATHS), max_size=40),
    st.sampled_from(PATHS),
    st.integers(1, 7),
    st.sampled_from([0, 60]),
)
def test_a_reader_gets_every_entry_of_his_nodes_once_and_no_other(
    paths: list[str], node_path: str, limit: int, seconds_apart: int
) -> None:
    store = store_of(paths, seconds_apart=seconds_apart)

    found = read_all(store, node_path, limit)

    expected = [e for entries in store.chains.values() for e in entries if e.node_path.startswith(node_path)]
    assert sorted(e.subject for e in found) == sorted(e.subject for e in expected)


def test_head_office_reads_all_branches_newest_first() -> None:
    store = store_of(PATHS * 3)

    found = read_all(store, "/1/", limit=4)

    assert [entry.subject for entry in found] == [f"case_{n}" for n in reversed(range(21))]


def test_a_page_opens_only_the_chains_that_are_on_it() -> None:
    store = store_of([f"/1/{branch}/" for branch in range(10, 60)])
    store.requests = 0

    page = AuditReader(store).list_entries("/1/", None, 3)

    assert [entry.subject for entry in page.items] == ["case_49", "case_48", "case_47"]
    assert store.requests <= 8  # of 50 chains


def test_a_page_is_cut_short_rather_than_reading_a_busy_chain_to_its_end() -> None:
    store = store_of(["/1/10/12/"] + ["/1/10/13/"] * 1_200, seconds_apart=0)

    first = AuditReader(store).list_entries("/1/10/12/", None, 10)
    second = AuditReader(store).list_entries("/1/10/12/", first.cursor, 10)

    assert (first.items, second.cursor) == ((), None)
    assert [entry.subject for entry in second.items] == ["case_0"]


def _encoded(*position: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(position).encode()).decode()


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "你好",
        "AAAA",
        _encoded("/1/10/", "2026", "10"),
        _encoded("/1/20/", "2026", "20", 1),
        _encoded("/1/10/", 2026, "10", 1),
        _encoded("/1/10/", "2026", "10", 0),
    ],
)
def test_a_cursor_this_list_did_not_give_out_is_refused(cursor: str) -> None:
    reader = AuditReader(store_of(["/1/10/"]))

    with pytest.raises(InvalidCursorError, match="start again"):
        reader.list_entries("/1/10/", cursor, 10)
