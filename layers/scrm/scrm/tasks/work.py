"""Create and end tasks."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from scrm import ids
from scrm.tasks.errors import InvalidTaskError, NotHisTaskError, StaleTaskError, UnknownTaskError, until_current
from scrm.tasks.model import MOST_SUBJECTS, Task, TaskKind, TaskState, task_id_of
from scrm.tasks.ports import MOST_CHANGES_TOGETHER, TaskChange, TaskRepository, TaskStaff

_WORD: Final = re.compile(r"[a-z_]{0,32}")


@dataclass(frozen=True, slots=True)
class TaskWork:
    """Use cases of one task. Each may be repeated: what was done stays as it was done first."""

    repository: TaskRepository
    staff: TaskStaff

    def task(self, task_id: str) -> Task:
        """The task as it is now. Raises UnknownTaskError."""
        for task in self.repository.tasks([task_id]):
            return task
        raise UnknownTaskError(task_id)

    def create(
        self,
        owner_userid: str,
        kind: TaskKind,
        subject_ids: Sequence[str],
        node_path: str,
        at: datetime,
        due_at: datetime,
        *,
        cause: Sequence[str],
    ) -> Task:
        """A new task, or the one that this cause made before, whatever became of it since.

        ``cause`` are ids of what made it, such as a campaign and a customer. Raises InvalidTaskError.
        """
        if not 0 < len(set(subject_ids)) <= MOST_SUBJECTS:
            raise InvalidTaskError(f"a task is about 1 to {MOST_SUBJECTS} customers; make several tasks of more")
        if not any(cause):
            raise InvalidTaskError("a task needs the ids of what caused it, else a repeat would make another one")
        task = Task(
            task_id=task_id_of(kind, *cause),
            owner_userid=ids.fold_userid(owner_userid),
            kind=kind,
            subject_ids=tuple(dict.fromkeys(subject_ids)),
            node_path=node_path,
            created_at=at,
            due_at=due_at,
        )
        self.repository.save([TaskChange(None, task)])
        return self.task(task.task_id)

    def complete(self, task_id: str, by: str, at: datetime, note: str = "") -> Task:
        """Done by ``by``, the owner or who acts for him now. An ended task stays as it is.

        Raises UnknownTaskError, NotHisTaskError; InvalidTaskError when ``note`` is no single word.
        """
        return self.end(task_id, TaskState.DONE, by, at, note)

    def cancel(self, task_id: str, by: str, at: datetime, note: str = "") -> Task:
        """As `complete`, for a task that need not be done any more."""
        return self.end(task_id, TaskState.CANCELLED, by, at, note)

    def end(self, task_id: str, state: TaskState, by: str, at: datetime, note: str = "") -> Task:
        """`complete` or `cancel`, whichever ``state`` says."""
        if not _WORD.fullmatch(note):
            raise InvalidTaskError("a note is one word of small letters and underscores, for example not_reached")
        return until_current(lambda: self._ended(task_id, state, ids.fold_userid(by), at, note))

    def _ended(self, task_id: str, state: TaskState, by: str, at: datetime, note: str) -> Task:
        task = self.task(task_id)
        if not task.is_open:
            return task
        if by != task.owner_userid and task.owner_userid not in self.staff.acts_for(by):
            raise NotHisTaskError
        if not self.repository.save([TaskChange(task, task.ended(state, by, note, at))]):
            raise StaleTaskError
        return self.task(task_id)


@dataclass(frozen=True, slots=True)
class MemberRename:
    """Use case: a member got another userid. May stop anywhere and be repeated."""

    repository: TaskRepository

    def rename(self, old_userid: str, new_userid: str) -> int:
        """Give all his tasks, ended ones too, to his new userid; how many there were to give.

        What he did of other members' tasks keeps the userid he had then.
        """
        old, new = ids.fold_userid(old_userid), ids.fold_userid(new_userid)
        if old == new:
            return 0
        renamed = 0
        while part := until_current(lambda: self._some(old, new)):
            renamed += part
        return renamed

    def _some(self, old: str, new: str) -> int:
        found = self.repository.some_tasks_of(old, MOST_CHANGES_TOGETHER)
        changes = [TaskChange(task, _renamed(task, old, new)) for task in found]
        if changes and not self.repository.save(changes):
            raise StaleTaskError
        return len(changes)


def _renamed(task: Task, old: str, new: str) -> Task:
    return replace(task, owner_userid=new, done_by=new if task.done_by == old else task.done_by)
