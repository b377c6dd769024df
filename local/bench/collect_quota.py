"""Bench: how long a run over 300,000 members takes at WeCom's quota. Virtual time, nothing sleeps.

The collector's own use case reads every part through the real governor, as many invocations side by side as workers;
each is a thread that runs only while it holds the baton. A call takes 100 to 300 ms, a member's relations 150 ms of an
invocation that ends after 15 minutes. Some invocations are killed, and their messages come again after 90 minutes. A
25th of the members and workers meets a 25th of the quota. ``PYTHONPATH=layers/scrm:. python -m
local.bench.collect_quota [workers ...]`` measures the real size, a run and a window of the history, in some minutes.
"""

import heapq
import itertools
import json
import random
import sys
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from local.bench.figure import Figure
from local.bench.governor_simulation import START, Call, Run, SharedStore, VirtualClock, refused
from scrm.aws.run_folder import BucketRunFolder
from scrm.collect import model
from scrm.collect.collecting import Collector
from scrm.collect.model import AddsWork, FollowedCustomer, GroupDay, MemberDay, Part, RosterRow
from scrm.collect.ports import NotNowError
from scrm.sql import Dataset
from scrm.wecom import limits
from scrm.wecom.governor import Outcome, Permit, RateGovernor
from scrm.wecom.governor_state import Priority

SCALE = 25
MEMBERS = 300_000
WORKERS = 50
_MEMBER_PATH = "externalcontact/get_user_behavior_data"
_GROUP_PATH = "externalcontact/groupchat/statistic"
_INVOCATION_S = 855.0
_COMES_AGAIN_S = 5_400.0  # the queue's visibility
_LONGEST_WAIT_S = 5.0
_RELATIONS_S = 0.15
_RELATIONS_AT_ONCE = 20  # time goes by in steps of some members
_MORNING = date(2027, 3, 11)
_KILLED = 0.02


class KilledError(Exception):
    """The invocation ended in the middle of a member."""


def measure() -> list[Figure]:
    budget = limits.PathLimits(limits.CALLS_PER_MINUTE // SCALE, limits.CALLS_PER_HOUR // SCALE)
    found = simulated(MEMBERS // SCALE, WORKERS // SCALE, budget)
    hours = found["hours"] if found["is_clean"] else float("inf")
    return [
        Figure(
            "collect_run_hours",
            hours,
            2.5,
            "lower",
            "hours of simulated time; all members read, no call too many",
            "the least time both windows allow 300,000 members: 75 min to the last call",
            1.25,
        ),
        Figure(
            "collect_invocations_per_part",
            round(found["invocations"] / found["files"], 1),
            10.0,
            "lower",
            "invocations for 1,000 members, quota's waits included",
            "a message for each member's wait: 1,000",
            1.0,
        ),
    ]


def simulated(
    members: int, workers: int, budget: limits.PathLimits, run: model.Run | None = None, seed: int = 1
) -> dict[str, float]:
    """Of a morning's run, or of a window. ``is_clean``: no call was too many, and every member was read."""
    world = _World(members, workers, budget, seed)
    world.collect(run or model.Run.of_morning(_MORNING))
    asked = Counter(userid for userid, _ in world.asked)
    clean = refused(world.calls[_MEMBER_PATH], budget) == 0 and len(asked) == members
    return {
        "is_clean": clean,
        "hours": round(world.finished / 3600, 2),
        "member_calls": len(world.asked),
        "group_calls": len(world.calls[_GROUP_PATH].calls),
        "files": world.files["readings"],
        "invocations": world.invocations,
        "killed": world.killed,
    }


class _World:
    """Everything that the invocations share, and the ports that they see."""

    def __init__(self, members: int, workers: int, budget: limits.PathLimits, seed: int) -> None:
        self.clock, self.dice = VirtualClock(), random.Random(seed)  # noqa: S311 - a simulation
        self.budget, self.members = budget, members
        self.calls = {path: Run(store=SharedStore(lost_writes=0.05, seed=seed)) for path in (_MEMBER_PATH, _GROUP_PATH)}
        self.asked: list[tuple[str, float]] = []
        self.files: Counter[str] = Counter()
        self.invocations = self.killed = 0
        self.finished = 0.0
        self._order = itertools.count()
        self._waiting: list[tuple[float, int, Part]] = []
        self._sleeping: list[tuple[float, int, _Invocation]] = []
        self._idle = [_Invocation(self) for _ in range(workers)]
        self._is_read = False

    def collect(self, run: model.Run) -> None:
        """Until the last part is done. Whoever sleeps shortest goes on, and then whoever is idle takes a message."""
        first = self._idle[0].collector
        first.plan(run)
        while self._waiting or self._sleeping:
            while self._idle and self._waiting and self._waiting[0][0] <= self.clock.seconds:
                part = heapq.heappop(self._waiting)[2]
                self._idle.pop().begin(part)
            moments = [heap[0][0] for heap in (self._sleeping, self._waiting if self._idle else []) if heap]
            self.clock.seconds = max(self.clock.seconds, min(moments))
            if self._sleeping and self._sleeping[0][0] <= self.clock.seconds:
                heapq.heappop(self._sleeping)[2].go_on()
        if not self._is_read:
            raise LookupError("the run was never read to its end")
        for invocation in self._idle:
            invocation.end()

    def sleeps(self, invocation: "_Invocation", until: float) -> None:
        heapq.heappush(self._sleeping, (until, next(self._order), invocation))

    def is_idle(self, invocation: "_Invocation") -> None:
        self._idle.append(invocation)

    def comes(self, part: Part, at: float) -> None:
        heapq.heappush(self._waiting, (at, next(self._order), part))

    # The ports that need no invocation

    def rows(self) -> Iterator[RosterRow]:
        for number in range(self.members):
            node = str(1_000 + number // 10)
            yield RosterRow(f"rm_{number:06d}", node, f"/1/{node}/", on_roster=True, is_licensed=True, is_asked=True)

    def write(self, dataset: Dataset, partition: str, name: str, rows: Iterable[Mapping[str, Any]]) -> str:  # noqa: ARG002
        for _ in rows:
            pass
        self.files[dataset.name] += 1
        return name

    def parts_due(self, parts: Iterable[Part]) -> None:
        for part in parts:
            later = 0.0
            if part.not_before is not None:
                later = float(int((part.not_before - self.clock.now()).total_seconds()) + 1)
            self.comes(replace(part, not_before=None), self.clock.seconds + max(later, 0.0))

    def run_read(self, run: model.Run, measured: int = 0) -> None:  # noqa: ARG002
        self._is_read, self.finished = True, self.clock.seconds

    def run_due(self, run: model.Run) -> None: ...

    def coverage_due(self, run: model.Run) -> None: ...

    def adds_due(self, works: Iterable[AddsWork]) -> None: ...


class _Documents(dict[str, bytes]):
    """The bucket as far as a run's folder needs it."""

    def put(self, key: str, body: bytes, content_type: str) -> None:  # noqa: ARG002
        self[key] = body

    def sizes_below(self, prefix: str) -> Iterator[tuple[str, int]]:
        return ((key, 0) for key in list(self) if key.startswith(prefix))


class _Folder(BucketRunFolder):
    """Which parts are done is kept as a set: listing a dictionary again and again is no part of what is measured."""

    def __init__(self) -> None:
        super().__init__(_Documents())
        self._done: set[int] = set()

    def note_done(self, run: model.Run, number: int) -> None:  # noqa: ARG002
        self._done.add(number)

    def done(self, run: model.Run) -> set[int]:  # noqa: ARG002
        return self._done


class _Invocation:
    """A worker with a governor of its own; its thread waits for the baton wherever time goes by."""

    folders: dict[int, _Folder] = {}  # noqa: RUF012 - one bucket for each world

    def __init__(self, world: _World) -> None:
        self._world = world
        self._governors = {
            path: RateGovernor(
                run.store, now=world.clock.now, jitter=world.dice.random, limits_of=lambda _: world.budget
            )
            for path, run in world.calls.items()
        }
        port: Any = self
        shared: Any = world
        folder = self.folders.setdefault(id(world), _Folder())
        self.collector = Collector(shared, port, port, folder, shared, shared, self.has_time, self.waits)
        self._baton, self._back = threading.Lock(), threading.Lock()  # cheaper to hand over than a condition
        self._baton.acquire()
        self._back.acquire()
        self._part: Part | None = None
        self._ends_at = 0.0
        self._followed = 0
        self._dies_at: float | None = None
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def begin(self, part: Part) -> None:
        world = self._world
        self._part, self._ends_at = part, world.clock.seconds + _INVOCATION_S
        is_killed = world.dice.random() < _KILLED
        self._dies_at = world.clock.seconds + world.dice.uniform(0, _INVOCATION_S / 2) if is_killed else None
        world.invocations += 1
        self.go_on()

    def go_on(self) -> None:
        """Give the baton away until it comes back."""
        self._baton.release()
        self._back.acquire()

    def end(self) -> None:
        self._part = None
        self.go_on()
        self._thread.join()

    def has_time(self) -> bool:
        return self._world.clock.seconds < self._ends_at

    def waits(self, until: datetime) -> bool:
        """As `scrm.runtime.run_time` does."""
        seconds = (until - START).total_seconds()
        if seconds - self._world.clock.seconds > _LONGEST_WAIT_S:
            return False
        self._sleep(max(seconds, self._world.clock.seconds + 0.001))
        return True

    def _work(self) -> None:
        self._baton.acquire()
        while self._part is not None:
            world, part = self._world, self._part
            try:
                left = self.collector.read(part)
                if left is not None:
                    world.parts_due([left])
            except KilledError:
                world.killed += 1
                world.comes(part, world.clock.seconds + _COMES_AGAIN_S)
            world.is_idle(self)
            self._wait()
        self._back.release()

    def _wait(self) -> None:
        self._back.release()
        self._baton.acquire()

    def _sleep(self, until: float) -> None:
        if self._dies_at is not None and until > self._dies_at:
            raise KilledError
        self._world.sleeps(self, until)
        self._wait()

    def _call(self, path: str) -> None:
        world, governor = self._world, self._governors[path]
        permit = governor.acquire(path, Priority.STATISTICS)
        if not isinstance(permit, Permit):
            raise NotNowError(permit.not_before)
        arrived = world.clock.seconds + world.dice.uniform(0.03, 0.1)
        call = Call(Priority.STATISTICS, world.clock.seconds, arrived, arrived + world.dice.uniform(0.07, 0.2))
        world.calls[path].calls.append(call)
        self._sleep(call.ended)
        governor.settle(permit, Outcome.ANSWERED)

    # The ports that take time

    def of_member(self, userid: str, first: date | None = None, last: date | None = None) -> Any:
        """Of `scrm.collect.ports.MemberStatistics`; without days, of `scrm.collect.ports.Followings`."""
        if first is None or last is None:
            return self._followings()
        self._call(_MEMBER_PATH)
        self._world.asked.append((userid, self._world.clock.seconds))
        return [MemberDay(userid, first + timedelta(days=number)) for number in range((last - first).days + 1)]

    def of_groups(self, userids: Sequence[str], day: date) -> list[GroupDay]:  # noqa: ARG002
        self._call(_GROUP_PATH)
        return []

    def _followings(self) -> Iterator[FollowedCustomer]:
        self._followed += 1
        if self._followed % _RELATIONS_AT_ONCE == 0:
            self._sleep(self._world.clock.seconds + _RELATIONS_AT_ONCE * _RELATIONS_S)
        return iter(())


def main() -> None:
    whole = limits.PathLimits(limits.CALLS_PER_MINUTE, limits.CALLS_PER_HOUR)
    morning = model.Run.of_morning(_MORNING)
    window = morning.further_back(model.HISTORY_DAYS)
    for workers in map(int, sys.argv[1:] or ["5", "40"]):
        for run in (morning, window):
            found = simulated(MEMBERS, workers, whole, run)
            sys.stdout.write(f"{workers} workers, window {run.window if run else 0}: {json.dumps(found)}\n")


if __name__ == "__main__":
    main()
