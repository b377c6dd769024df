"""The mass-message engine: a call makes a task for each member; a customer gets it when the member confirms.

Members confirm as they are scripted, or by the control API. What a confirmation comes to is decided at that moment,
customer by customer: still a friend, still within WeCom's own quota.
"""

import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from local.simulator import errors
from local.simulator.clock import DAY_SECONDS
from local.simulator.confirmations import is_in_share
from local.simulator.errors import ApiError
from local.simulator.mass_book import (
    NOT_FRIEND,
    NOT_SENT,
    OVER_QUOTA,
    SENT,
    ChatType,
    Delivery,
    MassMessage,
    MemberTask,
    Recipient,
)
from local.simulator.model import App, Relation
from local.simulator.state import Simulation
from local.simulator.world import fold

CONFIRMATION_DUE = "mass_confirmation_due"
_REMINDERS = 3  # per message and 24 hours


@dataclass(frozen=True, slots=True, kw_only=True)
class MassRequest:
    """A checked request. ``tags`` are OR inside an element and AND between them; None when they do not count."""

    chat_type: ChatType
    content: dict[str, Any]
    sender: str | None = None
    targets: Sequence[str] = ()
    tags: Sequence[Sequence[str]] | None = None
    allow_select: bool = False


class MassMessageEngine:
    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation
        simulation.timeline.on(CONFIRMATION_DUE, self._fall_due)

    # Creating

    def create(self, app: App, request: MassRequest) -> MassMessage:
        """Distribute a message of the corp.

        Raises:
            ApiError: 41048 when there is nobody to send to, as the knob says.
        """
        message = self._new(request, creator=None)
        given = (
            self._customers(app, request, message) if request.chat_type == "single" else self._groups(request, message)
        )
        for userid, targets in given.items():
            self._add_task(message, userid, targets)
        refusal = self._simulation.knobs.mass_nobody_errcode
        if not message.tasks and refusal is not None:
            raise ApiError(refusal)
        self._simulation.state.mass.add(message)
        for task in message.tasks:
            if task.plan.confirms and task.plan.upon == "creation":
                self._schedule(message, task, message.created_at + self._simulation.knobs.mass_dispatch_seconds)
        self._note("mass_message_created", message, detail=message.msgid)
        return message

    def send_personally(self, userid: str, chat_type: ChatType, targets: Sequence[str], text: str) -> MassMessage:
        """A member sends one of his own, outside any campaign; it leaves at once and uses the same quota."""
        request = MassRequest(chat_type=chat_type, content={"text": {"content": text}}, sender=userid, targets=targets)
        message = self._new(request, creator=userid)
        self._add_task(message, userid, targets)
        self._simulation.state.mass.add(message)
        self.confirm(message, message.tasks[0])
        return message

    def _new(self, request: MassRequest, creator: str | None) -> MassMessage:
        return MassMessage(
            number=self._simulation.state.mass.next_number(),
            msgid=f"msg{secrets.token_urlsafe(22)}",
            chat_type=request.chat_type,
            created_at=self._simulation.now(),
            content=request.content,
            creator=creator,
            allow_select=request.allow_select,
        )

    def _add_task(self, message: MassMessage, userid: str, targets: Sequence[str]) -> None:
        state = self._simulation.state
        recipients = [Recipient(number, target_id) for number, target_id in enumerate(targets)]
        if state.knobs.mass_quota_counted_at == "creation" and message.creator is None:
            for recipient in recipients:
                recipient.has_place = self._takes_place(message, userid, recipient, message.created_at)
        plan = state.confirmations.plan(userid, state.mass.next_task_of(userid))
        task = MemberTask(number=len(message.tasks), userid=userid, recipients=recipients, plan=plan)
        message.tasks.append(task)

    def _customers(self, app: App, request: MassRequest, message: MassMessage) -> dict[str, list[str]]:
        """Who is to send to which customers; whom WeCom refuses or drops is noted in the message."""
        given: dict[str, list[str]] = {}
        for target_id in dict.fromkeys(request.targets) or self._meant_customers(app, request):
            followers = self._followers(app, target_id)
            if not followers or (request.sender and not _names(followers, request.sender)):
                message.failed.append(target_id)
                continue
            userid = self._chosen(followers, request.sender)
            if userid is None:
                message.dropped.append(target_id)
            else:
                given.setdefault(userid, []).append(target_id)
        return given

    def _meant_customers(self, app: App, request: MassRequest) -> Iterator[str]:
        """All customers of the sender, or of every member, who carry the tags."""
        members = self._simulation.world.service_members(app)
        senders = [request.sender] if request.sender else [member.userid for member in members]
        relations = (row for userid in senders for row in self._simulation.world.relations_of(userid))
        return iter(dict.fromkeys(row.external_userid for row in relations if _is_meant(row, request.tags)))

    def _followers(self, app: App, target_id: str) -> list[Relation]:
        """The relations through which a member of the app's range may send to the customer."""
        world = self._simulation.world
        found = (row for row in world.followers_of(target_id) if row.standing != "half")
        return [row for row in found if world.sees(app, row.userid) and self._may_send(row.userid)]

    def _may_send(self, userid: str) -> bool:
        member = self._simulation.world.member(userid)
        return member is not None and member.contact_service

    def _chosen(self, followers: list[Relation], sender: str | None) -> str | None:
        """Who gets the task of a customer; None when nobody does. The page says: who chatted last."""
        last = max(followers, key=lambda row: row.createtime if row.last_chat_at is None else row.last_chat_at)
        choice = self._simulation.knobs.mass_recipient_choice
        if sender is None or choice == "last_chat" or fold(last.userid) == fold(sender):
            return last.userid
        return next(row.userid for row in followers if fold(row.userid) == fold(sender)) if choice == "sender" else None

    def _groups(self, request: MassRequest, message: MassMessage) -> dict[str, list[str]]:
        """The groups of the one sender; without a list the owner picks among all of his by hand."""
        groups = self._simulation.world.groups
        sender = fold(request.sender or "")
        targets = [] if request.targets else groups.customer_groups_of([sender])
        for chat_id in dict.fromkeys(request.targets):
            group = groups.get(chat_id)
            if group is None or not group.external or fold(group.owner) != sender:
                message.failed.append(chat_id)
            else:
                targets.append(chat_id)
        return {request.sender or "": targets} if targets else {}

    # Confirming

    def _schedule(self, message: MassMessage, task: MemberTask, since: float) -> None:
        sent_at = since + task.plan.after_seconds
        self._simulation.timeline.schedule(
            sent_at + task.plan.told_after_seconds,
            CONFIRMATION_DUE,
            msgid=message.msgid,
            task_no=task.number,
            sent_at=sent_at,
        )

    async def _fall_due(self, at: float, args: dict[str, Any]) -> None:  # noqa: ARG002 - the handlers' shape
        message = self._simulation.state.mass.by_msgid[args["msgid"]]
        task = message.tasks[args["task_no"]]
        self.confirm(message, task, share_percent=task.plan.share_percent, sent_at=args["sent_at"])

    def confirm(
        self, message: MassMessage, task: MemberTask, *, share_percent: float = 100.0, sent_at: float | None = None
    ) -> bool:
        """The member presses send; False when he cannot (any more).

        With ``sent_at`` he did so then and his client tells of it only now, also of what was cancelled in between.
        """
        at = self._simulation.now() if sent_at is None else sent_at
        stopped = message.cancelled_at is not None and message.cancelled_at <= at
        if task.sent_at is not None or stopped or self._simulation.world.member(task.userid) is None:
            return False
        task.sent_at = at
        for recipient in task.recipients:
            if is_in_share(task.userid, recipient.target_id, share_percent):
                self._send(message, task, recipient, at)
        self._note("mass_message_confirmed", message, userid=task.userid, detail=message.msgid)
        return True

    def _send(self, message: MassMessage, task: MemberTask, recipient: Recipient, at: float) -> None:
        reached = self._is_reachable(message, task, recipient)
        if not reached:
            recipient.status = NOT_FRIEND if message.chat_type == "single" else NOT_SENT
        elif not self._takes_place(message, task.userid, recipient, at):
            recipient.status = OVER_QUOTA
        else:
            recipient.status, recipient.send_time = SENT, int(at)
            delivery = Delivery(at=at, msgid=message.msgid, userid=task.userid, target_id=recipient.target_id)
            self._simulation.state.mass.deliveries.append(delivery)

    def _is_reachable(self, message: MassMessage, task: MemberTask, recipient: Recipient) -> bool:
        world = self._simulation.world
        if message.chat_type == "group":
            group = world.groups.get(recipient.target_id)
            return group is not None and fold(group.owner) == fold(task.userid)
        relation = world.relation(task.userid, recipient.target_id)
        return relation is not None and relation.standing == "mutual"

    def _takes_place(self, message: MassMessage, userid: str, recipient: Recipient, at: float) -> bool:
        if recipient.has_place is not None:
            return recipient.has_place
        knobs = self._simulation.knobs
        return self._simulation.state.mass.quota.take(
            recipient.target_id,
            userid,
            at,
            mode=knobs.mass_quota,
            scope=knobs.mass_quota_scope,
            personal=message.creator is not None,
        )

    # Reminding and taking back

    def remind(self, message: MassMessage) -> None:
        """Raises: ApiError: 41093, 41094."""
        now = self._simulation.now()
        if message.cancelled_at is not None:
            raise ApiError(errors.MASS_CANCELLED)
        if sum(at > now - DAY_SECONDS for at in message.reminders) >= _REMINDERS:
            raise ApiError(errors.REMINDED_TOO_OFTEN)
        if not message.reminders:
            for task in message.tasks:
                if task.sent_at is None and task.plan.confirms and task.plan.upon == "reminder":
                    self._schedule(message, task, now)
        message.reminders.append(now)
        self._note("mass_message_reminded", message, detail=message.msgid)

    def cancel(self, message: MassMessage) -> None:
        """Raises: ApiError: 41093 when it was cancelled before."""
        if message.cancelled_at is not None:
            raise ApiError(errors.MASS_CANCELLED)
        message.cancelled_at = self._simulation.now()
        self._note("mass_message_cancelled", message, detail=message.msgid)

    def _note(self, kind: str, message: MassMessage, *, userid: str | None = None, detail: str | None = None) -> None:
        cause = "control" if message.creator is not None else "mass_message"
        self._simulation.ledger.changed(
            self._simulation.now(), kind, cause, userid=userid or message.creator, detail=detail
        )


def _names(followers: Iterable[Relation], userid: str) -> bool:
    return any(fold(row.userid) == fold(userid) for row in followers)


def _is_meant(relation: Relation, tags: Sequence[Sequence[str]] | None) -> bool:
    carried = set(relation.tag_ids)
    return relation.standing != "half" and all(carried.intersection(one_of) for one_of in tags or ())
