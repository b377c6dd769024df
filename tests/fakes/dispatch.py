"""In-memory ports of the dispatch, and a WeCom whose members confirm when told to."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from scrm.campaign.checks import Refusal
from scrm.campaign.dispatch_errors import (
    CallInDoubtError,
    ContentRefusedError,
    DispatchPostponedError,
    SendOutcomeUnknownError,
    StaleTaskError,
)
from scrm.campaign.moment_packs import MomentPack
from scrm.campaign.ports import (
    MOST_SUCCESSORS,
    AcceptedMessage,
    ApprovedContent,
    DueTask,
    MassMessage,
    MessageSeen,
    NoPlace,
    Reservation,
    Ruling,
    Span,
    Standing,
    TaskSummary,
)
from scrm.campaign.reactions import Reaction
from scrm.campaign.task import OPEN, PENDING, Need, RecipientState, Result, SendTask, TaskState
from scrm.campaign.terms import Channel, ContentRef

START = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
CAMPAIGN = "camp_1"
CONTENT = ContentRef("act_1", 1, "hash-1")
FAR = START + timedelta(days=60)


class FakeTasks:
    """Implements TaskRepository with the same rules as the table."""

    def __init__(self) -> None:
        self.by_id: dict[str, SendTask] = {}
        self.by_msgid: dict[str, str] = {}
        self.announced: dict[str, str] = {}

    def put_planned(self, tasks: Iterable[SendTask]) -> list[SendTask]:
        return [task for task in tasks if self.by_id.setdefault(task.task_id, task) is task]

    def load(self, task_id: str) -> SendTask | None:
        return self.by_id.get(task_id)

    def save(self, task: SendTask, added: Sequence[SendTask] = (), changed: Sequence[SendTask] = ()) -> SendTask:
        if len(added) > MOST_SUCCESSORS:
            raise AssertionError("more than one transaction takes")
        written = [task, *changed]
        stale = any(self.by_id[one.task_id].version != one.version for one in written)
        if stale or any(one.task_id in self.by_id for one in added):
            raise StaleTaskError
        for one in written:
            self.by_id[one.task_id] = replace(one, version=one.version + 1)
        self.put_planned(added)
        return self.by_id[task.task_id]

    def intend(self, task: SendTask, added: Sequence[SendTask] = ()) -> SendTask:
        other = self.sending_of(task.owner_userid)
        if other is not None and other.task_id != task.task_id:
            raise CallInDoubtError(other.due_at)
        saved = self.save(task, added)
        self.announced[task.owner_userid] = task.task_id
        return saved

    def sending_of(self, owner_userid: str) -> SendTask | None:
        task = self.by_id.get(self.announced.get(owner_userid, ""))
        return task if task is not None and task.state is TaskState.SENDING else None

    def claim(self, task: SendTask) -> SendTask:
        if task.msgid in self.by_msgid:
            raise StaleTaskError
        saved = self.save(task)
        self.by_msgid[task.msgid] = task.task_id
        return saved

    def holders(self, msgids: Sequence[str]) -> dict[str, str]:
        return {msgid: self.by_msgid[msgid] for msgid in msgids if msgid in self.by_msgid}

    def due(self, until: datetime) -> Iterator[DueTask]:
        for task in list(self.by_id.values()):
            if task.due_at is not None and task.due_at <= until:
                yield DueTask(task.task_id, task.campaign_id, task.owner_userid, task.state)

    def next_due(self) -> datetime | None:
        return min((task.due_at for task in self.by_id.values() if task.due_at), default=None)

    def of_campaign(self, campaign_id: str, part: int | None = None) -> Iterator[TaskSummary]:
        """Two parts, by turns."""
        for place, task in enumerate(list(self.by_id.values())):
            if task.campaign_id == campaign_id and part in {None, place % 2}:
                reach = task.reached_within(timedelta(hours=1)), task.reached_within(timedelta(hours=24))
                counts, excluded = task.counts, task.excluded
                yield TaskSummary(
                    task.task_id,
                    task.owner_userid,
                    task.ring,
                    task.state,
                    counts,
                    reach,
                    task.not_before,
                    excluded,
                    task.node_path,
                    (task.likes, task.comments),
                )

    def open_of_owner(self, owner_userid: str) -> Iterator[str]:
        yield from [one.task_id for one in self._of_owner(owner_userid) if one.state in OPEN]

    def all_of_owner(self, owner_userid: str) -> Iterator[str]:
        yield from [one.task_id for one in self._of_owner(owner_userid)]

    def _of_owner(self, owner_userid: str) -> list[SendTask]:
        found = (one for one in self.by_id.values() if one.owner_userid == owner_userid)
        return sorted(found, key=lambda one: (one.planned_at, one.task_id), reverse=True)


class FakePacks:
    """Implements MomentPacks with the same rules as the table."""

    def __init__(self) -> None:
        self.by_id: dict[str, MomentPack] = {}
        self.claims: dict[str, str] = {}

    def load(self, pack_id: str) -> MomentPack | None:
        return self.by_id.get(pack_id)

    def save(self, pack: MomentPack) -> MomentPack:
        stored = self.by_id.get(pack.pack_id)
        if (stored.version if stored else 0) != pack.version:
            raise StaleTaskError
        self.by_id[pack.pack_id] = replace(pack, version=pack.version + 1)
        return self.by_id[pack.pack_id]

    def claim(self, moment_id: str, pack_id: str) -> bool:
        return self.claims.setdefault(moment_id, pack_id) == pack_id


@dataclass
class FakeMessage:
    """A message as WeCom has it: which member has which customers, and what became of each."""

    channel: Channel
    sender: str
    text: str
    created_at: datetime
    members: dict[str, dict[str, Result]]
    confirmed: set[str] = field(default_factory=set)
    cancelled: bool = False
    reminders: int = 0


class FakeMassMessages:
    """Implements MassMessages. ``given_to`` says which member gets a customer, None: dropped; default the sender.

    With ``drop_answers`` so many creations are carried out and their answer lost. A message can be asked about once
    ``distribution`` has passed. ``unfriended`` and ``full`` customers end so when their member confirms. With
    ``hides_unsent`` what a cancelled message had not sent is in no result any more.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.now = now
        self.messages: dict[str, FakeMessage] = {}
        self.bad: set[str] = set()
        self.unfriended: set[str] = set()
        self.full: set[str] = set()
        self.given_to: Callable[[str, str], str | None] = lambda _, sender: sender
        self.distribution = timedelta(0)
        self.drop_answers = 0
        self.hides_unsent = False
        self.fail_next: BaseException | None = None
        self.creations: list[tuple[str, tuple[str, ...]]] = []
        self.delivered: dict[str, list[str]] = defaultdict(list)

    def create(self, message: MassMessage) -> AcceptedMessage:
        if self.fail_next is not None:
            error, self.fail_next = self.fail_next, None
            raise error
        msgid = f"msg_{len(self.messages)}"
        members: dict[str, dict[str, Result]] = defaultdict(dict)
        for target_id in message.target_ids:
            member = None if target_id in self.bad else self.given_to(target_id, message.sender)
            if member is not None:
                members[member][target_id] = PENDING
        self.messages[msgid] = FakeMessage(
            message.channel, message.sender, message.content.text, self.now(), dict(members)
        )
        self.creations.append((message.sender, tuple(message.target_ids)))
        if self.drop_answers:
            self.drop_answers -= 1
            raise SendOutcomeUnknownError
        return AcceptedMessage(msgid, tuple(one for one in message.target_ids if one in self.bad))

    def created_between(self, channel: Channel, since: datetime, until: datetime) -> Iterator[MessageSeen]:
        for msgid, message in list(self.messages.items()):
            if message.channel is channel and since <= message.created_at <= until:
                yield MessageSeen(msgid, message.created_at, message.text)

    def members(self, msgid: str) -> Iterator[tuple[str, bool]]:
        message = self.messages[msgid]
        if self.now() < message.created_at + self.distribution:
            raise DispatchPostponedError(message.created_at + self.distribution)
        yield from [(userid, userid in message.confirmed) for userid in message.members]

    def results(self, msgid: str, userid: str) -> Iterator[tuple[str, Result]]:
        message = self.messages[msgid]
        hidden = self.hides_unsent and message.cancelled
        yield from [row for row in message.members[userid].items() if not (hidden and row[1] is PENDING)]

    def remind(self, msgid: str) -> None:
        self.messages[msgid].reminders += 1

    def cancel(self, msgid: str) -> None:
        self.messages[msgid].cancelled = True

    def confirm(self, msgid: str, userid: str, at: datetime | None = None) -> None:
        """The member presses send; with ``at`` he did so then, and his client tells it only now, cancelled or not."""
        message = self.messages[msgid]
        if userid in message.confirmed or (message.cancelled and at is None):
            return
        message.confirmed.add(userid)
        for target_id in message.members[userid]:
            state = RecipientState.SENT
            if target_id in self.unfriended:
                state = RecipientState.NOT_FRIEND
            elif target_id in self.full:
                state = RecipientState.QUOTA_REACHED
            else:
                self.delivered[target_id].append(msgid)
            message.members[userid][target_id] = Result(state, at or self.now())

    def confirm_all(self) -> None:
        for msgid, message in self.messages.items():
            for userid in message.members:
                self.confirm(msgid, userid)


class FakeContents:
    """Implements ApprovedContents; ``refused`` is the reason why nothing may be sent now."""

    def __init__(self) -> None:
        self.refused = ""
        self.valid_until = FAR
        self.product_id = ""
        self.product_risk: int | None = None

    def approved(self, ref: ContentRef, channel: Channel, at: datetime) -> ApprovedContent:
        if self.refused:
            raise ContentRefusedError(self.refused)
        text = f"text of {ref.activity_id}"
        return ApprovedContent(ref, text, (), self.valid_until, self.product_id, self.product_risk)


class FakeFiles:
    """Implements ContentFiles; ``error`` is what the library answers instead."""

    def __init__(self) -> None:
        self.error: Exception | None = None

    def lent(self, content: ApprovedContent, channel: Channel) -> ApprovedContent:
        del channel
        if self.error is not None:
            raise self.error
        return content


class FakeStandings:
    """Implements Standings."""

    def __init__(self) -> None:
        self.standing = Standing.SENDS

    def of(self, campaign_id: str) -> Standing:
        return self.standing


class FakePermissions:
    """Implements ProductPermissions: everybody but ``denied``, ``until`` then."""

    def __init__(self) -> None:
        self.denied: set[str] = set()
        self.until = datetime.max.replace(tzinfo=UTC)

    def permitted(self, product_id: str, userids: Iterable[str], at: datetime) -> set[str]:
        return {userid for userid in userids if self.permitted_until(product_id, userid, at)}

    def permitted_until(self, product_id: str, userid: str, at: datetime) -> datetime | None:
        return self.until if userid not in self.denied and at < self.until else None


class FakeRules:
    """Implements RecipientRules; ``reasons`` by customer, ``ends`` when a date bars him."""

    def __init__(self) -> None:
        self.reasons: dict[str, str] = {}
        self.ends: dict[str, datetime] = {}

    def exclusions(
        self, owner_userid: str, target_ids: Sequence[str], content: ApprovedContent, channel: Channel, at: datetime
    ) -> dict[str, str]:
        over = {one: "assessment_expired" for one in target_ids if one in self.ends and self.ends[one] <= at}
        return over | {one: self.reasons[one] for one in target_ids if one in self.reasons}

    def ruling(
        self, owner_userid: str, target_ids: Sequence[str], content: ApprovedContent, channel: Channel, span: Span
    ) -> Ruling:
        reasons = self.exclusions(owner_userid, target_ids, content, channel, span.end)
        rest = [one for one in target_ids if one in self.ends and one not in reasons]
        return Ruling(reasons, min((self.ends[one] for one in rest), default=None))


class FakeNeeds:
    """Implements CustomerNeeds; ``scores`` by customer."""

    def __init__(self) -> None:
        self.scores: dict[str, int] = {}

    def of(
        self, owner_userid: str, target_ids: Sequence[str], content: ApprovedContent, at: datetime
    ) -> Mapping[str, Need]:
        return {one: Need(f"rule_{score}", score, "需求") for one in target_ids if (score := self.scores.get(one))}


class FakeOwners:
    """Implements Owners; who is not in ``owners`` is owned by ``otherwise``, None: by nobody."""

    def __init__(self, owners: Mapping[str, str] | None = None) -> None:
        self.owners = dict(owners or {})

    def owners_of(self, channel: Channel, target_ids: Sequence[str]) -> dict[str, str]:
        return {one: self.owners[one] for one in target_ids if self.owners.get(one)}


class FakePressure:
    """Implements PressureLedger. ``held`` and ``settled`` by (touch, customer); ``refused`` has no place for some.

    It says when there is one; ``reasons`` are others than a full week.
    """

    def __init__(self) -> None:
        self.refused: dict[str, datetime | None] = {}
        self.reasons: dict[str, Refusal] = {}
        self.held: set[tuple[str, str]] = set()
        self.settled: dict[tuple[str, str], datetime] = {}
        self.untils: list[datetime] = []

    def reserve(self, task: SendTask, until: datetime) -> Reservation:
        self.untils.append(until)
        refused = {
            one: NoPlace(self.reasons.get(one, Refusal.CAP_REACHED), self.refused.get(one))
            for one in task.pending_ids
            if one in self.refused or one in self.reasons
        }
        self.held |= {(task.touch_id, one) for one in task.pending_ids if one not in refused}
        return Reservation(refused)

    def settle(self, task: SendTask, sent_at: Mapping[str, datetime]) -> None:
        for customer, at in sent_at.items():
            self.held.discard((task.touch_id, customer))
            self.settled[task.touch_id, customer] = at

    def release(self, task: SendTask, target_ids: Sequence[str]) -> None:
        self.held -= {(task.touch_id, one) for one in target_ids}


class FakeFacts:
    """Implements SettledFacts."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, int], dict[str, Result]] = {}

    def settled(self, task: SendTask, ended: Mapping[str, Result], corrected: Mapping[str, RecipientState]) -> None:
        self.rows[task.task_id, task.version] = dict(ended)


@dataclass
class FakeDispatchQueue:
    """Implements DispatchQueue; remembers what was asked for, and leaves to the schedule what has to wait."""

    sends: list[str] = field(default_factory=list)
    looks: list[tuple[str, bool]] = field(default_factory=list)

    def request_send(self, tasks: Sequence[SendTask | DueTask], not_before: datetime | None = None) -> None:
        if not_before is None:
            self.sends += [task.task_id for task in tasks]

    def request_looks(
        self, task_ids: Sequence[str], *, asked: bool = False, not_before: datetime | None = None
    ) -> None:
        if not_before is None:
            self.looks += [(task_id, asked) for task_id in task_ids]


class FakeReactionFacts:
    """Implements `scrm.campaign.reactions.ReactionFacts`: a repeat is the same fact."""

    def __init__(self) -> None:
        self.told: set[Reaction] = set()

    def reacted(self, task: SendTask, reactions: Sequence[Reaction]) -> None:
        self.told.update(reactions)
