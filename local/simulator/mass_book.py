"""All mass messages: who has to send what to whom, and what became of it."""

import bisect
from collections import Counter
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Literal

from local.simulator.confirmations import ScriptedConfirmation
from local.simulator.mass_quota import MassQuota
from local.simulator.world import fold

NOT_SENT, SENT, NOT_FRIEND, OVER_QUOTA = 0, 1, 2, 3

type ChatType = Literal["single", "group"]


@dataclass(slots=True)
class Recipient:
    """A customer or a group. ``has_place`` is what the quota said at the creation, None when it was not asked then."""

    number: int
    target_id: str
    status: int = NOT_SENT
    send_time: int | None = None
    has_place: bool | None = None


@dataclass(slots=True, kw_only=True)
class MemberTask:
    """What one member has to confirm; ``sent_at`` is when he did."""

    number: int
    userid: str
    recipients: list[Recipient]
    plan: ScriptedConfirmation
    sent_at: float | None = None


@dataclass(slots=True, kw_only=True)
class MassMessage:
    """``creator`` is the member of a personal message, None for one of the corp. ``failed`` are the ids refused at the
    creation, ``dropped`` those that WeCom gave to nobody without a word."""

    number: int
    msgid: str
    chat_type: ChatType
    created_at: float
    content: dict[str, Any]
    creator: str | None = None
    allow_select: bool = False
    tasks: list[MemberTask] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    cancelled_at: float | None = None
    reminders: list[float] = field(default_factory=list)

    def task_of(self, userid: str) -> MemberTask | None:
        return next((task for task in self.tasks if fold(task.userid) == fold(userid)), None)


@dataclass(slots=True, kw_only=True)
class Delivery:
    """One message that reached one customer or group."""

    at: float
    msgid: str
    userid: str
    target_id: str


@dataclass(slots=True)
class MassBook:
    messages: list[MassMessage] = field(default_factory=list)
    by_msgid: dict[str, MassMessage] = field(default_factory=dict)
    deliveries: list[Delivery] = field(default_factory=list)
    quota: MassQuota = field(default_factory=MassQuota)
    tasks_of: Counter[str] = field(default_factory=Counter)  # by folded userid, how many things they were asked to send

    def add(self, message: MassMessage) -> None:
        self.messages.append(message)
        self.by_msgid[message.msgid] = message

    def next_number(self) -> int:
        return len(self.messages) + 1

    def next_task_of(self, userid: str) -> int:
        """The number of the member's next task, which begins at 1."""
        self.tasks_of[fold(userid)] += 1
        return self.tasks_of[fold(userid)]

    def created_between(self, chat_type: ChatType, start: float, end: float) -> list[MassMessage]:
        """In the order of creation."""
        first = bisect.bisect_left(self.messages, start, key=lambda row: int(row.created_at))
        last = bisect.bisect_right(self.messages, end, key=lambda row: int(row.created_at))
        return [row for row in islice(self.messages, first, last) if row.chat_type == chat_type]

    def unsent_tasks(self, userid: str | None = None) -> list[tuple[MassMessage, MemberTask]]:
        """What waits to be confirmed, by this member or by all; oldest first."""
        waiting = ((row, task) for row in self.messages for task in row.tasks if task.sent_at is None)
        return [(row, task) for row, task in waiting if userid is None or fold(task.userid) == fold(userid)]

    def rename(self, old: str, new: str) -> None:
        """What waits and what was done stands under the member's new userid."""
        for message in self.messages:
            if message.creator is not None and fold(message.creator) == fold(old):
                message.creator = new
            for task in message.tasks:
                if fold(task.userid) == fold(old):
                    task.userid = new
        self.tasks_of[fold(new)] += self.tasks_of.pop(fold(old), 0)
        self.quota.rename(old, new)
