"""Work for a relationship manager (S54): whatever the bank plans ends as a task with an owner, a due time, a status."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from scrm import ids

MOST_SUBJECTS = 100


class TaskKind(StrEnum):
    """What is to be done."""

    GREET_CUSTOMER = "greet_customer"
    FOLLOW_UP = "follow_up"
    CALL_BACK = "call_back"
    PREPARE_MEETING = "prepare_meeting"


class TaskState(StrEnum):
    OPEN = "open"
    DONE = "done"
    CANCELLED = "cancelled"


class EndState(StrEnum):
    """The states in which a task may end."""

    DONE = TaskState.DONE.value
    CANCELLED = TaskState.CANCELLED.value


@dataclass(frozen=True, slots=True)
class Task:
    """One task of one member. ``subject_ids`` are the customers it is about, at most 100.

    ``moved_ids`` are customers it was about until they went to another owner, whose task has them now: a late repeat
    must not bring them back. ``node_path`` is where its owner sat when he got it. ``note`` is a word of the owner's
    such as ``greeted``, never free text. ``campaign_id`` is the campaign that asks for it. ``reasons`` say of
    customers why it is about them. ``version`` rises with every write.
    """

    task_id: str
    owner_userid: str
    kind: TaskKind
    subject_ids: tuple[str, ...]
    node_path: str
    created_at: datetime
    due_at: datetime
    state: TaskState = TaskState.OPEN
    done_by: str = ""
    note: str = ""
    ended_at: datetime | None = None
    moved_ids: tuple[str, ...] = ()
    campaign_id: str = ""
    reasons: Mapping[str, str] = field(default_factory=dict)
    version: int = 0

    @property
    def is_open(self) -> bool:
        return self.state is TaskState.OPEN

    @property
    def known_ids(self) -> frozenset[str]:
        """Every customer it is or was about."""
        return frozenset((*self.subject_ids, *self.moved_ids))

    def ended(self, state: TaskState, by: str, note: str, at: datetime) -> "Task":
        return replace(self, state=state, done_by=by, note=note, ended_at=at)

    def without(self, subject_ids: frozenset[str]) -> "Task":
        """The task after some of its customers went to another owner."""
        gone = tuple(one for one in self.subject_ids if one in subject_ids)
        rest = tuple(one for one in self.subject_ids if one not in subject_ids)
        return replace(self.about(rest), moved_ids=(*self.moved_ids, *gone))

    def about(self, subject_ids: tuple[str, ...]) -> "Task":
        """The task about those of its customers only."""
        reasons = {one: self.reasons[one] for one in subject_ids if one in self.reasons}
        return replace(self, subject_ids=subject_ids, reasons=reasons)


def task_id_of(kind: TaskKind, *cause: str) -> str:
    """The same cause gives the same task, however often it is told."""
    return ids.derive("task", kind.value, *cause)
