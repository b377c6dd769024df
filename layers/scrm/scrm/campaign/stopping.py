"""What follows when something changes while tasks are under way: a stop, an opt-out, a new owner, less permission."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import batched
from typing import Final, Protocol

from scrm import clock
from scrm.campaign.model import Tally
from scrm.campaign.ports import DispatchQueue, DueTask, TaskRepository, TaskSummary
from scrm.campaign.results import CampaignResults
from scrm.campaign.task import CREATING, OPEN, RecipientState, TaskState

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

    def recheck_campaign(self, campaign_id: str, part: int | None = None) -> int:
        """The product of its content changed; how many tasks are looked at. ``part`` as of `stop`.

        Also those yet to be created: whoever is at it may have checked them before the change.
        """
        found = [one.task_id for one in self.tasks.of_campaign(campaign_id, part) if one.state in OPEN]
        for some in batched(found, _TOGETHER, strict=False):
            self.queue.request_looks(some, asked=True)
        return len(found)

    def recheck_owner(self, owner_userid: str) -> int:
        """His customers changed hands, their data changed, or he may offer less; how many tasks are looked at."""
        found = list(self.tasks.open_of_owner(owner_userid))
        for part in batched(found, _TOGETHER, strict=False):
            self.queue.request_looks(part, asked=True)
        return len(found)

    def opted_out(self, external_userid: str, member_userids: Iterable[str]) -> int:
        """One customer opted out (R1); how many tasks are looked at, also those yet to be created."""
        found = [
            task_id
            for userid in dict.fromkeys(member_userids)
            for task_id in self.tasks.open_of_owner(userid)
            if self._is_for(task_id, external_userid)
        ]
        for part in batched(found, _TOGETHER, strict=False):
            self.queue.request_looks(part, asked=True)
        return len(found)

    def _is_for(self, task_id: str, target_id: str) -> bool:
        task = self.tasks.load(task_id)
        return task is not None and target_id in task.pending_ids


class CampaignTasks(Protocol):
    """A campaign's tasks, or those of them that somebody may see."""

    def of_campaign(self, campaign_id: str, part: int | None = None) -> Iterator[TaskSummary]: ...


@dataclass(frozen=True, slots=True)
class TaskTallies:
    """What became of a campaign's recipients, counted over its tasks (O2)."""

    tasks: CampaignTasks
    now: Callable[[], datetime] = clock.now

    def of(self, campaign_id: str, ring: str = "") -> Tally:
        """The whole campaign, or one ring of it."""
        counted = _Count(self.now())
        for summary in self.tasks.of_campaign(campaign_id):
            if not ring or summary.ring == ring:
                counted.add(summary)
        return counted.tally

    def results(self, campaign_id: str) -> CampaignResults:
        """All of it, with the exclusions by reason and the reach (S65)."""
        counted = _Count(self.now())
        for summary in self.tasks.of_campaign(campaign_id):
            counted.add(summary)
        return CampaignResults(
            counted.tally,
            dict(counted.excluded),
            counted.hour,
            counted.day,
            counted.tasks,
            counted.likes,
            counted.comments,
        )


@dataclass(slots=True)
class _Count:
    """Sums over tasks."""

    now: datetime
    states: Counter[str] = field(default_factory=Counter)
    excluded: Counter[str] = field(default_factory=Counter)
    tasks: int = 0
    open: int = 0
    deferred: int = 0
    left: int = 0
    confirmable: int = 0
    hour: int = 0
    day: int = 0
    likes: int = 0
    comments: int = 0

    def add(self, summary: TaskSummary) -> None:
        self.states.update(summary.counts)
        self.excluded.update(summary.excluded)
        self.tasks += 1
        self.left += summary.state in OPEN
        self.confirmable += summary.state in OPEN and summary.state is not TaskState.PLANNED
        if summary.state in CREATING:
            is_deferred = summary.not_before is not None and summary.not_before - self.now > _DEFERRED
            self.deferred += is_deferred
            self.open += not is_deferred
        self.hour, self.day = self.hour + summary.reach[0], self.day + summary.reach[1]
        self.likes, self.comments = self.likes + summary.reactions[0], self.comments + summary.reactions[1]

    @property
    def tally(self) -> Tally:
        ended = dict(self.states)
        pending = ended.pop(RecipientState.PENDING.value, 0)
        return Tally(self.states.total(), self.open, pending, ended, self.deferred, self.left, self.confirmable)
