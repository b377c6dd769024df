"""What follows when something changes while tasks are under way: a stop, an opt-out, a new owner."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import batched
from typing import Final

from scrm import clock
from scrm.campaign.model import Tally
from scrm.campaign.ports import DispatchQueue, DueTask, TaskRepository, TaskSummary
from scrm.campaign.task import CREATING, OPEN, RecipientState

_TOGETHER: Final = 10
_DEFERRED: Final = timedelta(hours=24)  # a task that waits longer waits for another week, not for the morning


@dataclass(frozen=True, slots=True)
class StopProgress:
    """Of a recalled campaign: tasks that members can still confirm, those taken back or ended, and all."""

    left: int
    done: int

    @property
    def total(self) -> int:
        return self.left + self.done


@dataclass(frozen=True, slots=True)
class TaskChanges:
    """Use case: have every task looked at that a change concerns. What is to be done the look finds out itself."""

    tasks: TaskRepository
    queue: DispatchQueue

    def stop(self, campaign_id: str, part: int | None = None) -> StopProgress:
        """The campaign was recalled. Tasks are cancelled as fast as WeCom's quota lets the looks go on (O4).

        ``part``: only one of the parts in which the repository keeps a campaign's tasks.
        """
        counted: Counter[bool] = Counter()
        for some in batched(self._of(campaign_id, part, counted), _TOGETHER, strict=False):
            creating = [
                DueTask(one.task_id, campaign_id, one.owner_userid, one.state) for one in some if one.state in CREATING
            ]
            if creating:
                self.queue.request_send(creating)
            given = [one.task_id for one in some if one.state not in CREATING]
            if given:
                self.queue.request_looks(given, asked=True)
        return StopProgress(left=counted[True], done=counted[False])

    def _of(self, campaign_id: str, part: int | None, counted: Counter[bool]) -> Iterator[TaskSummary]:
        for summary in self.tasks.of_campaign(campaign_id, part):
            is_open = summary.state in OPEN
            counted[is_open] += 1
            if is_open:
                yield summary

    def recheck_owner(self, owner_userid: str) -> int:
        """Customers of this member changed hands or their data changed; how many tasks are looked at."""
        found = list(self.tasks.open_of_owner(owner_userid))
        for part in batched(found, _TOGETHER, strict=False):
            self.queue.request_looks(part, asked=True)
        return len(found)

    def opted_out(self, external_userid: str, member_userids: Iterable[str]) -> int:
        """One customer opted out (R1); how many tasks are looked at. One that is yet to be created asks by itself."""
        found = [
            task_id
            for userid in dict.fromkeys(member_userids)
            for task_id in self.tasks.open_of_owner(userid)
            if self._waits_for(task_id, external_userid)
        ]
        for part in batched(found, _TOGETHER, strict=False):
            self.queue.request_looks(part, asked=True)
        return len(found)

    def _waits_for(self, task_id: str, target_id: str) -> bool:
        task = self.tasks.load(task_id)
        return task is not None and task.state not in CREATING and target_id in task.pending_ids


@dataclass(frozen=True, slots=True)
class TaskTallies:
    """What became of a campaign's recipients, counted over its tasks (O2)."""

    tasks: TaskRepository
    now: Callable[[], datetime] = clock.now

    def of(self, campaign_id: str, ring: str = "") -> Tally:
        """The whole campaign, or one ring of it."""
        counted: Counter[str] = Counter()
        open_tasks = deferred = left = 0
        for summary in self.tasks.of_campaign(campaign_id):
            if ring and summary.ring != ring:
                continue
            counted.update(summary.counts)
            left += summary.state in OPEN
            if summary.state in CREATING:
                is_deferred = summary.not_before is not None and summary.not_before - self.now() > _DEFERRED
                deferred, open_tasks = deferred + is_deferred, open_tasks + (not is_deferred)
        pending = counted.pop(RecipientState.PENDING.value, 0)
        return Tally(pending + counted.total(), open_tasks, pending, dict(counted), deferred, left)

    def progress(self, campaign_id: str) -> StopProgress:
        states = Counter(summary.state for summary in self.tasks.of_campaign(campaign_id))
        left = sum(number for state, number in states.items() if state in OPEN)
        return StopProgress(left, states.total() - left)

    def reach(self, campaign_id: str) -> tuple[int, int, int]:
        """Customers reached within an hour, within a day, and the audience (S65)."""
        hour = day = planned = 0
        for summary in self.tasks.of_campaign(campaign_id):
            hour, day = hour + summary.reach[0], day + summary.reach[1]
            planned += sum(summary.counts.values())
        return hour, day, planned
