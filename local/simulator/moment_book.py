"""All moments: jobs that make them, who is asked to publish them, who was shown them, and what customers said."""

from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any

from local.simulator.confirmations import ScriptedConfirmation
from local.simulator.world import fold

type Content = dict[str, Any]


@dataclass(slots=True, kw_only=True)
class Reaction:
    """A comment (its text is told to nobody) or a like, of a customer or of a member."""

    at: float
    comment: bool
    external_userid: str | None = None
    userid: str | None = None


@dataclass(slots=True, kw_only=True)
class MomentTask:
    """What one member is asked to publish. ``chosen`` is the range at that time, ``visible`` who is really shown it."""

    number: int
    userid: str
    plan: ScriptedConfirmation
    published_at: float | None = None
    chosen: list[str] = field(default_factory=list)
    visible: list[str] = field(default_factory=list)
    reactions: list[Reaction] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Moment:
    """``creator`` is None for one of the corp. ``tags`` narrow who sees it; None is everybody."""

    number: int
    moment_id: str
    created_at: float
    content: Content
    creator: str | None = None
    tags: list[str] | None = None
    tasks: list[MomentTask] = field(default_factory=list)
    cancelled_at: float | None = None

    def task_of(self, userid: str) -> MomentTask | None:
        return next((task for task in self.tasks if fold(task.userid) == fold(userid)), None)


@dataclass(slots=True, kw_only=True)
class MomentJob:
    """``errcode`` is that of the result, once there is one."""

    jobid: str
    app: str
    created_at: float
    content: Content
    users: list[str] = field(default_factory=list)
    departments: list[int] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    done: bool = False
    errcode: int = 0
    moment_id: str | None = None
    bad_users: list[str] = field(default_factory=list)
    bad_departments: list[int] = field(default_factory=list)
    bad_tags: list[str] = field(default_factory=list)


@dataclass(slots=True)
class MomentBook:
    jobs: dict[str, MomentJob] = field(default_factory=dict)
    moments: list[Moment] = field(default_factory=list)
    by_id: dict[str, Moment] = field(default_factory=dict)
    created_lately: deque[float] = field(default_factory=deque)
    created_in: Counter[str] = field(default_factory=Counter)  # by day and by month of Beijing
    tasks_of: Counter[str] = field(default_factory=Counter)  # by folded userid, how many they were asked to publish
    shown_on_day: Counter[tuple[int, str]] = field(default_factory=Counter)  # by day of Beijing and customer

    def add(self, moment: Moment) -> None:
        self.moments.append(moment)
        self.by_id[moment.moment_id] = moment

    def next_number(self) -> int:
        return len(self.moments) + 1

    def next_task_of(self, userid: str) -> int:
        """The number of the member's next task, which begins at 1."""
        self.tasks_of[fold(userid)] += 1
        return self.tasks_of[fold(userid)]

    def running_jobs(self) -> int:
        return sum(not job.done for job in self.jobs.values())

    def unpublished_tasks(self, userid: str | None = None) -> list[tuple[Moment, MomentTask]]:
        """What waits to be published, by this member or by all; oldest first."""
        waiting = ((row, task) for row in self.moments for task in row.tasks if task.published_at is None)
        return [(row, task) for row, task in waiting if userid is None or fold(task.userid) == fold(userid)]

    def rename(self, old: str, new: str) -> None:
        """What waits and what was done stands under the member's new userid."""
        for moment in self.moments:
            if moment.creator is not None and fold(moment.creator) == fold(old):
                moment.creator = new
            for task in moment.tasks:
                if fold(task.userid) == fold(old):
                    task.userid = new
        for job in self.jobs.values():
            job.users = [new if fold(userid) == fold(old) else userid for userid in job.users]
        self.tasks_of[fold(new)] += self.tasks_of.pop(fold(old), 0)
