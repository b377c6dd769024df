"""Processes with governors of their own in any interleaving: no window is overfilled, and no permit stays lost."""

from bisect import bisect_left

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from scrm.wecom.governor import Outcome, Permit, RateGovernor, Wait
from scrm.wecom.governor_state import DEFAULT_POLICY, Priority, WaitReason, unpacked
from scrm.wecom.limits import PathLimits
from tests.fakes.wecom import FakeClock, MemoryRateStore

PATHS = ("externalcontact/cancel_groupmsg_send", "externalcontact/get_groupmsg_task")
OTHER = "externalcontact/list"
workers = st.integers(min_value=0, max_value=3)


class Workers(RuleBasedStateMachine):
    """Four processes that call two paths; a permit is used at once."""

    @initialize(
        budget=st.builds(
            PathLimits,
            per_minute=st.integers(min_value=20, max_value=400),
            per_hour=st.integers(min_value=5, max_value=300),
        )
    )
    def begin(self, budget: PathLimits) -> None:
        self.clock, self.store, self.budget = FakeClock(), MemoryRateStore(), budget
        self.governors = [
            RateGovernor(self.store, now=self.clock.now, jitter=lambda: 0.0, limits_of=self.limits_of) for _ in range(4)
        ]
        self.arrivals: dict[str, list[float]] = {path: [] for path in PATHS}

    def limits_of(self, path: str) -> PathLimits:
        return PathLimits() if path == OTHER else self.budget

    @rule(worker=workers, path=st.sampled_from(PATHS), calls=st.integers(1, 20), priority=st.sampled_from(Priority))
    def call(self, worker: int, path: str, calls: int, priority: Priority) -> None:
        answer = self.governors[worker].acquire(path, priority, calls=calls)
        if isinstance(answer, Permit):
            self.arrivals[path].append(self.clock.now().timestamp())
            self.governors[worker].settle(answer, Outcome.ANSWERED)
        else:
            assert answer.not_before > self.clock.now()

    @rule(seconds=st.floats(min_value=0.05, max_value=90.0))
    def time_passes(self, seconds: float) -> None:
        self.clock.advance(seconds)

    @rule()
    def a_write_is_lost(self) -> None:
        self.store.lose_next = 1

    @rule()
    def all_turn_to_another_path(self) -> None:
        """What was booked and not used is there for others again, in a time that no hour is waited for."""
        self.clock.advance(2 * DEFAULT_POLICY.horizon + DEFAULT_POLICY.lease_life + DEFAULT_POLICY.return_grace + 1)
        for each in self.governors:
            while isinstance(waiting := each.acquire(OTHER, Priority.DISPATCH), Wait):
                self.clock.moment = waiting.not_before
        for path in PATHS:
            booked = unpacked(self.store.items[path][0]).buckets if path in self.store.items else {}
            assert sum(booked.values()) <= len(self.arrivals[path])

    @rule(path=st.sampled_from(PATHS))
    def who_waits_for_the_hour_is_told_of_no_moment_at_which_nothing_changes(self, path: str) -> None:
        """Nobody is sent round and round: told of the hour twice, he has waited for the hour."""
        asked = self.clock.moment
        for _ in range(2):
            answer = self.governors[0].acquire(path, Priority.WELCOME)
            if isinstance(answer, Permit):
                self.arrivals[path].append(self.clock.now().timestamp())
                return
            if answer.reason is not WaitReason.HOUR:
                return
            self.clock.moment = answer.not_before
        assert (self.clock.moment - asked).total_seconds() > DEFAULT_POLICY.bucket

    @invariant()
    def no_window_is_overfilled(self) -> None:
        for arrivals in getattr(self, "arrivals", {}).values():
            for place, moment in enumerate(arrivals, 1):
                assert place - bisect_left(arrivals, moment - 60.0) <= self.budget.per_minute
                assert place - bisect_left(arrivals, moment - 3600.0) <= self.budget.per_hour


TestWorkers = pytest.mark.filterwarnings("error")(Workers.TestCase)
TestWorkers.settings = settings(max_examples=40, stateful_step_count=40)
