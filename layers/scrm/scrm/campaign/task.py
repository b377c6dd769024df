"""A send task: what one member is to send to some of his customers, and what became of each of them.

One task is one (campaign, ring, owner, chunk) and at most one call of WeCom that was accepted. The customer gets the
message when the member confirms, minutes or days after that call, so a task lives on: see `TaskState`.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import batched
from typing import Final, NamedTuple

from scrm import ids
from scrm.campaign.terms import Channel, ContentRef

MOST_CUSTOMERS: Final = 10_000  # of one task; WeCom takes no more in a call
MOST_GROUPS: Final = 2_000
PARTS_OF_OWNER: Final = 8  # more tasks than one owner's customers make in a campaign of Moments
TEST_RING: Final = "#test"  # of a test send; no campaign can name a ring so


class TaskState(StrEnum):
    """How far a task is.

    ``planned`` wants its call, ``sending`` stored the intent and may have made it. ``waiting`` lies with the member.
    ``cancelling`` is to be taken back from him. ``watched`` can no longer be confirmed as far as we know, but WeCom may
    still report otherwise until the horizon. ``settled`` has ended; so have ``cancelled`` and ``failed``, which never
    reached a member: the first because its campaign was stopped or nobody was left to send to, the second because WeCom
    refused it.
    """

    PLANNED = "planned"
    SENDING = "sending"
    WAITING = "waiting"
    CANCELLING = "cancelling"
    WATCHED = "watched"
    SETTLED = "settled"
    CANCELLED = "cancelled"
    FAILED = "failed"


class RecipientState(StrEnum):
    """What became of one customer (S64). WeCom tells what the member sent, never what was read.

    Only ``pending`` and ``moved`` are no end: a moved one is in another task, which ``reason`` names. ``told``: a
    message of the app told his member of him; the customer himself got nothing.
    """

    PENDING = "pending"
    MOVED = "moved"
    SENT = "sent"
    TOLD = "told"
    NOT_FRIEND = "not_friend"
    QUOTA_REACHED = "quota_reached"
    NOT_CONFIRMED = "not_confirmed"
    CANCELLED = "cancelled"
    FAILED = "failed"
    NOT_ASSIGNED = "not_assigned"
    UNKNOWN = "unknown"
    EXCLUDED = "excluded"


class CancelCause(StrEnum):
    """Why a task is taken back, and what becomes of those who have not got it.

    ``stopped``: the campaign was recalled; they end as cancelled. ``life_over``: deadline, quiet hours or the content's
    validity; they end as not confirmed. ``recheck``: something about them or the member changed; they are planned
    again, and the checks at the creation decide about each.
    """

    STOPPED = "stopped"
    LIFE_OVER = "life_over"
    RECHECK = "recheck"


CREATING: Final = frozenset({TaskState.PLANNED, TaskState.SENDING})
OPEN: Final = CREATING | {TaskState.WAITING, TaskState.CANCELLING}
ENDED: Final = frozenset({TaskState.SETTLED, TaskState.CANCELLED, TaskState.FAILED})
# What WeCom told for good; everything else it may still correct.
FINAL: Final = frozenset(
    {
        RecipientState.SENT,
        RecipientState.TOLD,
        RecipientState.NOT_FRIEND,
        RecipientState.QUOTA_REACHED,
        RecipientState.FAILED,
        RecipientState.EXCLUDED,
    }
)


class Result(NamedTuple):
    """What became of one customer: ``at`` when, ``reason`` why, ``by`` which member if not the task's."""

    state: RecipientState
    at: datetime | None = None
    reason: str = ""
    by: str = ""


PENDING: Final = Result(RecipientState.PENDING)


class Need(NamedTuple):
    """Why a customer gets this content (S26): the bank's rule, how pressing from 1 to 100, and the rule's words."""

    rule_id: str
    score: int
    reason: str


@dataclass(frozen=True, slots=True)
class SendTask:
    """One task. ``target_ids`` are customers, or group chats; ``results`` holds those who are no longer pending.

    ``needs`` are those that the content answers, as found when it was planned.

    ``touch_id`` is the campaign's place in the contact-pressure ledger, the same for whatever follows this task.
    ``expires_at`` is the last moment to send it at all. ``first_intent_at`` is when its call may have been made first,
    ``intended_at`` last, ``text_hash`` tells its text. ``first_created_at`` is when a member was first asked
    to send to these customers, maybe by a task before this one. ``alive_until`` is when it is taken back,
    ``permitted_until`` when the checks must be asked again, before a date ends what allows it. ``due_at`` is when to
    look again, None: never.
    ``predecessor_id`` names the task whose customers these were. ``untold``: the ledger may not have heard yet of those
    who ended before the creation. ``answer_lost``: WeCom took it, but whom it refused nobody heard.
    ``is_cancelled``: WeCom has taken it back, and was not asked yet what became of it. ``likes`` and ``comments`` are
    customers' reactions to a moment as WeCom listed them last, up to ``reacted_until``. ``version`` rises
    with every write.
    """

    task_id: str
    campaign_id: str
    ring: str
    owner_userid: str
    channel: Channel
    chunk: int
    content: ContentRef
    target_ids: tuple[str, ...]
    touch_id: str
    planned_at: datetime
    expires_at: datetime
    node_path: str = ""
    needs: Mapping[str, Need] = field(default_factory=dict)
    deadline: timedelta = timedelta(hours=24)
    priority: int = 5
    state: TaskState = TaskState.PLANNED
    results: Mapping[str, Result] = field(default_factory=dict)
    not_before: datetime | None = None
    first_intent_at: datetime | None = None
    intended_at: datetime | None = None
    text_hash: str = ""
    msgid: str = ""
    created_at: datetime | None = None
    first_created_at: datetime | None = None
    alive_until: datetime | None = None
    permitted_until: datetime | None = None
    cancel_cause: CancelCause | None = None
    cancel_asked_at: datetime | None = None
    is_cancelled: bool = False
    reminded_at: tuple[datetime, ...] = ()
    looks: int = 0
    due_at: datetime | None = None
    predecessor_id: str = ""
    untold: bool = False
    answer_lost: bool = False
    likes: int = 0
    comments: int = 0
    reacted_until: datetime | None = None
    version: int = 0

    @property
    def together(self) -> str:
        """The same for tasks that one creation may serve."""
        return f"{self.ring}/{self.chunk // PARTS_OF_OWNER}"

    @property
    def is_recallable(self) -> bool:
        """Its member was told, and a recall of the campaign can still take the message back from him."""
        return self.channel is Channel.APPLICATION_MESSAGE and self.state is TaskState.WAITING

    @property
    def was_published(self) -> bool:
        """It is a member's part in a moment that customers may like and comment on."""
        sent = (result.state is RecipientState.SENT for result in self.results.values())
        return self.channel is Channel.MOMENTS and any(sent)

    @property
    def pending_ids(self) -> tuple[str, ...]:
        """Who has not ended, in order."""
        return tuple(one for one in self.target_ids if one not in self.results)

    @property
    def has_pending(self) -> bool:
        return len(self.results) < len(self.target_ids)

    @property
    def counts(self) -> dict[str, int]:
        """Customers by state, the moved ones left out: the sum over all tasks is the audience."""
        counted = Counter(result.state.value for result in self.results.values())
        counted[RecipientState.PENDING.value] = len(self.target_ids) - len(self.results)
        return {state: number for state, number in counted.items() if number and state != RecipientState.MOVED}

    @property
    def excluded(self) -> dict[str, int]:
        """Customers who were left out, by reason."""
        states = RecipientState.EXCLUDED
        return dict(Counter(result.reason for result in self.results.values() if result.state is states))

    def reached_within(self, span: timedelta) -> int:
        """Customers whose member confirmed within ``span`` of when one was first asked to send to them (S65)."""
        asked_at = self.first_created_at or self.created_at
        if asked_at is None:
            return 0
        until = asked_at + span
        sent = (one for one in self.results.values() if one.state is RecipientState.SENT)
        return sum(1 for one in sent if one.at is not None and one.at <= until)

    def result_of(self, target_id: str) -> Result:
        return self.results.get(target_id, PENDING)

    def with_results(self, changed: Mapping[str, Result]) -> "SendTask":
        return replace(self, results={**self.results, **changed}) if changed else self

    def ended_as(self, state: RecipientState, target_ids: Iterable[str], at: datetime, reason: str = "") -> "SendTask":
        """These customers end, or move, for one reason."""
        return self.with_results(dict.fromkeys(target_ids, Result(state, at, reason)))


def hash_of_text(text: str) -> str:
    """Tells one text from another; WeCom gives it back as it was sent."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class SendPlan:
    """What the tasks of one ring share. ``expires_at`` is the content's end, ``not_before`` None: at once.

    ``pack`` numbers the owners whom one creation may serve, in the channel of Moments.
    """

    campaign_id: str
    ring: str
    channel: Channel
    content: ContentRef
    planned_at: datetime
    expires_at: datetime
    deadline: timedelta = timedelta(hours=24)
    priority: int = 5
    not_before: datetime | None = None
    pack: int = 0

    def tasks_of(self, owner_userid: str, target_ids: Sequence[str], node_path: str = "") -> list[SendTask]:
        """One owner's tasks, with as many customers each as WeCom takes in a call.

        The same customers in the same order give the same tasks.
        """
        owner = ids.fold_userid(owner_userid)
        most = MOST_GROUPS if self.channel is Channel.GROUP else MOST_CUSTOMERS
        return [
            SendTask(
                task_id=ids.derive("send", self.campaign_id, self.ring, owner, self.channel.value, str(chunk)),
                campaign_id=self.campaign_id,
                ring=self.ring,
                owner_userid=owner,
                channel=self.channel,
                chunk=chunk,
                content=self.content,
                target_ids=part,
                touch_id=ids.derive("touch", self.campaign_id),
                planned_at=self.planned_at,
                expires_at=self.expires_at,
                node_path=node_path,
                deadline=self.deadline,
                priority=self.priority,
                not_before=self.not_before,
                due_at=self.not_before or self.planned_at,
            )
            for chunk, part in enumerate(
                batched(dict.fromkeys(target_ids), most, strict=False), self.pack * PARTS_OF_OWNER
            )
        ]
