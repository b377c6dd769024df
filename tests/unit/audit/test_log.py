from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrm import clock
from scrm.audit.log import AuditContentionError, AuditLog
from scrm.audit.model import AuditEntry, ChainHead, InvalidFactError, chain_of
from scrm.audit.verifier import verify_chain
from tests.fakes.audit import FakeAuditStore

AT = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)


def record(log: AuditLog, number: int = 1, node_path: str = "/1/10/", cause: str = "") -> AuditEntry:
    return log.record("function:intake", "case.opened", f"case_{number}", node_path, "done", AT, cause=cause)


def test_entries_of_a_branch_and_what_lies_below_it_form_one_chain() -> None:
    store = FakeAuditStore()
    log = AuditLog(store)

    for node_path in ("/1/10/", "/1/10/12/", "/1/20/", "/1/", "/"):
        record(log, node_path=node_path)

    assert {chain: len(entries) for chain, entries in store.chains.items()} == {"10": 2, "20": 1, "1": 2}
    assert chain_of("/1/10/12/121/") == "10"


def test_an_entry_names_who_did_what_and_carries_the_hash_of_the_one_before() -> None:
    log = AuditLog(FakeAuditStore())

    first, second = record(log, 1), record(log, 2)

    assert (first.actor, first.action, first.subject, first.outcome) == (
        "function:intake", "case.opened", "case_1", "done"
    )  # fmt: skip
    assert (first.sequence, second.sequence) == (1, 2)
    assert second.previous_hash == first.entry_hash == first.computed_hash()


def test_the_same_cause_is_recorded_once() -> None:
    store = FakeAuditStore()

    first = record(AuditLog(store), cause="evt_1")
    again = record(AuditLog(store), cause="evt_1")
    other = record(AuditLog(store), cause="evt_2")

    assert first == again
    assert other.sequence == 2
    assert AuditLog(store).recorded("/1/10/", "evt_1") == first
    assert AuditLog(store).recorded("/1/10/", "evt_3") is None


def test_the_time_of_writing_never_falls_in_a_chain() -> None:
    store = FakeAuditStore()
    clock.advance_to(timedelta(hours=2))

    try:
        ahead = record(AuditLog(store), 1)
    finally:
        clock.reset()
    behind = record(AuditLog(store), 2)

    assert behind.recorded_at == ahead.recorded_at
    assert verify_chain(store, "10").is_intact


@pytest.mark.parametrize(
    ("part", "fact"),
    [
        ("actor", ("王 经理", "case.opened", "case_1", "/1/10/", "done")),
        ("subject", ("function:a", "case.opened", "客户 13800138000", "/1/10/", "done")),
        ("action", ("function:a", "Opened a case", "case_1", "/1/10/", "done")),
        ("node_path", ("function:a", "case.opened", "case_1", "10", "done")),
        ("outcome", ("function:a", "case.opened", "case_1", "/1/10/", "it went well")),
    ],
)
def test_a_part_that_is_no_id_is_refused_without_repeating_it(part: str, fact: tuple[str, str, str, str, str]) -> None:
    store = FakeAuditStore()

    with pytest.raises(InvalidFactError) as caught:
        AuditLog(store).record(*fact, AT)

    assert caught.value.part == part
    assert not set(fact) & set(str(caught.value).split())
    assert len(store) == 0


def test_a_writer_that_is_alone_needs_one_request_an_entry() -> None:
    store = FakeAuditStore()
    log = AuditLog(store)

    for number in range(10):
        record(log, number)

    assert store.requests == 11  # one read of the head, then appends only


@given(st.lists(st.integers(0, 4), min_size=1, max_size=60))
def test_interleaved_writers_leave_one_unbroken_chain(turns: list[int]) -> None:
    store = FakeAuditStore()
    writers = [AuditLog(store, pause=lambda _attempt: None) for _ in range(5)]

    entries = [record(writers[turn], number) for number, turn in enumerate(turns)]

    assert [entry.sequence for entry in entries] == list(range(1, len(turns) + 1))
    assert verify_chain(store, "10").is_intact


def test_concurrent_writers_lose_and_double_nothing() -> None:
    store = FakeAuditStore()

    def write(worker: int) -> None:
        log = AuditLog(store)
        for number in range(20):
            record(log, worker * 100 + number, cause=f"{worker}:{number}")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))

    assert len({entry.subject for entry in store.chains["10"]}) == len(store) == 160
    assert verify_chain(store, "10").is_intact


def test_a_chain_that_stays_contended_fails_the_caller_after_a_bound() -> None:
    store = FakeAuditStore()
    record(AuditLog(store), 1)
    store.head = lambda chain_id: ChainHead(chain_id, 7, "f" * 64)  # type: ignore[method-assign]
    attempts: list[int] = []

    with pytest.raises(AuditContentionError, match="chain 10"):
        record(AuditLog(store, pause=attempts.append), 2)

    assert len(attempts) == 64
    assert len(store) == 1


def test_two_entries_never_hash_alike_by_moving_text_between_fields() -> None:
    head = ChainHead("10")
    log = AuditLog(FakeAuditStore())
    one = log.record("function:a", "case.opened", "b", "/1/10/", "done", AT)
    other = AuditLog(FakeAuditStore()).record("function:ab", "case.opened", "b", "/1/10/", "done", AT)

    assert head.entry_hash == one.previous_hash == other.previous_hash
    assert one.entry_hash != other.entry_hash
