"""The tasks' table.

==================  ===========================  =====================================================================
pk                  sk                           item
==================  ===========================  =====================================================================
``OWNER#<userid>``  ``OPEN#<due_at>#<task>``     an open task: a member's are one query, so are those about any
                                                 number of his customers
``OWNER#<userid>``  ``ENDED#<ended_at>#<task>``  a task that is done or cancelled
``TASK#<task>``     ``PLACE``                    the key of the task's item; there from its first moment on, so that a
                                                 repeat of its cause finds it wherever it is by now
==================  ===========================  =====================================================================

Index ``by_node``: ``node_pk`` is ``OPEN#<branch>`` or ``ENDED#<branch>``, ``node_sk`` is ``<due_at>#<task>``.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from scrm import clock
from scrm.aws import cursors
from scrm.aws.table import ABSENT, Condition, Delete, Item, Put, Table, starts_with
from scrm.node_paths import branch_of, covers
from scrm.paging import Page
from scrm.tasks.model import Task, TaskKind, TaskState
from scrm.tasks.ports import TaskChange

SCHEMA_VERSION = 1
_OPEN, _ENDED = "OPEN#", "ENDED#"
_LOOKS = 3


class DynamoTaskTable:
    """Implements `scrm.tasks.ports.TaskRepository` and `scrm.tasks.ports.TaskPages`."""

    def __init__(self, table: Table, changing: Callable[[Sequence[TaskChange]], object] = lambda _: None) -> None:
        """``changing`` hears of every change before it is stored."""
        self._table = table
        self._changing = changing

    def tasks(self, task_ids: Sequence[str]) -> list[Task]:
        """Two requests for up to 100. One that moves between the two is looked for again."""
        found: dict[str, Task] = {}
        missing = list(dict.fromkeys(task_ids))
        for _ in range(_LOOKS):
            places = self._table.get_many([_place_key(task_id) for task_id in missing])
            keys = [{"pk": place["task_pk"], "sk": place["task_sk"]} for place in places]
            read = [_to_task(item) for item in self._table.get_many(keys)]
            found |= {task.task_id: task for task in read}
            missing = [place["task_id"] for place in places if place["task_id"] not in found]
            if not missing:
                break
        return [found[task_id] for task_id in dict.fromkeys(task_ids) if task_id in found]

    def open_tasks_of(self, owner_userid: str) -> Iterator[Task]:
        return map(_to_task, self._table.query(starts_with(_owner_pk(owner_userid), _OPEN)))

    def some_tasks_of(self, owner_userid: str, limit: int) -> list[Task]:
        items, _ = self._table.query_page(starts_with(_owner_pk(owner_userid)), limit=limit)
        return [_to_task(item) for item in items]

    def save(self, changes: Sequence[TaskChange]) -> bool:
        self._changing(changes)
        return self._table.transact([write for change in changes for write in _writes(change)])

    def of_owner(self, owner_userid: str, state: TaskState, cursor: str, limit: int) -> Page[Task]:
        """Done and cancelled tasks lie together and are told apart after the read."""
        scope = f"tasks-of-owner {owner_userid} {state.value}"
        place = cursors.key(cursors.decode(scope, cursor), "after")
        is_open = state is TaskState.OPEN
        condition = starts_with(_owner_pk(owner_userid), _OPEN if is_open else _ENDED)
        items, last = self._table.query_page(condition, start=place, limit=limit, newest_first=not is_open)
        tasks = tuple(task for task in map(_to_task, items) if task.state is state)
        return Page(tasks, cursors.encode(scope, {"after": last}) if last else None)

    def of_node(self, node_path: str, state: TaskState, cursor: str, limit: int) -> Page[Task]:
        """The index names the tasks, the table tells what they are now: what moved on since is left out."""
        scope = f"tasks-of-node {node_path} {state.value}"
        place = cursors.key(cursors.decode(scope, cursor), "after")
        branch = f"{_OPEN if state is TaskState.OPEN else _ENDED}{branch_of(node_path)}"
        condition = Condition("node_pk = :branch", {":branch": branch})
        rows, last = self._table.query_page(condition, index="by_node", start=place, limit=limit, newest_first=True)
        items = self._table.get_many([{"pk": row["pk"], "sk": row["sk"]} for row in rows])
        found = sorted(map(_to_task, items), key=_due_order, reverse=True)
        tasks = tuple(task for task in found if task.state is state and covers(node_path, task.node_path))
        return Page(tasks, cursors.encode(scope, {"after": last}) if last else None)


def _due_order(task: Task) -> str:
    return f"{clock.to_iso(task.due_at)}#{task.task_id}"


def _owner_pk(owner_userid: str) -> str:
    return f"OWNER#{owner_userid}"


def _place_key(task_id: str) -> dict[str, str]:
    return {"pk": f"TASK#{task_id}", "sk": "PLACE"}


def _task_key(task: Task) -> dict[str, str]:
    ended_at = task.ended_at or task.due_at
    sk = f"{_OPEN}{_due_order(task)}" if task.is_open else f"{_ENDED}{clock.to_iso(ended_at)}#{task.task_id}"
    return {"pk": _owner_pk(task.owner_userid), "sk": sk}


def _writes(change: TaskChange) -> list[Put | Delete]:
    """One write in place; with a place that is new, or another one, also the item that names it."""
    before, after = change.before, change.after
    key, item = _task_key(after), _item(after, before.version + 1 if before else 1)
    place = {**_place_key(after.task_id), "schema_version": SCHEMA_VERSION, "task_id": after.task_id}
    place |= {"task_pk": key["pk"], "task_sk": key["sk"]}
    if before is None:
        return [Put(item, ABSENT), Put(place, ABSENT)]
    as_read = Condition("#version = :read", {":read": before.version}, {"#version": "version"})
    if _task_key(before) == key:
        return [Put(item, as_read)]
    return [Delete(_task_key(before), as_read), Put(item, ABSENT), Put(place)]


def _item(task: Task, version: int) -> Item:
    return {
        **_task_key(task),
        "schema_version": SCHEMA_VERSION,
        "node_pk": f"{_OPEN if task.is_open else _ENDED}{branch_of(task.node_path)}",
        "node_sk": _due_order(task),
        "task_id": task.task_id,
        "owner_userid": task.owner_userid,
        "kind": task.kind.value,
        "subject_ids": list(task.subject_ids),
        "moved_ids": list(task.moved_ids),
        "node_path": task.node_path,
        "created_at": clock.to_iso(task.created_at),
        "due_at": clock.to_iso(task.due_at),
        "state": task.state.value,
        "done_by": task.done_by,
        "note": task.note,
        "campaign_id": task.campaign_id or None,
        "reasons": dict(task.reasons) or None,
        "ended_at": clock.to_iso(task.ended_at) if task.ended_at else None,
        "version": version,
    }


def _to_task(item: Mapping[str, Any]) -> Task:
    return Task(
        task_id=item["task_id"],
        owner_userid=item["owner_userid"],
        kind=TaskKind(item["kind"]),
        subject_ids=tuple(item["subject_ids"]),
        node_path=item["node_path"],
        created_at=clock.from_iso(item["created_at"]),
        due_at=clock.from_iso(item["due_at"]),
        state=TaskState(item["state"]),
        done_by=item["done_by"],
        note=item["note"],
        ended_at=clock.from_iso(item["ended_at"]) if "ended_at" in item else None,
        moved_ids=tuple(item["moved_ids"]),
        campaign_id=item.get("campaign_id", ""),
        reasons=item.get("reasons", {}),
        version=item["version"],
    )
