"""Many workers, one API path, virtual time: the real governor against an independent count of WeCom's windows.

Nothing sleeps: an event queue moves the clock. Workers are processes of their own, each with its own governor; they
share one store. What reaches WeCom is judged afterwards by counting every interval of a minute and of an hour.
"""

import heapq
import itertools
import math
import random
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from scrm.wecom.governor import Outcome, Permit, RateGovernor, RateStore
from scrm.wecom.governor_state import Priority, unpacked
from scrm.wecom.limits import PathLimits

START = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
PATH = "externalcontact/resigned/transfer_customer"


class VirtualClock:
    """Seconds since the start; `now` is what the product sees."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> datetime:
        return START + timedelta(milliseconds=math.floor(self.seconds * 1000))


class SharedStore:
    """A rate store in memory; loses a write now and then to an imagined competitor, as a busy item does."""

    def __init__(self, lost_writes: float = 0.0, seed: int = 0) -> None:
        self._items: dict[str, tuple[str, int]] = {}
        self._lost_writes = lost_writes
        self._random = random.Random(seed)  # noqa: S311 - a simulation
        self.reads = 0
        self.writes = 0
        self.largest = 0

    def load(self, key: str) -> tuple[str, int] | None:
        self.reads += 1
        return self._items.get(key)

    def load_all(self, keys: Sequence[str]) -> dict[str, tuple[str, int] | None]:
        self.reads += 1
        return {key: self._items.get(key) for key in keys}

    def save(self, key: str, text: str, version: int, expires_at: datetime) -> bool:  # noqa: ARG002 - no expiry here
        self.writes += 1
        self.largest = max(self.largest, len(text))
        if self._items.get(key, ("", 0))[1] != version or self._random.random() < self._lost_writes:
            return False
        self._items[key] = (text, version + 1)
        return True


@dataclass(slots=True)
class Workload:
    """Calls of one class, all wanted from second ``begins`` on, by ``workers`` processes."""

    priority: Priority
    calls: int
    workers: int
    begins: float = 0.0


@dataclass(slots=True)
class Call:
    """When a call was issued, reached WeCom and was answered; seconds."""

    priority: Priority
    issued: float
    arrived: float
    ended: float


@dataclass(slots=True)
class Run:
    """What happened, in the order of issue."""

    store: RateStore
    calls: list[Call] = field(default_factory=list)
    penalties: list[tuple[float, float]] = field(default_factory=list)  # persisted at, closed until; seconds

    @property
    def seconds(self) -> float:
        return max(call.ended for call in self.calls)

    @property
    def issued_in_penalty(self) -> list[Call]:
        """Calls issued after a penalty window had been persisted and before it ended."""
        return [call for call in self.calls if any(begun < call.issued < end for begun, end in self.penalties)]

    def issued(self, priority: Priority) -> list[float]:
        return [call.issued for call in self.calls if call.priority is priority]


def simulate(
    workloads: Sequence[Workload],
    budget: PathLimits,
    *,
    seed: int = 1,
    store: RateStore | None = None,
    answer: Callable[[Call, Sequence[Call]], Outcome] = lambda _call, _all: Outcome.ANSWERED,
    until: float = math.inf,
) -> Run:
    """Let every worker call until its class has no calls left, or until second ``until``.

    A call reaches WeCom after 5 to 150 ms and is answered 20 to 200 ms later; ``answer`` decides when it ends, knowing
    all calls issued so far.
    """
    clock, dice = VirtualClock(), random.Random(seed)  # noqa: S311 - a simulation
    run = Run(store=store or SharedStore(lost_writes=0.05, seed=seed))
    left = {workload.priority: workload.calls for workload in workloads}
    order = itertools.count()
    queue: list[tuple[float, int, Priority, RateGovernor, tuple[Permit, Call] | None]] = []
    for workload in workloads:
        for _ in range(workload.workers):
            governor = RateGovernor(run.store, now=clock.now, jitter=dice.random, limits_of=lambda _: budget)
            begins = workload.begins + dice.random()
            heapq.heappush(queue, (begins, next(order), workload.priority, governor, None))
    while queue:
        clock.seconds, _, priority, governor, running = heapq.heappop(queue)
        if clock.seconds > until:
            break
        if running:
            _settle(run, governor, running[0], answer(running[1], run.calls), clock.seconds)
        if not left[priority]:
            continue
        step = governor.acquire(PATH, priority)
        if isinstance(step, Permit):
            left[priority] -= 1
            arrived = clock.seconds + dice.uniform(0.005, 0.15)
            call = Call(priority, clock.seconds, arrived, arrived + dice.uniform(0.02, 0.2))
            run.calls.append(call)
            heapq.heappush(queue, (call.ended, next(order), priority, governor, (step, call)))
        else:
            again = max(clock.seconds + 0.001, (step.not_before - START).total_seconds())
            heapq.heappush(queue, (again, next(order), priority, governor, None))
    return run


def _settle(run: Run, governor: RateGovernor, permit: Permit, outcome: Outcome, now: float) -> None:
    """Report the call; the penalty window is taken from what the store holds then, not from what was reported."""
    governor.settle(permit, outcome)
    stored = run.store.load(PATH) if outcome is Outcome.FREQUENCY_REFUSED else None
    if stored:
        run.penalties.append((now, unpacked(stored[0]).penalty_until - START.timestamp()))


def refused(run: Run, budget: PathLimits) -> int:
    """How many calls a platform with sliding windows would have answered 45009, counted from the arrivals alone."""
    arrivals = sorted(call.arrived for call in run.calls)
    too_many = 0
    for place, moment in enumerate(arrivals, 1):
        in_minute = place - bisect_left(arrivals, moment - 60.0)
        in_hour = place - bisect_left(arrivals, moment - 3600.0)
        too_many += in_minute > budget.per_minute or in_hour > budget.per_hour
    return too_many


def floor_seconds(calls: int, budget: PathLimits) -> float:
    """The least time both windows allow (docs/requirements.md, T1 to T7): full hours first, the rest by the minute."""
    full_hours = math.ceil(calls / budget.per_hour) - 1
    return 3600.0 * full_hours + 60.0 * (calls - budget.per_hour * full_hours) / budget.per_minute
