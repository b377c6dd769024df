"""Campaigns whose channel is a task for the member (S54): a send task becomes tasks of up to 100 customers each."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import batched
from typing import Final

from scrm.campaign.channels import RM_TASKS
from scrm.campaign.dispatch_errors import SendOutcomeUnknownError, SendRefusedError
from scrm.campaign.member_messages import MemberWords, reference_of
from scrm.campaign.ports import AcceptedMessage, MassMessage, MessageSeen
from scrm.campaign.task import MOST_CUSTOMERS, PENDING, RecipientState, Result
from scrm.campaign.terms import Channel
from scrm.clock import BUSINESS_ZONE
from scrm.tasks.errors import StaleTaskError, until_current
from scrm.tasks.model import MOST_SUBJECTS, Task, TaskKind, TaskState, task_id_of
from scrm.tasks.ports import MOST_CHANGES_TOGETHER, TaskChange, TaskPlaces, TaskRepository

_MOST_PACKS: Final = MOST_CUSTOMERS // MOST_SUBJECTS
_WITHDRAWN: Final = "withdrawn"
_BY_MEMBER: Final = "by_member"


@dataclass(frozen=True, slots=True)
class RmTaskMessages:
    """Implements `scrm.campaign.ports.MassMessages` on the members' tasks; only `create` needs ``places``.

    ``tell`` sends a member words of ours; without it nobody is reminded.

    The id of what was created is ``rm_task/<send task>/<number of tasks>``, and a task's own derives from the send
    task. So a creation may be repeated, and nothing has to be looked up after an interrupted one. A customer has ended
    when the member ends the task about him: done counts as sent, cancelled by the member as cancelled.
    """

    repository: TaskRepository
    now: Callable[[], datetime]
    places: TaskPlaces | None = None
    tell: Callable[[str, MemberWords], object] | None = None

    def create(self, message: MassMessage) -> AcceptedMessage:
        parts = list(batched(message.target_ids, MOST_SUBJECTS, strict=False))
        until_current(lambda: self._put(message, parts))
        return AcceptedMessage(f"{RM_TASKS}{message.cause}/{len(parts)}")

    def created_between(self, channel: Channel, since: datetime, until: datetime) -> Iterator[MessageSeen]:  # noqa: ARG002
        return iter(())

    def members(self, msgid: str) -> Iterator[tuple[str, bool]]:
        """Whoever has the tasks now; each of them tells of its customers at any time."""
        for owner in dict.fromkeys(task.owner_userid for task in self._tasks(msgid)):
            yield owner, True

    def results(self, msgid: str, userid: str) -> Iterator[tuple[str, Result]]:
        for task in self._tasks(msgid):
            if task.owner_userid == userid:
                result = _result(task)
                yield from ((one, result) for one in task.subject_ids)
                yield from ((one, PENDING) for one in task.moved_ids)

    def remind(self, msgid: str) -> None:
        """Tell whoever has open tasks how many customers they are about; one who is not reached has his list of tasks.

        Raises DispatchPostponedError. A reminder whose answer was lost is not repeated.
        """
        if self.tell is None:
            return
        open_tasks = [task for task in self._tasks(msgid) if task.is_open]
        for owner in dict.fromkeys(task.owner_userid for task in open_tasks):
            with suppress(SendOutcomeUnknownError, SendRefusedError):
                self.tell(owner, _reminder([task for task in open_tasks if task.owner_userid == owner]))

    def cancel(self, msgid: str) -> None:
        """Open tasks are withdrawn; what the member ended stays as it is."""
        until_current(lambda: self._save([self._withdrawn(task) for task in self._tasks(msgid) if task.is_open]))

    def _put(self, message: MassMessage, parts: list[tuple[str, ...]]) -> None:
        """Exactly these customers, whatever an interrupted creation left: open tasks are filled anew or withdrawn."""
        wanted = [_task_id(message.cause, number) for number in range(_MOST_PACKS)]
        known = {task.task_id: task for task in self.repository.tasks(wanted)}
        changes = []
        for number, part in enumerate(parts):
            before = known.pop(_task_id(message.cause, number), None)
            if before is None:
                changes.append(TaskChange(None, self._made(message, number, part)))
            elif before.is_open and before.subject_ids != part:
                changes.append(TaskChange(before, replace(before, subject_ids=part, reasons=_why(message, part))))
        stale = [left for left in known.values() if left.is_open] + self._left_by_a_handover(message, set(wanted))
        self._save([*changes, *map(self._withdrawn, stale)])

    def _left_by_a_handover(self, message: MassMessage, own: set[str]) -> list[Task]:
        """What came to the member with a customer, out of the former owner's task: it is asked for anew here."""
        ours = set(message.target_ids)
        return [
            task
            for task in self.repository.open_tasks_of(message.sender)
            if task.campaign_id == message.campaign_id and task.task_id not in own and ours.issuperset(task.subject_ids)
        ]

    def _made(self, message: MassMessage, number: int, part: tuple[str, ...]) -> Task:
        at = self.now()
        seat = self.places.node_path_of(message.sender) if self.places else ""
        return Task(
            task_id=_task_id(message.cause, number),
            owner_userid=message.sender,
            kind=TaskKind.FOLLOW_UP,
            subject_ids=part,
            node_path=seat or message.node_path,
            created_at=at,
            due_at=message.due_at or at,
            campaign_id=message.campaign_id,
            reasons=_why(message, part),
        )

    def _withdrawn(self, task: Task) -> TaskChange:
        return TaskChange(task, task.ended(TaskState.CANCELLED, "", _WITHDRAWN, self.now()))

    def _save(self, changes: list[TaskChange]) -> None:
        for part in batched(changes, MOST_CHANGES_TOGETHER, strict=False):
            if not self.repository.save(part):
                raise StaleTaskError

    def _tasks(self, msgid: str) -> list[Task]:
        cause, _, count = msgid.removeprefix(RM_TASKS).rpartition("/")
        return self.repository.tasks([_task_id(cause, number) for number in range(int(count))])


def _reminder(tasks: list[Task]) -> MemberWords:
    count, due_at = sum(len(task.subject_ids) for task in tasks), min(task.due_at for task in tasks)
    until = due_at.astimezone(BUSINESS_ZONE).strftime("%m-%d %H:%M")
    reference = reference_of(tasks[0].task_id)
    return MemberWords(f"待办提醒：还有 {count} 位客户待跟进，请于 {until} 前在任务清单中处理（编号 {reference}）")


def _why(message: MassMessage, part: tuple[str, ...]) -> dict[str, str]:
    return {one: message.reasons[one] for one in part if one in message.reasons}


def _task_id(cause: str, number: int) -> str:
    return task_id_of(TaskKind.FOLLOW_UP, cause, str(number))


def _result(task: Task) -> Result:
    if task.state is TaskState.DONE:
        return Result(RecipientState.SENT, task.ended_at)
    if task.state is TaskState.CANCELLED and task.note != _WITHDRAWN:
        return Result(RecipientState.CANCELLED, task.ended_at, _BY_MEMBER)
    return PENDING
