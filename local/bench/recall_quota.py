"""Bench: how fast a recalled campaign is taken back from 300,000 members (part 4 of the campaign's promises; O4).

Virtual time, nothing sleeps. The use cases of production have every task looked at and cancelled through the real
governor, as many processes side by side as the template allows by default; the queue holds a message back for a quarter
of an hour at most, and the schedule comes every ten minutes. A look asks WeCom twice, 100 to 300 ms each, and
takes 150 ms beside. A tenth of the tasks and workers meets a tenth of the quota, as in `local.bench.dispatch_quota`.
``PYTHONPATH=layers/scrm:. python -m local.bench.recall_quota [workers ...]`` prints what other numbers would reach.
"""

import heapq
import itertools
import random
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

from local.bench.child import ROOT
from local.bench.figure import Figure
from local.bench.governor_simulation import START, Call, Run, SharedStore, floor_seconds, refused
from scrm.campaign.checks import SendChecks
from scrm.campaign.dispatch_errors import DispatchPostponedError
from scrm.campaign.dispatch_settings import DispatchSettings
from scrm.campaign.due import DueTasks
from scrm.campaign.ends import Ends
from scrm.campaign.ports import DueTask, Standing, TaskSummary
from scrm.campaign.reconcile import LookOutcome, TaskReconcile
from scrm.campaign.stopping import StopProgress, TaskChanges
from scrm.campaign.task import OPEN, PENDING, Result, SendPlan, SendTask, TaskState
from scrm.campaign.terms import Channel, ContentRef
from scrm.wecom import limits
from scrm.wecom.governor import Outcome, Permit, RateGovernor
from scrm.wecom.governor_state import Priority

TASKS: Final = 300_000
SCALE: Final = 10
CANCEL: Final = "externalcontact/cancel_groupmsg_send"
_MEMBERS, _RESULTS = "externalcontact/get_groupmsg_task", "externalcontact/get_groupmsg_send_result"
_OWN_WORK_S: Final = 0.15
_CALL_S: Final = 0.1, 0.3
_TICK_S: Final = 600.0
_LONGEST_DELAY_S: Final = 900.0
_CAMPAIGN: Final = "camp_1"
_TEMPLATE: Final = ROOT / "infra" / "template.yaml"


def default_workers() -> int:
    """What the template gives the queue of looks."""
    text = _TEMPLATE.read_text(encoding="utf-8")
    found = re.search(r"^  CampaignLookConcurrency:\n    Type: Number\n    Default: (\d+)$", text, re.MULTILINE)
    if found is None:
        raise LookupError("the template has no CampaignLookConcurrency")
    return int(found[1])


def measure() -> list[dict[str, Any]]:
    scaled = limits.PathLimits(limits.CALLS_PER_MINUTE // SCALE, limits.CALLS_PER_HOUR // SCALE)
    efficiency = efficiency_of(TASKS // SCALE, scaled, default_workers() // SCALE)
    return [
        asdict(
            Figure(
                name="recall_quota_efficiency",
                value=round(efficiency, 4),
                limit=0.9,
                better="higher",
                unit="ratio",
                peer="the least time both windows allow 300,000 cancellations, 75 min",
                floor=1.0,
            )
        )
    ]


def efficiency_of(tasks: int, budget: limits.PathLimits, workers: int) -> float:
    """0 if a platform that counts every interval would refuse one call, or a task was not cancelled exactly once."""
    recall = Recall(tasks, budget, workers)
    recall.run()
    calls = recall.calls[CANCEL].calls
    clean = len(calls) == tasks == recall.done and not any(refused(run, budget) for run in recall.calls.values())
    return floor_seconds(tasks, budget) / recall.calls[CANCEL].seconds if clean else 0.0


@dataclass
class Recall:
    """Tasks that wait for their members when their campaign is recalled; implements queue and tables."""

    count: int
    budget: limits.PathLimits
    workers: int
    seed: int = 1
    settings: DispatchSettings = field(default_factory=DispatchSettings)
    seconds: float = 0.0
    tasks: dict[str, SendTask] = field(default_factory=dict)
    done: int = 0
    most_waiting: int = 0
    calls: defaultdict[str, Run] = field(init=False)

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)  # noqa: S311 - a simulation
        self.order = itertools.count()
        self.store = SharedStore(lost_writes=0.05, seed=self.seed)
        self.calls = defaultdict(lambda: Run(store=self.store))
        self.messages: list[tuple[float, int, str, bool]] = []
        # A due look of the scaled campaign stands for as many as it is scaled by.
        self.settings = replace(self.settings, looks_per_tick=self.settings.looks_per_tick * self.count // TASKS)
        plan = SendPlan(_CAMPAIGN, "all", Channel.ONE_TO_ONE, ContentRef("act_1", 1, "hash"), START, START)
        for number in range(self.count):
            (planned,) = plan.tasks_of(f"rm_{number}", [f"wm_{number}"])
            waiting = replace(planned, state=TaskState.WAITING, msgid=f"msg_{number}", created_at=START)
            self.tasks[planned.task_id] = replace(waiting, due_at=START + timedelta(hours=4))

    def now(self) -> datetime:
        return START + timedelta(milliseconds=int(self.seconds * 1000))

    def run(self, until: float = 4 * 3_600.0) -> None:
        """Recall it, and let everybody work until all is cancelled."""
        TaskChanges(self, self).stop(_CAMPAIGN)  # type: ignore[arg-type] # only what a stop asks of the tables
        events: list[tuple[float, int, _Worker | None]] = [(_TICK_S, next(self.order), None)]
        events += [(self.dice.random(), next(self.order), _Worker(self)) for _ in range(self.workers)]
        heapq.heapify(events)
        while self.done < self.count and events[0][0] < until:
            self.seconds, _, worker = heapq.heappop(events)
            if worker is None:
                DueTasks(self, self, self.settings, self.now).request()  # type: ignore[arg-type] # as above
                again = self.seconds + _TICK_S
            else:
                again = worker.step()
            heapq.heappush(events, (again, next(self.order), worker))

    def progress(self) -> StopProgress:
        return StopProgress(left=self.count - self.done, done=self.done)

    # The ports

    def of_campaign(self, campaign_id: str, part: int | None = None) -> Iterator[TaskSummary]:  # noqa: ARG002
        for task in self.tasks.values():
            yield TaskSummary(task.task_id, task.owner_userid, task.ring, task.state, task.counts)

    def due(self, until: datetime) -> Iterator[DueTask]:
        found = [one for one in self.tasks.values() if one.due_at is not None and one.due_at <= until]
        for one in sorted(found, key=lambda one: one.due_at or until):
            yield DueTask(one.task_id, one.campaign_id, one.owner_userid, one.state)

    def load(self, task_id: str) -> SendTask | None:
        return self.tasks.get(task_id)

    def save(self, task: SendTask, added: Sequence[SendTask] = (), changed: Sequence[SendTask] = ()) -> SendTask:  # noqa: ARG002
        self.done += task.state not in OPEN and self.tasks[task.task_id].state in OPEN
        self.tasks[task.task_id] = task
        return task

    def request_send(self, tasks: Iterable[object], not_before: datetime | None = None) -> None:  # noqa: ARG002
        raise AssertionError("nothing new may leave")

    def request_looks(
        self, task_ids: Sequence[str], *, asked: bool = False, not_before: datetime | None = None
    ) -> None:
        """As `scrm.aws.dispatch_queue.send_at`."""
        at = (not_before - START).total_seconds() if not_before else self.seconds
        if at - self.seconds <= _LONGEST_DELAY_S:
            for task_id in task_ids:
                heapq.heappush(self.messages, (max(at, self.seconds), next(self.order), task_id, asked))


class _Worker:
    """One process with a governor and a clock of its own; implements WeCom and what else a look asks."""

    def __init__(self, recall: Recall) -> None:
        self._recall = recall
        self._took = 0.0
        self._governor = RateGovernor(
            recall.store, now=self.now, jitter=recall.dice.random, limits_of=lambda _: recall.budget
        )
        port: Any = self
        store: Any = recall
        self._looks = TaskReconcile(
            store, port, port, SendChecks(port, port, port, port), recall, Ends(port, port), recall.settings, self.now
        )

    def now(self) -> datetime:
        return self._recall.now() + timedelta(milliseconds=int(self._took * 1000))

    def step(self) -> float:
        """Take the next message that may be read; when to come again."""
        recall, self._took = self._recall, 0.0
        recall.most_waiting = max(recall.most_waiting, len(recall.messages))
        if not recall.messages or recall.messages[0][0] > recall.seconds:
            soon = recall.seconds + 1.0
            return min(max(soon, recall.messages[0][0]), soon + 60.0) if recall.messages else soon
        _, _, task_id, asked = heapq.heappop(recall.messages)
        outcome = self._looks.look(task_id, asked=asked)
        idle = outcome in {LookOutcome.NOTHING_TO_DO, LookOutcome.POSTPONED}
        return recall.seconds + self._took + (0.03 if idle else _OWN_WORK_S)

    # The ports

    def of(self, campaign_id: str) -> Standing:  # noqa: ARG002
        return Standing.STOPPED

    def cancel(self, msgid: str) -> None:  # noqa: ARG002
        self._call(CANCEL)

    def members(self, msgid: str) -> Iterator[tuple[str, bool]]:
        self._call(_MEMBERS)
        yield msgid.replace("msg", "rm"), False

    def results(self, msgid: str, userid: str) -> Iterator[tuple[str, Result]]:  # noqa: ARG002
        self._call(_RESULTS)
        yield msgid.replace("msg", "wm"), PENDING

    def release(self, *_: object) -> None:
        """The ledger's part is in the time beside the calls."""

    settled = release

    def _call(self, path: str) -> None:
        recall = self._recall
        permit = self._governor.acquire(path, Priority.DISPATCH)
        if not isinstance(permit, Permit):
            raise DispatchPostponedError(permit.not_before)
        at, lasts = recall.seconds + self._took, recall.dice.uniform(*_CALL_S)
        arrived = at + lasts * recall.dice.uniform(0.3, 0.5)
        recall.calls[path].calls.append(Call(Priority.DISPATCH, at, arrived, at + lasts))
        self._took += lasts
        self._governor.settle(permit, Outcome.ANSWERED)


if __name__ == "__main__":
    whole = limits.PathLimits(limits.CALLS_PER_MINUTE // SCALE, limits.CALLS_PER_HOUR // SCALE)
    for number in map(int, sys.argv[1:] or [str(default_workers())]):
        recalled = Recall(TASKS // SCALE, whole, number // SCALE)
        recalled.run()
        cancels = recalled.calls[CANCEL]
        too_many = sum(refused(run, whole) for run in recalled.calls.values())
        sys.stdout.write(
            f"{len(cancels.calls) * SCALE:,} cancellations of {TASKS:,} tasks by {number} workers: "
            f"{cancels.seconds / 60:.1f} min, {too_many} refused\n"
        )
