"""A bank with tasks, and everything that works on them."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from scrm.runtime.task_joins import TaskPart
from scrm.tasks.greetings import GreetingTasks
from scrm.tasks.model import Task, TaskKind
from scrm.tasks.move import TaskMove
from scrm.tasks.queries import TaskLists
from scrm.tasks.work import MemberRename, TaskWork
from tests.fakes.tasks import START, FakeTasks, FakeTaskStaff

LEAVER, TAKER, OTHER = "rm_wang01", "rm_li02", "rm_zhou03"


class TaskBank:
    def __init__(self) -> None:
        self.tasks = FakeTasks()
        self.staff = FakeTaskStaff()
        self.now = START
        self.work = TaskWork(self.tasks, self.staff)
        self.lists = TaskLists(self.tasks, self.staff)
        self.renames = MemberRename(self.tasks)
        self.part = TaskPart(TaskMove(self.tasks, self.staff))
        self.greetings = GreetingTasks(
            self.tasks, self.staff, due=lambda moment: moment + timedelta(days=3), now=lambda: self.now
        )

    def task(self, owner: str, *subjects: str, due: datetime = START, cause: Sequence[str] = ()) -> Task:
        """A follow-up; its cause are its owner and customers unless one is given."""
        why = cause or (owner, *subjects)
        return self.work.create(owner, TaskKind.FOLLOW_UP, subjects, "/1/10/", START, due, cause=why)

    def subjects(self, owner: str) -> list[tuple[str, ...]]:
        """Customers of each open task of a member."""
        return sorted(task.subject_ids for task in self.tasks.open_tasks_of(owner))


@pytest.fixture
def bank() -> TaskBank:
    return TaskBank()
