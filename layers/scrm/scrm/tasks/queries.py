"""What members and operators ask about tasks."""

from dataclasses import dataclass

from scrm import ids
from scrm.paging import InvalidCursorError, Page
from scrm.tasks.model import Task, TaskState
from scrm.tasks.ports import TaskPages, TaskStaff


@dataclass(frozen=True, slots=True)
class TaskLists:
    """Use case: tasks in pages. A page may be short, or empty, and still have a cursor."""

    pages: TaskPages
    staff: TaskStaff

    def of_member(self, userid: str, cursor: str | None, limit: int, state: TaskState = TaskState.OPEN) -> Page[Task]:
        """His own tasks, then those of each member he covers; their ``owner_userid`` tells them apart.

        Raises InvalidCursorError, also when a cover that the cursor stands in has ended.
        """
        me = ids.fold_userid(userid)
        owners = [me, *sorted(set(map(ids.fold_userid, self.staff.acts_for(me))) - {me})]
        owner, _, inner = (cursor or me).partition(" ")
        if owner not in owners:
            raise InvalidCursorError("the cursor belongs to another list; start again without it")
        page = self.pages.of_owner(owner, state, inner, limit)
        if page.cursor:
            return Page(page.items, f"{owner} {page.cursor}")
        following = owners[owners.index(owner) + 1 :]
        return Page(page.items, following[0] if following else None)

    def of_node(self, node_path: str, cursor: str | None, limit: int, state: TaskState = TaskState.OPEN) -> Page[Task]:
        """Tasks at or below a node of a branch, latest due first; at the root, head office's own."""
        return self.pages.of_node(node_path, state, cursor or "", limit)
