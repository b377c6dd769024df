"""What the contact queue and the nightly schedule bring, told to org and contacts."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import batched
from typing import Annotated, assert_never

from pydantic import Field, TypeAdapter

from scrm import ids
from scrm.aws.queues import Queue
from scrm.contacts.messages import (
    CustomersTakenOver,
    FullPassRequested,
    GroupsTakenOver,
    MemberSyncRequested,
    NodeSyncRequested,
)
from scrm.contacts.ports import CustomerSource
from scrm.contacts.sync import ContactChanges, ContactSync
from scrm.ids import fold_userid
from scrm.org.sync import OrgSync
from scrm.runtime.messages import CallbackReceived
from scrm.wecom.events import Event
from scrm.wecom.events.external_chat import GroupChatCreated, GroupChatDismissed, GroupChatUpdated
from scrm.wecom.events.external_contact import ContactAdded, ContactDeleted, ContactHalfAdded, FollowUserDeleted

NODES_PER_MESSAGE = 20
MEMBERS_PER_MESSAGE = 10

type ContactMessage = (
    CallbackReceived
    | FullPassRequested
    | NodeSyncRequested
    | MemberSyncRequested
    | CustomersTakenOver
    | GroupsTakenOver
)
contact_message: TypeAdapter[ContactMessage] = TypeAdapter(
    Annotated[
        CallbackReceived
        | FullPassRequested
        | NodeSyncRequested
        | MemberSyncRequested
        | CustomersTakenOver
        | GroupsTakenOver,
        Field(discriminator="kind"),
    ]
)


class ContactOutcome(StrEnum):
    """What a message was; the value is the metric."""

    PASS_STARTED = "FullPassStarted"  # noqa: S105 - a metric
    NODES_SYNCED = "NodesSynced"
    MEMBERS_SYNCED = "MembersSynced"
    TAKEN_OVER = "TakeOverRecorded"
    CHANGE_APPLIED = "ContactChangeApplied"
    IGNORED = "ContactChangeIgnored"


@dataclass(frozen=True, slots=True)
class ContactIntake:
    """Use case of the contact queue; every message may come twice.

    A full pass is cut into messages of a few departments or members, so that no invocation has to see a whole
    bank, a killed one repeats only its part, and the governor sets the pace.
    """

    org: OrgSync
    contacts: ContactSync
    changes: ContactChanges
    source: CustomerSource
    queue: Queue
    now: Callable[[], datetime]
    on_drift: Callable[[int], None]

    def request_full_pass(self) -> None:
        """The nightly schedule; one run an hour at most, whoever asks."""
        moment = self.now()
        run_id = ids.derive("sync", moment.strftime("%Y-%m-%dT%H"))
        self.queue.send([FullPassRequested(run_id=run_id, requested_at=moment)])

    def take(self, message: ContactMessage) -> ContactOutcome:
        match message:
            case FullPassRequested():
                self._start(message.run_id)
                return ContactOutcome.PASS_STARTED
            case NodeSyncRequested():
                serving = frozenset(self.source.members_serving_customers())
                self.on_drift(self.org.sync_members(message.node_ids, serving))
                return ContactOutcome.NODES_SYNCED
            case MemberSyncRequested():
                self.on_drift(self.contacts.sync_members(message.userids, message.started_at).drift)
                return ContactOutcome.MEMBERS_SYNCED
            case CustomersTakenOver():
                self.changes.taken_over(
                    message.handover_userid, message.takeover_userid, message.external_userids, message.at
                )
                return ContactOutcome.TAKEN_OVER
            case GroupsTakenOver():
                for chat_id in message.chat_ids:
                    self.changes.group_changed(chat_id, message.at)
                return ContactOutcome.TAKEN_OVER
            case CallbackReceived():
                return self._apply(message.event(), message.occurred_at)
            case _:
                assert_never(message)

    def _start(self, run_id: str) -> None:
        started_at = self.now()
        node_ids = [node.node_id for node in self.org.sync_nodes().nodes]
        userids = sorted(set(self.source.members_serving_customers()))
        self.queue.send(self._parts(run_id, node_ids, userids, started_at))

    def _parts(
        self, run_id: str, node_ids: list[str], userids: list[str], started_at: datetime
    ) -> Iterable[NodeSyncRequested | MemberSyncRequested]:
        for nodes in batched(node_ids, NODES_PER_MESSAGE, strict=False):
            yield NodeSyncRequested(run_id=run_id, node_ids=nodes)
        for members in batched(userids, MEMBERS_PER_MESSAGE, strict=False):
            yield MemberSyncRequested(run_id=run_id, userids=members, started_at=started_at)

    def _apply(self, event: Event, at: datetime) -> ContactOutcome:
        match event:
            case ContactAdded():
                self.changes.added(fold_userid(event.userid), event.external_userid, at)
            case ContactHalfAdded():
                self.changes.added(fold_userid(event.userid), event.external_userid, at, half=True)
            case ContactDeleted():
                self.changes.deleted_by_member(fold_userid(event.userid), event.external_userid, at)
            case FollowUserDeleted():
                self.changes.deleted_by_customer(fold_userid(event.userid), event.external_userid, at)
            case GroupChatCreated() | GroupChatUpdated():
                self.changes.group_changed(event.chat_id, at)
            case GroupChatDismissed():
                self.changes.group_dismissed(event.chat_id)
            case _:
                return ContactOutcome.IGNORED
        return ContactOutcome.CHANGE_APPLIED
