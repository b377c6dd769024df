"""Tasks in memory by the rules of the table, and an organisation for them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from scrm.node_paths import branch_of, covers
from scrm.paging import InvalidCursorError, Page
from scrm.tasks.model import Task, TaskState
from scrm.tasks.ports import MOST_CHANGES_TOGETHER, TaskChange

START = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


class FakeTasks:
    """Implements TaskRepository and TaskPages. ``before_save`` is called first, to let someone else write meanwhile."""

    def __init__(self) -> None:
        self.rows: dict[str, Task] = {}
        self.saves = 0
        self.before_save: Callable[[], None] = lambda: None

    def tasks(self, task_ids: Sequence[str]) -> list[Task]:
        return [self.rows[task_id] for task_id in dict.fromkeys(task_ids) if task_id in self.rows]

    def open_tasks_of(self, owner_userid: str) -> Iterator[Task]:
        return iter(sorted((task for task in self._of(owner_userid) if task.is_open), key=_due))

    def some_tasks_of(self, owner_userid: str, limit: int) -> list[Task]:
        return self._of(owner_userid)[:limit]

    def save(self, changes: Sequence[TaskChange]) -> bool:
        assert len(changes) <= MOST_CHANGES_TOGETHER
        self.before_save()
        self.saves += 1
        for change in changes:
            known = self.rows.get(change.after.task_id)
            if (known.version if known else 0) != (change.before.version if change.before else 0):
                return False
        for change in changes:
            version = change.before.version + 1 if change.before else 1
            self.rows[change.after.task_id] = replace(change.after, version=version)
        return True

    def of_owner(self, owner_userid: str, state: TaskState, cursor: str, limit: int) -> Page[Task]:
        is_open = state is TaskState.OPEN
        rows = sorted((task for task in self._of(owner_userid) if task.state is state), key=_due if is_open else _ended)
        return _page(rows if is_open else rows[::-1], f"{owner_userid}/{state}", cursor, limit)

    def of_node(self, node_path: str, state: TaskState, cursor: str, limit: int) -> Page[Task]:
        branch = [task for task in self.rows.values() if branch_of(task.node_path) == branch_of(node_path)]
        found = [task for task in branch if task.state is state and covers(node_path, task.node_path)]
        return _page(sorted(found, key=_due, reverse=True), f"{node_path}/{state}", cursor, limit)

    def _of(self, owner_userid: str) -> list[Task]:
        return [task for task in self.rows.values() if task.owner_userid == owner_userid]


def _due(task: Task) -> tuple[datetime, str]:
    return task.due_at, task.task_id


def _ended(task: Task) -> tuple[datetime, str]:
    return task.ended_at or task.due_at, task.task_id


def _page(rows: Sequence[Task], scope: str, cursor: str, limit: int) -> Page[Task]:
    given, _, place = cursor.rpartition("@") if cursor else (scope, "", "0")
    if given != scope:
        raise InvalidCursorError("the cursor belongs to another list; start again without it")
    first = int(place)
    more = first + limit < len(rows)
    return Page(tuple(rows[first : first + limit]), f"{scope}@{first + limit}" if more else None)


class FakeTaskStaff:
    """Implements TaskStaff."""

    def __init__(self) -> None:
        self.covered: dict[str, list[str]] = {}
        self.paths: dict[str, str] = {}

    def acts_for(self, userid: str) -> Sequence[str]:
        return self.covered.get(userid, [])

    def node_path_of(self, userid: str) -> str:
        return self.paths.get(userid, "")
