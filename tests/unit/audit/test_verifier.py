from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrm.audit.log import AuditLog
from scrm.audit.model import AuditEntry, ChainHead
from scrm.audit.verifier import Damage, verify_chain
from tests.fakes.audit import FakeAuditStore

AT = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
LENGTH = 8
TEXT_FIELDS = [field.name for field in fields(AuditEntry) if field.name not in {"sequence", "chain_id"}]


def chain(length: int = LENGTH) -> FakeAuditStore:
    store = FakeAuditStore()
    log = AuditLog(store)
    for number in range(length):
        log.record("function:worker", "chunk.submitted", f"case_{number}", "/1/10/", "done", AT)
    return store


def damages(store: FakeAuditStore) -> list[tuple[int, int, Damage]]:
    return [(finding.first, finding.last, finding.damage) for finding in verify_chain(store, "10").findings]


def replace_entry(store: FakeAuditStore, sequence: int, **changes: Any) -> None:
    entries = store.chains["10"]
    entries[sequence - 1] = replace(entries[sequence - 1], **changes)


def test_an_untouched_chain_is_intact_and_an_empty_one_too() -> None:
    report = verify_chain(chain(), "10")

    assert (report.is_intact, report.entries) == (True, LENGTH)
    assert verify_chain(FakeAuditStore(), "10").is_intact


@given(st.data())
def test_one_flipped_byte_is_named_wherever_it_is(data: st.DataObject) -> None:
    store = chain()
    sequence = data.draw(st.integers(1, LENGTH))
    name = data.draw(st.sampled_from(TEXT_FIELDS))
    raw = bytearray(getattr(store.chains["10"][sequence - 1], name).encode())
    place = data.draw(st.integers(0, len(raw) - 1))
    raw[place] ^= data.draw(st.integers(1, 127))

    replace_entry(store, sequence, **{name: raw.decode(errors="surrogateescape")})

    assert damages(store) == [(sequence, sequence, Damage.CHANGED)]


@given(st.integers(1, LENGTH), st.integers(1, LENGTH))
def test_removed_entries_are_named_as_a_range(one: int, other: int) -> None:
    first, last = sorted((one, other))
    store = chain()

    del store.chains["10"][first - 1 : last]

    assert damages(store) == [(first, last, Damage.MISSING)]


@pytest.mark.parametrize("sequence", [1, 4, LENGTH])
def test_an_entry_rewritten_with_a_fitting_hash_is_still_named(sequence: int) -> None:
    store = chain()
    forged = replace(store.chains["10"][sequence - 1], outcome="refused")

    replace_entry(store, sequence, outcome="refused", entry_hash=forged.computed_hash())

    assert damages(store) == [(sequence, sequence, Damage.CHANGED)]


def test_an_entry_slipped_in_behind_the_head_is_named() -> None:
    store = chain()
    last = store.chains["10"][-1]

    store.chains["10"].append(replace(last, sequence=LENGTH + 1, previous_hash=last.entry_hash))

    assert (LENGTH + 1, LENGTH + 1, Damage.UNEXPECTED) in damages(store)


def test_a_doubled_entry_is_named() -> None:
    store = chain()

    store.chains["10"].insert(3, store.chains["10"][2])

    assert damages(store) == [(3, 3, Damage.UNEXPECTED)]


def test_a_head_that_was_set_back_is_noticed() -> None:
    store = chain()

    store.stored_heads["10"] = ChainHead("10")

    assert damages(store) == [(1, LENGTH, Damage.UNEXPECTED)]
