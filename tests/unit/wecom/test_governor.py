"""The governor over its store: leases, penalties seen before every call, lost writes, outages."""

from datetime import timedelta

import pytest

from scrm.wecom.governor import Outcome, Permit, RateGovernor, Wait
from scrm.wecom.governor_state import Priority, WaitReason, packed, unpacked
from scrm.wecom.limits import PathLimits
from tests.fakes.wecom import START, FakeClock, MemoryRateStore

PATH = "externalcontact/get"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def store() -> MemoryRateStore:
    return MemoryRateStore()


def governor(store: MemoryRateStore, clock: FakeClock, budget: PathLimits | None = None) -> RateGovernor:
    return RateGovernor(store, now=clock.now, jitter=lambda: 0.0, limits_of=lambda _: budget or PathLimits())


def permit(each: RateGovernor, path: str = PATH) -> Permit:
    answer = each.acquire(path, Priority.HANDOVER)
    assert isinstance(answer, Permit), answer
    return answer


def wait(each: RateGovernor, path: str = PATH) -> Wait:
    answer = each.acquire(path, Priority.HANDOVER)
    assert isinstance(answer, Wait), answer
    return answer


def test_a_busy_worker_writes_once_for_many_calls(store: MemoryRateStore, clock: FakeClock) -> None:
    each = governor(store, clock)

    for _ in range(200):
        each.settle(permit(each), Outcome.ANSWERED)
        clock.advance(0.1)

    assert store.saves <= 20


def test_a_single_call_leases_a_single_permit(store: MemoryRateStore, clock: FakeClock) -> None:
    permit(governor(store, clock))

    (text, _) = store.items[PATH]
    assert list(unpacked(text).buckets.values()) == [1]


def test_calls_told_beforehand_are_leased_together(store: MemoryRateStore, clock: FakeClock) -> None:
    each = governor(store, clock)

    for left in range(10, 0, -1):
        assert isinstance(each.acquire(PATH, Priority.HANDOVER, calls=left), Permit)

    assert store.saves == 1


def test_a_new_lease_over_what_was_seen_needs_no_read(store: MemoryRateStore, clock: FakeClock) -> None:
    each = governor(store, clock)
    seen = each.look([PATH], Priority.HANDOVER, ["beside"])

    answer = each.acquire(PATH, Priority.HANDOVER, seen=seen)

    assert isinstance(answer, Permit)
    assert (set(seen), store.loads, store.saves) == ({PATH, "beside"}, 1, 1)


def test_a_penalty_that_came_after_the_look_is_obeyed(store: MemoryRateStore, clock: FakeClock) -> None:
    each, other = governor(store, clock), governor(store, clock)
    seen = each.look([PATH], Priority.HANDOVER, ())
    other.settle(permit(other), Outcome.FREQUENCY_REFUSED)

    refused = each.acquire(PATH, Priority.HANDOVER, seen=seen)

    assert refused == Wait(clock.now() + timedelta(seconds=61), WaitReason.PENALTY)


def test_a_permit_in_hand_is_not_given_on_what_was_seen_before(store: MemoryRateStore, clock: FakeClock) -> None:
    each, other = governor(store, clock), governor(store, clock)
    seen = {PATH: store.items.get(PATH)}
    each.acquire(PATH, Priority.HANDOVER, calls=5)
    other.settle(permit(other), Outcome.FREQUENCY_REFUSED)

    refused = each.acquire(PATH, Priority.HANDOVER, seen=seen)

    assert each.look([PATH], Priority.HANDOVER, ()) == {}
    assert refused == Wait(clock.now() + timedelta(seconds=61), WaitReason.PENALTY)


def test_a_penalty_persisted_by_another_function_stops_a_lease_in_hand(
    store: MemoryRateStore, clock: FakeClock
) -> None:
    holder, other = governor(store, clock), governor(store, clock)
    for _ in range(4):
        permit(holder)
        clock.advance(0.1)
    other.settle(permit(other), Outcome.FREQUENCY_REFUSED)

    refused = wait(holder)

    assert refused == Wait(clock.now() + timedelta(seconds=61), WaitReason.PENALTY)


def test_a_penalty_of_one_path_leaves_the_others_open(store: MemoryRateStore, clock: FakeClock) -> None:
    each = governor(store, clock)
    each.settle(permit(each), Outcome.FREQUENCY_REFUSED)

    assert wait(each).reason is WaitReason.PENALTY
    assert permit(each, "externalcontact/list")


def test_after_the_window_one_probe_goes_and_the_rest_follow_its_success(
    store: MemoryRateStore, clock: FakeClock
) -> None:
    first, second = governor(store, clock), governor(store, clock)
    first.settle(permit(first), Outcome.FREQUENCY_REFUSED)
    clock.advance(61)
    probe = permit(first)

    waiting = wait(second)
    first.settle(probe, Outcome.ANSWERED)

    assert waiting.reason is WaitReason.PROBE
    assert permit(second)


def test_a_failed_probe_closes_the_path_for_an_hour(store: MemoryRateStore, clock: FakeClock) -> None:
    each = governor(store, clock)
    each.settle(permit(each), Outcome.FREQUENCY_REFUSED)
    clock.advance(61)

    closed_until = each.settle(permit(each), Outcome.FREQUENCY_REFUSED)

    assert closed_until == clock.now() + timedelta(seconds=3601)


def test_a_probe_that_got_no_answer_leaves_the_next_one_to_ask(store: MemoryRateStore, clock: FakeClock) -> None:
    each = governor(store, clock)
    each.settle(permit(each), Outcome.FREQUENCY_REFUSED)
    clock.advance(61)
    each.settle(permit(each), Outcome.NO_ANSWER)

    assert permit(each).probe


def test_a_lapsed_lease_goes_back_and_is_not_used(store: MemoryRateStore, clock: FakeClock) -> None:
    each = governor(store, clock, PathLimits(per_minute=10_000, per_hour=8))
    for _ in range(4):  # leases of 1, 2 and 4: three permits are left
        permit(each)
        clock.advance(0.05)
    clock.advance(10)

    used = 4
    while isinstance(each.acquire(PATH, Priority.HANDOVER), Permit):
        used += 1
        clock.advance(0.05)

    assert used == 8


def test_a_lapsed_lease_goes_back_while_the_worker_calls_other_paths(store: MemoryRateStore, clock: FakeClock) -> None:
    each = governor(store, clock)
    each.acquire(PATH, Priority.HANDOVER, calls=5)

    booked = []
    for _ in range(3):
        clock.advance(3)
        permit(each, "externalcontact/list")
        booked.append(sum(unpacked(store.items[PATH][0]).buckets.values()))

    assert booked == [5, 5, 1]


def test_who_waits_for_a_full_hour_gets_what_another_worker_left(store: MemoryRateStore, clock: FakeClock) -> None:
    budget = PathLimits(per_minute=10_000, per_hour=5)
    holder, other = governor(store, clock, budget), governor(store, clock, budget)
    holder.acquire(PATH, Priority.HANDOVER, calls=5)
    waiting = wait(other)
    while clock.now() < waiting.not_before:
        clock.advance(0.5)
        holder.acquire("externalcontact/list", Priority.HANDOVER)

    used = 0
    while isinstance(other.acquire(PATH, Priority.HANDOVER), Permit):
        used += 1

    assert (waiting.reason, used) == (WaitReason.HOUR, 4)
    assert waiting.not_before - clock.now() < timedelta(seconds=10)


def test_a_full_minute_makes_the_caller_wait_a_little(store: MemoryRateStore, clock: FakeClock) -> None:
    each = governor(store, clock, PathLimits(per_minute=10, per_hour=1_000))
    permit(each)

    refused = wait(each)

    assert refused.reason is WaitReason.MINUTE
    assert timedelta(0) < refused.not_before - START < timedelta(seconds=10)


def test_lost_writes_are_tried_again(store: MemoryRateStore, clock: FakeClock) -> None:
    store.lose_next = 5

    assert permit(governor(store, clock))


def test_a_crowded_item_makes_the_caller_wait(store: MemoryRateStore, clock: FakeClock) -> None:
    store.lose_next = 100

    assert wait(governor(store, clock)).reason is WaitReason.CONTENTION


def test_an_unreachable_store_postpones_even_with_permits_in_hand(store: MemoryRateStore, clock: FakeClock) -> None:
    each = governor(store, clock)
    for _ in range(4):
        permit(each)
        clock.advance(0.1)
    store.down = True

    assert wait(each).reason is WaitReason.STORE


def test_a_penalty_the_store_did_not_learn_of_still_binds_this_process(
    store: MemoryRateStore, clock: FakeClock
) -> None:
    each = governor(store, clock)
    running = permit(each)
    store.down = True
    closed_until = each.settle(running, Outcome.FREQUENCY_REFUSED)
    store.down = False

    refused = wait(each)

    assert closed_until == refused.not_before == clock.now() + timedelta(seconds=61)


def test_after_a_concurrency_refusal_calls_hold_slots_and_free_them(store: MemoryRateStore, clock: FakeClock) -> None:
    each = governor(store, clock, PathLimits(concurrency_after_refusal=2))
    each.settle(permit(each), Outcome.CONCURRENCY_REFUSED)
    running = [permit(each), permit(governor(store, clock, PathLimits(concurrency_after_refusal=2)))]
    refused = wait(each)

    each.settle(running[0], Outcome.ANSWERED)

    assert refused.reason is WaitReason.CONCURRENCY
    assert permit(each).slot_id


def test_a_lease_in_hand_does_not_bypass_the_slots(store: MemoryRateStore, clock: FakeClock) -> None:
    holder = governor(store, clock, PathLimits(concurrency_after_refusal=1))
    other = governor(store, clock, PathLimits(concurrency_after_refusal=1))
    for _ in range(4):
        permit(holder)
        clock.advance(0.1)
    other.settle(permit(other), Outcome.CONCURRENCY_REFUSED)
    running = permit(other)

    refused = wait(holder)

    assert running.slot_id
    assert refused.reason is WaitReason.CONCURRENCY


def test_a_crowd_told_the_same_moment_comes_back_spread(store: MemoryRateStore, clock: FakeClock) -> None:
    dice = iter([0.1, 0.9])
    each = RateGovernor(store, now=clock.now, jitter=lambda: next(dice), limits_of=lambda _: PathLimits(per_minute=10))
    permit(each)

    first, second = wait(each), wait(each)

    assert second.not_before - first.not_before > timedelta(milliseconds=200)


def test_the_limits_of_the_platform_are_taken_per_path(store: MemoryRateStore, clock: FakeClock) -> None:
    each = RateGovernor(store, now=clock.now, jitter=lambda: 0.0)

    refusals = [each.acquire("gettoken", Priority.HANDOVER) for _ in range(3)]

    assert isinstance(refusals[0], Permit)
    assert isinstance(refusals[-1], Wait)


def test_an_unlimited_path_forgets_old_slots(store: MemoryRateStore, clock: FakeClock) -> None:
    each = governor(store, clock)
    each.settle(permit(each), Outcome.CONCURRENCY_REFUSED)
    text, version = store.items[PATH]
    long_ago = unpacked(text)._replace(concurrency_at=clock.now().timestamp() - 3600)
    store.items[PATH] = (packed(long_ago), version)

    assert permit(each).slot_id == ""
