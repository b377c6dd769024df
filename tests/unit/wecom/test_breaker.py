"""The circuit breaker: opens for all, probes alone, and stays out of the way when its store is down."""

from datetime import timedelta

import pytest

from scrm.wecom.breaker import BreakerPolicy, CircuitBreaker
from tests.fakes.wecom import START, FakeClock, MemoryRateStore

POLICY = BreakerPolicy()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def store() -> MemoryRateStore:
    return MemoryRateStore()


def breaker(store: MemoryRateStore, clock: FakeClock) -> CircuitBreaker:
    return CircuitBreaker(store, now=clock.now)


def open_circuit(store: MemoryRateStore, clock: FakeClock) -> None:
    for _ in range(POLICY.failures_to_open):
        breaker(store, clock).record_failure()


def test_failures_of_different_functions_add_up(store: MemoryRateStore, clock: FakeClock) -> None:
    open_circuit(store, clock)

    refused_until = breaker(store, clock).admit()

    assert refused_until == START + timedelta(seconds=POLICY.first_pause)


def test_an_answer_between_failures_starts_the_count_again(store: MemoryRateStore, clock: FakeClock) -> None:
    each = breaker(store, clock)
    for _ in range(3 * POLICY.failures_to_open):
        each.record_failure()
        each.record_answer()

    assert each.admit() is None


def test_failures_far_apart_do_not_add_up(store: MemoryRateStore, clock: FakeClock) -> None:
    each = breaker(store, clock)
    for _ in range(3 * POLICY.failures_to_open):
        each.record_failure()
        clock.advance(POLICY.failure_window)

    assert each.admit() is None


def test_half_open_lets_exactly_one_call_probe(store: MemoryRateStore, clock: FakeClock) -> None:
    open_circuit(store, clock)
    clock.advance(POLICY.first_pause)

    admitted = [breaker(store, clock).admit() for _ in range(5)]

    assert admitted.count(None) == 1
    assert set(admitted) == {None, clock.now() + timedelta(seconds=POLICY.probe_life)}


def test_a_good_probe_closes_the_circuit_for_all(store: MemoryRateStore, clock: FakeClock) -> None:
    open_circuit(store, clock)
    clock.advance(POLICY.first_pause)
    probing = breaker(store, clock)
    probing.admit()

    probing.record_answer()

    assert breaker(store, clock).admit() is None


def test_bad_probes_lengthen_the_pause_up_to_a_minute(store: MemoryRateStore, clock: FakeClock) -> None:
    open_circuit(store, clock)
    pauses = []
    for _ in range(4):
        refused_until = breaker(store, clock).admit()
        assert refused_until is not None
        pauses.append((refused_until - clock.now()).total_seconds())
        clock.moment = refused_until
        probing = breaker(store, clock)
        assert probing.admit() is None
        probing.record_failure()

    assert pauses == [15.0, 30.0, 60.0, 60.0]


def test_a_dead_prober_is_replaced(store: MemoryRateStore, clock: FakeClock) -> None:
    open_circuit(store, clock)
    clock.advance(POLICY.first_pause)
    breaker(store, clock).admit()

    clock.advance(POLICY.probe_life)

    assert breaker(store, clock).admit() is None


def test_a_late_failure_does_not_lengthen_the_pause(store: MemoryRateStore, clock: FakeClock) -> None:
    open_circuit(store, clock)
    before = breaker(store, clock).admit()

    breaker(store, clock).record_failure()

    assert breaker(store, clock).admit() == before


def test_an_unreachable_store_lets_calls_through(store: MemoryRateStore, clock: FakeClock) -> None:
    open_circuit(store, clock)
    store.down = True
    each = breaker(store, clock)

    each.record_failure()

    assert each.admit() is None


def test_a_lost_write_is_tried_again(store: MemoryRateStore, clock: FakeClock) -> None:
    store.lose_next = 3
    open_circuit(store, clock)

    assert breaker(store, clock).admit() is not None


def test_good_calls_cost_one_read_a_second_and_no_write(store: MemoryRateStore, clock: FakeClock) -> None:
    each = breaker(store, clock)
    for _ in range(100):
        assert each.admit() is None
        each.record_answer()
        clock.advance(0.1)

    assert store.saves == 0
    assert store.loads <= 11
