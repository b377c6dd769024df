"""Bench: how much of WeCom's two-window quota a campaign to 300,000 owners reaches (T6). Virtual time, nothing sleeps.

The worker's own use case creates every task through the real governor, as many processes side by side as the template
allows by default. A call takes 100 to 300 ms and the rest of a task 150. A task whose call has to wait goes back, and
whoever gets the next permit takes it up. A tenth of the owners and workers meets a tenth of the quota, which is the
harder for it: a permit that lapses weighs ten times as much. ``PYTHONPATH=layers/scrm:. python -m
local.bench.dispatch_quota [workers ...]`` measures the real size, in some minutes, and prints what it found.
"""

import heapq
import itertools
import random
import re
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any

from local.bench.child import ROOT
from local.bench.figure import Figure
from local.bench.governor_simulation import START, Call, Run, SharedStore, VirtualClock, floor_seconds, refused
from scrm.campaign.checks import SendChecks
from scrm.campaign.dispatch_errors import DispatchPostponedError
from scrm.campaign.dispatch_settings import DispatchSettings
from scrm.campaign.dispatching import Dispatch, SendOutcome
from scrm.campaign.ends import Ends
from scrm.campaign.ports import AcceptedMessage, ApprovedContent, MassMessage, Reservation, Ruling, Standing
from scrm.campaign.task import SendPlan, SendTask
from scrm.campaign.terms import Channel, ContentRef
from scrm.wecom import limits
from scrm.wecom.governor import Outcome, Permit, RateGovernor
from scrm.wecom.governor_state import Priority

SCALE = 10
OWNERS = 300_000 // SCALE
BUDGET = limits.PathLimits(limits.CALLS_PER_MINUTE // SCALE, limits.CALLS_PER_HOUR // SCALE)
OWN_WORK_S = 0.15  # of a task beside its call: a dozen requests to DynamoDB and the checks
PATH = "externalcontact/add_msg_template"
_TEMPLATE = ROOT / "infra" / "template.yaml"
_CONTENT = ApprovedContent(ContentRef("act_1", 1, "hash"), "text", (), START + timedelta(days=30))


def default_workers() -> int:
    """What the template gives the campaign's queue."""
    text = _TEMPLATE.read_text(encoding="utf-8")
    found = re.search(r"^  CampaignConcurrency:\n    Type: Number\n    Default: (\d+)$", text, re.MULTILINE)
    if found is None:
        raise LookupError("the template has no CampaignConcurrency")
    return int(found[1])


def measure() -> list[dict[str, Any]]:
    efficiency = efficiency_of(OWNERS, BUDGET, default_workers() // SCALE)
    return [
        asdict(
            Figure(
                name="dispatch_quota_efficiency",
                value=round(efficiency, 4),
                limit=0.95,
                better="higher",
                unit="ratio",
                peer="the least time both windows allow 300,000 owners, 75 min",
                floor=1.0,
            )
        )
    ]


def efficiency_of(owners: int, budget: limits.PathLimits, workers: int) -> float:
    """0 if a platform that counts every interval would refuse one call, or a task was not created exactly once."""
    run, created = simulate(owners, workers, budget)
    clean = created == owners == len(run.calls) and refused(run, budget) == 0
    return floor_seconds(owners, budget) / run.seconds if clean else 0.0


def simulate(owners: int, workers: int, budget: limits.PathLimits, seed: int = 1) -> tuple[Run, int]:
    """The calls as WeCom saw them, and how many tasks were created."""
    world = _World(owners, budget, seed)
    events = [(world.dice.random(), next(world.order), _Worker(world)) for _ in range(workers)]
    heapq.heapify(events)
    while events:
        world.clock.seconds, _, worker = heapq.heappop(events)
        again = worker.step()
        if again is not None:
            heapq.heappush(events, (again, next(world.order), worker))
    return world.run, world.created


class _World:
    """What all workers share: clock, rate store, tasks, queue."""

    def __init__(self, owners: int, budget: limits.PathLimits, seed: int) -> None:
        self.clock, self.dice = VirtualClock(), random.Random(seed)  # noqa: S311 - a simulation
        self.order = itertools.count()
        self.budget = budget
        self.run = Run(store=SharedStore(lost_writes=0.05, seed=seed))
        self.created = 0
        self.tasks: dict[str, SendTask] = {}
        self.back: list[str] = []
        plan = SendPlan("camp_1", "all", Channel.ONE_TO_ONE, _CONTENT.ref, START, _CONTENT.valid_until)
        self._to_plan = (plan.tasks_of(f"rm_{number}", [f"wm_{number}"])[0] for number in range(owners))

    def next_message(self) -> str | None:
        """One that went back, else the next one of the plan; None when there is neither."""
        if self.back:
            return self.back.pop()
        task = next(self._to_plan, None)
        if task is None:
            return None
        self.tasks[task.task_id] = task
        return task.task_id


class _Worker:
    """One process with a governor of its own; implements the dispatch's ports as far as a plain campaign needs them."""

    def __init__(self, world: _World) -> None:
        self._world = world
        self._governor = RateGovernor(
            world.run.store, now=world.clock.now, jitter=world.dice.random, limits_of=lambda _: world.budget
        )
        self._running: tuple[Permit, Call] | None = None
        self._permit_after = 0.0
        port: Any = self
        self._dispatch = Dispatch(
            tasks=port,
            messages=port,
            standings=port,
            checks=SendChecks(port, port, port, port),
            files=port,
            ledger=port,
            queue=port,
            ends=Ends(port, port),
            # The campaign of this bench starts in the morning and the quiet hours are another bench's business.
            settings=replace(DispatchSettings(), quiet_from=DispatchSettings().quiet_until),
            now=world.clock.now,
        )

    def step(self) -> float | None:
        """Take the next message; when to come again, None when there is nothing left."""
        world = self._world
        if self._running is not None:
            self._governor.settle(self._running[0], Outcome.ANSWERED)
            self._running = None
        task_id = world.next_message()
        if task_id is None:
            return None
        outcome = self._dispatch.take(task_id)
        if outcome is SendOutcome.CREATED and self._running is not None:
            del world.tasks[task_id]
            world.created += 1
            return self._running[1].ended + OWN_WORK_S
        return world.clock.seconds + self._permit_after

    # The ports

    def load(self, task_id: str) -> SendTask | None:
        return self._world.tasks.get(task_id)

    def save(self, task: SendTask, added: Sequence[SendTask] = (), changed: Sequence[SendTask] = ()) -> SendTask:  # noqa: ARG002
        self._world.tasks[task.task_id] = task
        return task

    claim = intend = save

    def create(self, message: MassMessage) -> AcceptedMessage:
        world = self._world
        permit = self._governor.acquire(PATH, Priority.DISPATCH)
        if not isinstance(permit, Permit):
            self._permit_after = max(0.001, (permit.not_before - world.clock.now()).total_seconds())
            raise DispatchPostponedError(permit.not_before)
        arrived = world.clock.seconds + world.dice.uniform(0.03, 0.1)
        call = Call(Priority.DISPATCH, world.clock.seconds, arrived, arrived + world.dice.uniform(0.07, 0.2))
        world.run.calls.append(call)
        self._running = permit, call
        return AcceptedMessage(f"msg_{message.sender}")

    def of(self, campaign_id: str) -> Standing:  # noqa: ARG002
        return Standing.SENDS

    def approved(self, *_: object) -> ApprovedContent:
        return _CONTENT

    def lent(self, content: ApprovedContent, *_: object) -> ApprovedContent:
        return content

    def owners_of(self, channel: Channel, target_ids: Sequence[str]) -> dict[str, str]:  # noqa: ARG002
        return {one: f"rm_{one.removeprefix('wm_')}" for one in target_ids}

    def ruling(self, *_: object) -> Ruling:
        return Ruling({})

    def reserve(self, *_: object) -> Reservation:
        return Reservation()

    def request_send(self, tasks: Sequence[SendTask], not_before: datetime) -> None:  # noqa: ARG002
        for task in tasks:
            self._world.tasks[task.task_id] = replace(task, due_at=START)
            self._world.back.append(task.task_id)


if __name__ == "__main__":
    whole = limits.PathLimits(limits.CALLS_PER_MINUTE, limits.CALLS_PER_HOUR)
    for number in map(int, sys.argv[1:] or [str(default_workers())]):
        reached = efficiency_of(OWNERS * SCALE, whole, number)
        sys.stdout.write(f"{OWNERS * SCALE:,} owners, {number} workers: {reached:.4f} of the quota\n")
