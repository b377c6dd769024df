"""The governor's rules: both windows for every interval, escalating penalties, slots, shares."""

from bisect import bisect_left
from datetime import datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from scrm.clock import BUSINESS_ZONE
from scrm.wecom import governor_core as core
from scrm.wecom.governor_state import (
    DEFAULT_POLICY,
    Priority,
    RateState,
    WaitReason,
    packed,
    unpacked,
)
from scrm.wecom.limits import PathLimits

NOW = 1_795_395_600.0
POLICY = DEFAULT_POLICY

asks = st.lists(
    st.tuples(
        st.floats(min_value=0.0, max_value=400.0),  # seconds since the ask before
        st.integers(min_value=1, max_value=30),  # permits wanted
        st.sampled_from(Priority),
        st.floats(min_value=0.0, max_value=1.0),  # when in the lease they are used
    ),
    max_size=120,
)
budgets = st.builds(
    PathLimits, per_minute=st.integers(min_value=1, max_value=400), per_hour=st.integers(min_value=1, max_value=900)
)


def most_in_any(window: float, arrivals: list[float]) -> int:
    arrivals = sorted(arrivals)
    return max((place - bisect_left(arrivals, moment - window) for place, moment in enumerate(arrivals, 1)), default=0)


@given(asks=asks, budget=budgets)
@settings(max_examples=200)
def test_no_interval_of_either_window_ever_holds_too_many_calls(
    asks: list[tuple[float, int, Priority, float]], budget: PathLimits
) -> None:
    state, now, arrivals = RateState(), NOW, []
    for pause, want, priority, use in asks:
        now += pause
        granted = core.grant(state, now, want, priority, budget, POLICY)
        state = unpacked(packed(granted.state))
        latest = POLICY.lease_life + POLICY.arrival_jitter
        arrivals += [granted.not_before + use * latest] * granted.granted

    assert most_in_any(60.0, arrivals) <= budget.per_minute
    assert most_in_any(3600.0, arrivals) <= budget.per_hour


@given(
    want=st.integers(min_value=1, max_value=20),
    pivot=st.floats(min_value=0.0, max_value=1.0),
    budget=st.sampled_from([PathLimits(60, 10_000), PathLimits(600, 10_000), PathLimits(600, 200), PathLimits(90, 70)]),
)
@settings(max_examples=60)
def test_not_even_a_greedy_crowd_whose_early_calls_are_late_overfills_a_window(
    want: int, pivot: float, budget: PathLimits
) -> None:
    state, now, leases = RateState(), NOW, []
    end = NOW + (8_000.0 if budget.per_hour < 1_000 else 200.0)
    while now < end:
        granted = core.grant(state, now, want, Priority.HANDOVER, budget, POLICY)
        state = granted.state
        if granted.granted:
            leases.append((granted.not_before, granted.granted))
        else:
            now = granted.not_before

    late = POLICY.lease_life + POLICY.arrival_jitter
    turn = NOW + pivot * (end - NOW)
    arrivals = [start + (late if start < turn else 0.0) for start, permits in leases for _ in range(permits)]
    assert len(arrivals) > 0.9 * min(budget.per_hour, budget.per_minute * 3)
    assert most_in_any(60.0, arrivals) <= budget.per_minute
    assert most_in_any(3600.0, arrivals) <= budget.per_hour


@given(asks=asks, budget=budgets)
@settings(max_examples=50)
def test_a_refusal_names_a_later_time_and_takes_nothing(
    asks: list[tuple[float, int, Priority, float]], budget: PathLimits
) -> None:
    state, now = RateState(), NOW
    for pause, want, priority, _ in asks:
        now += pause
        granted = core.grant(state, now, want, priority, budget, POLICY)
        if not granted.granted:
            assert granted.not_before > now
            assert granted.state.buckets == state.buckets
            assert granted.state.permitted_until == state.permitted_until
        else:
            assert now <= granted.not_before <= now + POLICY.horizon
            assert 0 < granted.granted <= want
        state = granted.state


@given(asks=asks)
@settings(max_examples=50)
def test_the_packed_state_comes_back_as_it_was(asks: list[tuple[float, int, Priority, float]]) -> None:
    state, now = RateState(), NOW
    for pause, want, priority, _ in asks:
        now += pause
        state = core.grant(state, now, want, priority, PathLimits(), POLICY).state

    assert unpacked(packed(state)) == state


def test_the_item_of_a_busy_hour_stays_below_one_kilobyte() -> None:
    state, now = RateState(), NOW
    while now < NOW + 7200:
        state = core.grant(state, now, 20, Priority.HANDOVER, PathLimits(), POLICY).state
        now += 5.0

    assert len(packed(state)) < 900


def test_unused_permits_come_back_to_the_hour() -> None:
    budget = PathLimits(per_minute=1_000, per_hour=10)
    taken = core.grant(RateState(), NOW, 10, Priority.HANDOVER, budget, POLICY)
    refused = core.grant(taken.state, NOW + 30, 1, Priority.HANDOVER, budget, POLICY)

    returned = core.given_back(taken.state, core.bucket_of(NOW, POLICY), 4)

    assert refused.reason is WaitReason.HOUR
    assert core.grant(returned, NOW + 30, 10, Priority.HANDOVER, budget, POLICY).granted == 4


def test_a_full_hour_says_when_its_first_calls_leave_it() -> None:
    budget = PathLimits(per_minute=1_000, per_hour=10)
    full = core.grant(RateState(), NOW, 10, Priority.HANDOVER, budget, POLICY).state

    refused = core.grant(full, NOW + 30, 1, Priority.HANDOVER, budget, POLICY)
    later = core.grant(refused.state, refused.not_before, 10, Priority.HANDOVER, budget, POLICY)

    assert 3600 < refused.not_before - NOW < 3600 + 2 * POLICY.bucket
    assert later.granted == 10


def test_a_full_hour_has_who_waits_ask_once_more_when_every_lease_is_over() -> None:
    budget = PathLimits(per_minute=1_000, per_hour=10)
    full = core.grant(RateState(), NOW, 10, Priority.HANDOVER, budget, POLICY).state

    first = core.grant(full, NOW + 1, 1, Priority.HANDOVER, budget, POLICY)
    second = core.grant(first.state, first.not_before, 1, Priority.HANDOVER, budget, POLICY)

    assert (first.reason, second.reason) == (WaitReason.HOUR, WaitReason.HOUR)
    assert POLICY.lease_life < first.not_before - NOW < 10
    assert second.not_before - NOW > 3600


def test_a_class_that_has_used_its_share_of_the_hour_is_not_sent_round_while_a_higher_one_calls() -> None:
    budget = PathLimits(per_minute=10_000, per_hour=1_000)
    state = core.grant(RateState(), NOW, 1, Priority.WELCOME, budget, POLICY).state
    now, told = NOW + 1, []
    while now < NOW + 600:
        state = core.grant(state, now, 1, Priority.WELCOME, budget, POLICY).state
        asked = core.grant(state, now, 20, Priority.STATISTICS, budget, POLICY)
        state = asked.state
        told += [asked.not_before - now] if asked.reason is WaitReason.HOUR else []
        now += 0.5 if asked.granted else 6.0

    assert sum(wait < 60 for wait in told) < 10
    assert told[-1] > 2_900


def test_the_last_permits_of_an_hour_are_leased_one_by_one() -> None:
    budget, left = PathLimits(), 5_000
    leases: list[int] = []
    state, now = RateState(buckets={core.bucket_of(NOW, POLICY): budget.per_hour - left}), NOW
    while sum(leases) < left:
        granted = core.grant(state, now, 20, Priority.HANDOVER, budget, POLICY)
        state, now = granted.state, max(now, granted.not_before)
        leases += [granted.granted] if granted.granted else []

    assert leases[:10] == [20] * 10
    assert leases == sorted(leases, reverse=True)
    assert 100 < leases.count(1) < 300


def test_calls_leave_the_hour_no_sooner_than_an_hour_after_they_can_have_arrived() -> None:
    budget = PathLimits(per_minute=1_000, per_hour=10)
    last_moment_of_a_bucket = (core.bucket_of(NOW, POLICY) + 1) * POLICY.bucket - 0.001
    full = core.grant(RateState(), last_moment_of_a_bucket, 10, Priority.HANDOVER, budget, POLICY).state

    refused = core.grant(full, NOW + 60, 1, Priority.HANDOVER, budget, POLICY)

    latest_arrival = last_moment_of_a_bucket + POLICY.lease_life + POLICY.arrival_jitter
    assert refused.not_before - latest_arrival >= 3600


def test_penalties_escalate_from_a_minute_to_an_hour_to_the_end_of_the_day() -> None:
    state = core.penalized(RateState(), NOW)
    first = state.penalty_until - NOW
    state = core.penalized(state, state.penalty_until)
    second = state.penalty_until - NOW - first
    state = core.penalized(state, state.penalty_until)
    end_of_day = datetime.fromtimestamp(state.penalty_until, BUSINESS_ZONE)

    assert (first, second) == (61.0, 3601.0)
    assert (end_of_day.hour, end_of_day.minute, end_of_day.second) == (0, 0, 1)
    assert core.penalized(state, state.penalty_until).penalty_level == 3


def test_refusals_of_calls_already_under_way_do_not_escalate() -> None:
    state = core.penalized(RateState(), NOW)

    again = core.penalized(state, NOW + 2)

    assert again == state


def test_one_call_probes_after_a_penalty_and_its_success_reopens_the_path() -> None:
    state = core.penalized(RateState(), NOW)
    after = state.penalty_until

    probe = core.grant(state, after, 20, Priority.STATISTICS, PathLimits(), POLICY)
    other = core.grant(probe.state, after, 20, Priority.WELCOME, PathLimits(), POLICY)
    reopened = core.grant(core.probe_passed(other.state), after, 20, Priority.WELCOME, PathLimits(), POLICY)

    assert (probe.granted, probe.probe) == (1, True)
    assert (other.granted, other.reason) == (0, WaitReason.PROBE)
    assert (reopened.granted, reopened.probe) == (20, False)


def test_a_success_ends_the_escalation() -> None:
    state = core.probe_passed(core.penalized(RateState(), NOW))

    again = core.penalized(state, NOW + 100)

    assert again.penalty_until - (NOW + 100) == 61.0


def test_a_probe_without_an_answer_is_replaced_at_once() -> None:
    state = core.penalized(RateState(), NOW)
    probe = core.grant(state, state.penalty_until, 1, Priority.HANDOVER, PathLimits(), POLICY)

    again = core.grant(
        core.probe_lost(probe.state), state.penalty_until + 1, 1, Priority.HANDOVER, PathLimits(), POLICY
    )

    assert again.probe


def test_a_higher_class_that_called_within_the_hour_keeps_a_share_of_it() -> None:
    budget = PathLimits(per_minute=10_000, per_hour=100)
    state = core.grant(RateState(), NOW, 1, Priority.WELCOME, budget, POLICY).state
    greedy = state
    for second in range(20):
        greedy = core.grant(greedy, NOW + second, 20, Priority.STATISTICS, budget, POLICY).state
    statistics = core.grant(greedy, NOW + 30, 20, Priority.STATISTICS, budget, POLICY)

    welcome = core.grant(greedy, NOW + 30, 20, Priority.WELCOME, budget, POLICY)

    assert sum(greedy.buckets.values()) == 95
    assert statistics.reason is WaitReason.HOUR
    assert welcome.granted == 5


def test_a_class_alone_has_the_whole_hour() -> None:
    budget = PathLimits(per_minute=10_000, per_hour=100)
    state = RateState()
    for second in range(20):
        state = core.grant(state, NOW + second, 20, Priority.STATISTICS, budget, POLICY).state

    assert sum(state.buckets.values()) == 100


def test_a_waiting_class_that_had_less_goes_first() -> None:
    waiting = RateState(shares=(0.0, 5.0, 0.0, 9.0), asked_at=(0.0, NOW, 0.0, NOW), waiting_until=(0, NOW + 1, 0, 0))

    statistics = core.grant(waiting, NOW, 5, Priority.STATISTICS, PathLimits(), POLICY)
    handover = core.grant(waiting, NOW, 5, Priority.HANDOVER, PathLimits(), POLICY)

    assert statistics.reason is WaitReason.SHARE
    assert handover.granted == 5


def test_a_class_that_stopped_waiting_holds_nobody_up() -> None:
    lapsed = RateState(shares=(0.0, 5.0, 0.0, 9.0), asked_at=(0.0, NOW, 0.0, NOW), waiting_until=(0, NOW - 1, 0, 0))

    assert core.grant(lapsed, NOW, 5, Priority.STATISTICS, PathLimits(), POLICY).granted == 5


def test_concurrency_is_free_until_the_first_refusal_and_halves_with_each_crowd_refused() -> None:
    state = RateState()
    unlimited = core.allowed_concurrency(state, NOW, POLICY)
    first = core.congested(state, NOW, PathLimits(), POLICY)
    same_crowd = core.congested(first, NOW + 1, PathLimits(), POLICY)

    second = core.congested(first, NOW + 5, PathLimits(), POLICY)

    assert unlimited is None
    assert first.concurrency == 40
    assert same_crowd == first
    assert second.concurrency == 20


def test_allowed_concurrency_grows_back_and_is_lifted_after_a_quiet_hour() -> None:
    state = core.congested(RateState(), NOW, PathLimits(), POLICY)

    allowed = [core.allowed_concurrency(state, NOW + later, POLICY) for later in (0, 100, 3599, 3600)]

    assert allowed == [40, 50, 399, None]


def test_slots_run_out_are_freed_and_expire() -> None:
    state = core.congested(RateState(), NOW, PathLimits(), POLICY)._replace(concurrency=2)
    for slot_id in ("a", "b"):
        state = core.take_slot(state, NOW, slot_id, Priority.WELCOME, POLICY).state
    refused = core.take_slot(state, NOW, "c", Priority.WELCOME, POLICY)
    freed = core.take_slot(core.free_slot(state, "a"), NOW, "c", Priority.WELCOME, POLICY)

    expired = core.take_slot(state, NOW + POLICY.slot_life, "c", Priority.WELCOME, POLICY)

    assert (refused.granted, refused.reason) == (0, WaitReason.CONCURRENCY)
    assert freed.granted == expired.granted == 1
    assert [slot.slot_id for slot in expired.state.slots] == ["c"]


def test_slots_are_kept_for_higher_classes_and_nobody_is_shut_out() -> None:
    state = core.congested(RateState(), NOW, PathLimits(), POLICY)
    taken = 0
    while (granted := core.take_slot(state, NOW, f"s{taken}", Priority.STATISTICS, POLICY)).granted:
        state, taken = granted.state, taken + 1
    welcome = core.take_slot(state, NOW, "w", Priority.WELCOME, POLICY)

    alone = core.take_slot(state._replace(concurrency=1, slots=()), NOW, "s", Priority.STATISTICS, POLICY)

    assert taken == 28
    assert welcome.granted == alone.granted == 1
