"""Open tasks about a customer follow him to his new owner."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import batched

from scrm import ids
from scrm.tasks.errors import StaleTaskError, until_current
from scrm.tasks.model import Task, task_id_of
from scrm.tasks.ports import TaskChange, TaskPlaces, TaskRepository

TASKS_PER_CALL = 100
_MOVES_TOGETHER = 16  # three writes each, whether the task moves or is divided


@dataclass(frozen=True, slots=True)
class Following:
    """A task that shall follow some of its customers: whose it was when that was found out."""

    task_id: str
    owner_userid: str
    subject_ids: frozenset[str]


@dataclass(frozen=True, slots=True)
class Moved:
    """Tasks looked at, those that had not followed yet, and where to go on; empty when all were."""

    checked: int
    moved: int
    after: str = ""


@dataclass(frozen=True, slots=True)
class TaskMove:
    """Use case: what of a member's tasks is about some customers, and giving it to their new owner.

    A task all of whose customers go moves as it is; of a task about others too, those who go make a task of the new
    owner, and the rest stays. A move may be repeated: a task that is the new owner's, ended, or by now somebody
    else's is left alone.
    """

    repository: TaskRepository
    staff: TaskPlaces

    def open_tasks_about(self, owner_userid: str, external_userids: Iterable[str]) -> list[Task]:
        """The member's open tasks about any of them; one or two requests for any number of customers."""
        wanted = frozenset(external_userids)
        tasks = self.repository.open_tasks_of(ids.fold_userid(owner_userid))
        return [task for task in tasks if not wanted.isdisjoint(task.subject_ids)]

    def move(self, takeover_userid: str, following: Sequence[Following], attempt_id: str, after: str = "") -> Moved:
        """Move the next 100 tasks by id after ``after``."""
        taker = ids.fold_userid(takeover_userid)
        due = sorted((one for one in following if one.task_id > after), key=lambda one: one.task_id)
        wanted = {one.task_id: one for one in due[:TASKS_PER_CALL]}
        moved = until_current(lambda: self._moved(taker, wanted, attempt_id))
        more = len(due) > TASKS_PER_CALL
        return Moved(len(wanted), moved, max(wanted) if more else "")

    def _moved(self, taker: str, wanted: Mapping[str, Following], attempt_id: str) -> int:
        tasks = self.repository.tasks(list(wanted))
        owners = {one.task_id: one.owner_userid for one in wanted.values() if one.owner_userid != taker}
        due = [task for task in tasks if task.is_open and task.owner_userid == owners.get(task.task_id)]
        node_path = self.staff.node_path_of(taker) if due else ""
        give = _giver(taker, node_path, attempt_id)
        moves = [changes for task in due if (changes := give(task, wanted[task.task_id].subject_ids))]
        for part in batched(moves, _MOVES_TOGETHER, strict=False):
            if not self.repository.save([change for changes in part for change in changes]):
                raise StaleTaskError
        return len(moves)


def _giver(taker: str, node_path: str, attempt_id: str) -> Callable[[Task, frozenset[str]], list[TaskChange]]:
    """What to write so that the taker has the part of a task that is about some customers."""

    def give(task: Task, subject_ids: frozenset[str]) -> list[TaskChange]:
        going = tuple(one for one in task.subject_ids if one in subject_ids)
        takers = replace(task, owner_userid=taker, node_path=node_path or task.node_path)
        if not going:
            return []
        if going == task.subject_ids:
            return [TaskChange(task, takers)]
        new_id = task_id_of(task.kind, "moved", task.task_id, attempt_id, *going)
        part = replace(takers.about(going), task_id=new_id, moved_ids=(), version=0)
        return [TaskChange(task, task.without(frozenset(going))), TaskChange(None, part)]

    return give
