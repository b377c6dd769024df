"""What the dispatch needs from the outside world; adapters and other features provide it, runtime joins them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple, Protocol

from scrm.campaign.task import Need, RecipientState, Result, SendTask, TaskState
from scrm.campaign.terms import Channel, ContentRef

MOST_SUCCESSORS = 20  # added in one write: two items each, and a transaction takes 100


@dataclass(frozen=True, slots=True)
class TaskSummary:
    """A task of a campaign, as its list shows it. ``reach`` counts customers reached after an hour and after a day.

    ``not_before``: until then it is not created. ``excluded``: customers who were left out, by reason. ``node_path`` is
    where the owner stood when it was planned, empty when it came to him later. ``reactions`` are likes and comments.
    """

    task_id: str
    owner_userid: str
    ring: str
    state: TaskState
    counts: Mapping[str, int]
    reach: tuple[int, int] = (0, 0)
    not_before: datetime | None = None
    excluded: Mapping[str, int] = field(default_factory=dict)
    node_path: str = ""
    reactions: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class DueTask:
    """A task whose time has come."""

    task_id: str
    campaign_id: str
    owner_userid: str
    state: TaskState


class TaskRepository(Protocol):
    """Send tasks. Writes are conditional on the version that was read."""

    def put_planned(self, tasks: Iterable[SendTask]) -> list[SendTask]:
        """Store new tasks; one that is there already stays as it is and is not among those given back."""

    def load(self, task_id: str) -> SendTask | None: ...

    def save(self, task: SendTask, added: Sequence[SendTask] = (), changed: Sequence[SendTask] = ()) -> SendTask:
        """Write the task, with new and with other changed ones, all or nothing; the task with its new version.

        At most `MOST_SUCCESSORS` new ones. Raises StaleTaskError when someone was faster.
        """

    def intend(self, task: SendTask, added: Sequence[SendTask] = ()) -> SendTask:
        """Write the task whose call may be made from now on, with new ones as of `save`.

        Only one call of a member's is in doubt at a time, whatever the campaign: two of the same text could not be told
        apart afterwards. Raises CallInDoubtError while another task of his is ``sending``, and StaleTaskError.
        """

    def sending_of(self, owner_userid: str) -> SendTask | None:
        """The member's task whose call is in doubt."""

    def claim(self, task: SendTask) -> SendTask:
        """Write the task that got its ``msgid`` just now; a message of WeCom's is one task's for ever.

        Raises StaleTaskError when someone was faster, or when another task has this message.
        """

    def holders(self, msgids: Sequence[str]) -> dict[str, str]:
        """Task by msgid, of those that a task holds."""

    def due(self, until: datetime) -> Iterator[DueTask]:
        """Tasks whose ``due_at`` has come."""

    def next_due(self) -> datetime | None:
        """When the first task falls due; None: none will."""

    def of_campaign(self, campaign_id: str, part: int | None = None) -> Iterator[TaskSummary]:
        """All tasks of the campaign, or one of the parts in which they lie."""

    def open_of_owner(self, owner_userid: str) -> Iterator[str]:
        """Ids of tasks that are to be created or lie with the member."""

    def all_of_owner(self, owner_userid: str) -> Iterator[str]:
        """Ids of every task of the member, newest first."""


@dataclass(frozen=True, slots=True)
class ApprovedContent:
    """What is sent. ``attachments`` are as WeCom takes them, but for files: ``asset_id`` stands where their id goes."""

    ref: ContentRef
    text: str
    attachments: tuple[Mapping[str, Any], ...]
    valid_until: datetime
    product_id: str = ""
    product_risk: int | None = None


class ApprovedContents(Protocol):
    """The content library (invariant 4)."""

    def approved(self, ref: ContentRef, channel: Channel, at: datetime) -> ApprovedContent:
        """The released variant with exactly this hash. Raises ContentRefusedError with the reason."""


class ContentFiles(Protocol):
    """The media library."""

    def lent(self, content: ApprovedContent, channel: Channel) -> ApprovedContent:
        """The content as WeCom takes it now: each file by an id that lives long enough.

        Raises ContentRefusedError for a file that cannot be used, DispatchPostponedError while it cannot be uploaded.
        """


class Standing(StrEnum):
    """Whether a campaign's tasks may be created now. ``frozen``: nor may what waits for its member be confirmed."""

    SENDS = "sends"
    PAUSED = "paused"
    FROZEN = "frozen"
    STOPPED = "stopped"


class Standings(Protocol):
    """The kill switch, read at every creation."""

    def of(self, campaign_id: str) -> Standing: ...


class ProductPermissions(Protocol):
    """Who may sell what (S58): deny by default."""

    def permitted(self, product_id: str, userids: Iterable[str], at: datetime) -> set[str]: ...

    def permitted_until(self, product_id: str, userid: str, at: datetime) -> datetime | None:
        """Until when the member may, by the dates known at that moment; None: he may not now."""


class Span(NamedTuple):
    """From one moment through another one."""

    begin: datetime
    end: datetime


class Ruling(NamedTuple):
    """``reasons`` by customer who must not get it within a span.

    ``until`` is when the first of the others must not get it any more, by the dates known now; None: no date ends it.
    """

    reasons: dict[str, str]
    until: datetime | None = None


class RecipientRules(Protocol):
    """Suitability, consent and protection of customers, as they are now."""

    def exclusions(
        self, owner_userid: str, target_ids: Sequence[str], content: ApprovedContent, channel: Channel, at: datetime
    ) -> dict[str, str]:
        """Reason by customer, of those who must not get it."""

    def ruling(
        self, owner_userid: str, target_ids: Sequence[str], content: ApprovedContent, channel: Channel, span: Span
    ) -> Ruling:
        """The same for something that may reach them at any moment of the span."""


class CustomerNeeds(Protocol):
    """What the bank's rules say customers need (S26)."""

    def of(
        self, owner_userid: str, target_ids: Sequence[str], content: ApprovedContent, at: datetime
    ) -> Mapping[str, Need]:
        """The need that this content answers, by customer who has one."""


class Owners(Protocol):
    """Who answers for customers and group chats now."""

    def owners_of(self, channel: Channel, target_ids: Sequence[str]) -> dict[str, str]:
        """Owner by id; one without an active owner is left out."""


class NoPlace(NamedTuple):
    """Why the ledger has no place for a customer, and when there may be one; None: never for this campaign."""

    reason: str
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Reservation:
    """``refused`` are the customers who hold no place."""

    refused: Mapping[str, NoPlace] = field(default_factory=dict)


class PressureLedger(Protocol):
    """Contact pressure (invariant 3). All three are idempotent by the task's touch."""

    def reserve(self, task: SendTask, until: datetime) -> Reservation:
        """Hold a place for each pending customer in every ISO week from now to ``until``, in which he may get it."""

    def settle(self, task: SendTask, sent_at: Mapping[str, datetime]) -> None:
        """They got it at that moment; places in other weeks are free again."""

    def release(self, task: SendTask, target_ids: Sequence[str]) -> None:
        """They will not get it."""


@dataclass(frozen=True, slots=True)
class MassMessage:
    """One call: what the sender is asked to send to whom.

    ``cause`` is the send task of the campaign, ``due_at`` when it is taken back, ``node_path`` where the sender
    sits, if known. ``reasons`` tell the sender why some customers get it. What is ``together`` of one campaign may be
    one creation, where the channel has such.
    """

    channel: Channel
    sender: str
    target_ids: Sequence[str]
    content: ApprovedContent
    campaign_id: str = ""
    cause: str = ""
    due_at: datetime | None = None
    node_path: str = ""
    reasons: Mapping[str, str] = field(default_factory=dict)
    together: str = ""


@dataclass(frozen=True, slots=True)
class AcceptedMessage:
    """WeCom took it under ``msgid`` and will not send to ``failed_ids``.

    ``ended``: how everybody else ended with it, where no member has to confirm anything. ``answer_lost``: it was found
    afterwards, so nobody knows whom it refused.
    """

    msgid: str
    failed_ids: tuple[str, ...] = ()
    ended: Result | None = None
    answer_lost: bool = False


@dataclass(frozen=True, slots=True)
class MessageSeen:
    """A message created through the API, as WeCom lists it."""

    msgid: str
    created_at: datetime | None
    text: str


class MassMessages(Protocol):
    """WeCom's mass messages. Raises DispatchPostponedError, SendRefusedError and, at a creation, outcome unknown."""

    def create(self, message: MassMessage) -> AcceptedMessage:
        """Raises SendOutcomeUnknownError when the answer was lost."""

    def created_between(self, channel: Channel, since: datetime, until: datetime) -> Iterator[MessageSeen]:
        """What the API created in that time; nobody's personal messages."""

    def members(self, msgid: str) -> Iterator[tuple[str, bool]]:
        """The members who are to send it, and whether they have confirmed. Postponed while WeCom distributes it."""

    def results(self, msgid: str, userid: str) -> Iterator[tuple[str, Result]]:
        """What became of the customers or groups that WeCom gave to this member; not sent yet is pending."""

    def remind(self, msgid: str) -> None: ...

    def cancel(self, msgid: str) -> None:
        """Whoever has not confirmed cannot any more. Cancelled before is fine."""


class DispatchQueue(Protocol):
    """Work for the worker and the reconcile function; a repeat is harmless.

    What waits until ``not_before`` may be left out: its due time brings it back as well, only later.
    """

    def request_send(self, tasks: Sequence[SendTask | DueTask], not_before: datetime | None = None) -> None: ...

    def request_looks(
        self, task_ids: Sequence[str], *, asked: bool = False, not_before: datetime | None = None
    ) -> None:
        """``asked``: whether their time has come or not."""


class SettledFacts(Protocol):
    """Facts about customers' ends, for statistics and the exposure history (S43)."""

    def settled(self, task: SendTask, ended: Mapping[str, Result], corrected: Mapping[str, RecipientState]) -> None:
        """These customers of the task have ended as told, a repeat is told once; ``corrected``: how before."""
