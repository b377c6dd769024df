"""What tasks need from the outside world."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from scrm.paging import Page
from scrm.tasks.model import Task, TaskState

MOST_CHANGES_TOGETHER = 32  # up to three writes each; a transaction takes a hundred


@dataclass(frozen=True, slots=True)
class TaskChange:
    """A task as it was read, None for a new one, and as it shall be."""

    before: Task | None
    after: Task


class TaskRepository(Protocol):
    """The tasks' table."""

    def tasks(self, task_ids: Sequence[str]) -> list[Task]:
        """Those that exist, whoever owns them now, in the order asked for."""

    def open_tasks_of(self, owner_userid: str) -> Iterator[Task]:
        """All open tasks of one member, earliest due first."""

    def some_tasks_of(self, owner_userid: str, limit: int) -> list[Task]:
        """Some of the member's tasks, open or ended; empty when he has none at all."""

    def save(self, changes: Sequence[TaskChange]) -> bool:
        """Write at most `MOST_CHANGES_TOGETHER` changes of different tasks, all or nothing.

        False when one of them was written by someone else since it was read, or is new and exists already.
        """


class TaskPages(Protocol):
    """Reads for people. A cursor of another list raises `scrm.paging.InvalidCursorError`."""

    def of_owner(self, owner_userid: str, state: TaskState, cursor: str, limit: int) -> Page[Task]:
        """The member's own tasks: open ones earliest due first, ended ones latest ended first."""

    def of_node(self, node_path: str, state: TaskState, cursor: str, limit: int) -> Page[Task]:
        """Tasks at or below a node, latest due first."""


class TaskPlaces(Protocol):
    """Where in the organisation tasks are."""

    def node_path_of(self, userid: str) -> str:
        """Where the member sits; empty when he is not known."""


class TaskStaff(TaskPlaces, Protocol):
    """The organisation, as far as tasks care."""

    def acts_for(self, userid: str) -> Sequence[str]:
        """Members on leave whom he covers now."""
