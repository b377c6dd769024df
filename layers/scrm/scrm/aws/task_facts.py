"""Tasks that members got, did, or need not do any more, as facts: a line for each change, a document for each write."""

from collections.abc import Iterator, Sequence
from typing import Any

from scrm import ids
from scrm.aws.fact_lines import Documents, FactLines, fact
from scrm.tasks.model import Task
from scrm.tasks.ports import TaskChange


class BucketTaskFacts:
    """Told before the tasks are stored: a repeat tells the same."""

    def __init__(self, documents: Documents) -> None:
        self._facts = FactLines(documents, "task_done")

    def changing(self, changes: Sequence[TaskChange]) -> None:
        lines = [line for change in changes for line in _lines(change)]
        if lines:
            self._facts.write(ids.derive("tasks", *(str(line["event_id"]) for line in lines)), lines)


def _lines(change: TaskChange) -> Iterator[dict[str, Any]]:
    before, after = change.before, change.after
    if before is None:
        yield _line(after, "given", after.created_at)
    if (before is None or before.is_open) and after.ended_at is not None:
        yield _line(after, after.state.value, after.ended_at)


def _line(task: Task, state: str, at: Any) -> dict[str, Any]:
    event_id = ids.derive("task", task.task_id, state)
    line = fact(event_id, at, task.node_path, task.owner_userid)
    return {**line, "task_id": task.task_id, "kind": task.kind.value, "campaign_id": task.campaign_id, "state": state}
