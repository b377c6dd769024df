"""Joins the tasks to the handover: they follow a customer as one of its parts. And to the organisation."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from scrm import clock
from scrm.handover.errors import StaleVersionError
from scrm.handover.parts import PartResult
from scrm.org.acting import ActingMembers, LeaveRepository
from scrm.org.model import MemberStatus
from scrm.tasks.errors import StaleTaskError
from scrm.tasks.move import Following, TaskMove


class OrgTaskPlaces:
    """Implements `scrm.tasks.ports.TaskPlaces` on the organisation's table."""

    def __init__(self, org: LeaveRepository) -> None:
        self._org = org

    def node_path_of(self, userid: str) -> str:
        member = self._org.member(userid)
        return member.node_path if member else ""


class OrgTaskStaff(OrgTaskPlaces):
    """Implements `scrm.tasks.ports.TaskStaff`: a cover acts while the leave lasts and his own account is active."""

    def __init__(self, org: LeaveRepository, now: Callable[[], datetime] = clock.now) -> None:
        super().__init__(org)
        self._now = now

    def acts_for(self, userid: str) -> Sequence[str]:
        member = self._org.member(userid)
        if member is None or member.status is not MemberStatus.ACTIVE:
            return []
        return ActingMembers(self._org).acts_for(member.userid, self._now())


class TaskPart:
    """Implements `scrm.handover.parts.HandoverPart`.

    Content of a customer: his open tasks with the member, as ``{task_id: owner_userid}``. Counts are tasks.
    """

    name = "tasks"

    def __init__(self, move: TaskMove) -> None:
        self._move = move

    def collect(self, handover_userid: str, external_userids: Sequence[str]) -> dict[str, Any]:
        tasks = self._move.open_tasks_about(handover_userid, external_userids)
        wanted = set(external_userids)
        contents: dict[str, dict[str, str]] = {}
        for task in sorted(tasks, key=lambda task: task.task_id):
            for customer in wanted.intersection(task.subject_ids):
                contents.setdefault(customer, {})[task.task_id] = task.owner_userid
        return dict(sorted(contents.items()))

    def apply(self, takeover_userid: str, contents: Mapping[str, Any], attempt_id: str, cursor: str = "") -> PartResult:
        """Move a hundred tasks. Raises StaleVersionError while others keep writing them."""
        try:
            moved = self._move.move(takeover_userid, _following(contents), attempt_id, cursor)
        except StaleTaskError as error:
            raise StaleVersionError from error
        return PartResult(moved.checked, moved.moved, moved.moved, cursor=moved.after)


def _following(contents: Mapping[str, Mapping[str, str]]) -> list[Following]:
    customers: dict[tuple[str, str], set[str]] = {}
    for customer, tasks in contents.items():
        for task_id, owner_userid in tasks.items():
            customers.setdefault((task_id, owner_userid), set()).add(customer)
    return [Following(task_id, owner, frozenset(subjects)) for (task_id, owner), subjects in customers.items()]
