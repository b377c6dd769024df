"""What the contact queue and the nightly schedule bring, told to org and contacts."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import batched
from typing import TYPE_CHECKING, Annotated, assert_never

from pydantic import Field, TypeAdapter

from scrm import ids
from scrm.audience.messages import CeilingTagsDue, FactsFileStep
from scrm.aws.queues import Queue
from scrm.consent.messages import ConsentFileStep
from scrm.contacts.changes import ContactChanges, Taken
from scrm.contacts.full_pass import FullPass
from scrm.contacts.groups import GroupChanges
from scrm.contacts.handover_messages import CustomersTakenOver, GroupsTakenOver, QuotaCounted
from scrm.contacts.messages import (
    FullPassRequested,
    MasterFileStep,
    MemberRenamed,
    MemberSyncRequested,
    NodeSyncRequested,
)
from scrm.contacts.names import Rename
from scrm.contacts.ports import CustomerSource
from scrm.contacts.runs import Part
from scrm.ids import fold_userid
from scrm.org.sync import OrgSync
from scrm.runtime.messages import CallbackReceived
from scrm.runtime.postponement import POSTPONING
from scrm.tagging.messages import TagsDue
from scrm.ways.messages import ContactWayChanged, ContactWaysDue
from scrm.ways.model import Arrival
from scrm.wecom.events import Event
from scrm.wecom.events.external_contact import (
    ContactAdded,
    ContactDeleted,
    ContactEdited,
    ContactHalfAdded,
    FollowUserDeleted,
)

if TYPE_CHECKING:
    from scrm.audience.ceiling_tags import CeilingOutcome, CeilingTagging
    from scrm.runtime.consent_intake import AnswersOutcome, ConsentIntake
    from scrm.runtime.facts_intake import FactsIntake, FactsOutcome
    from scrm.runtime.master_intake import MasterIntake, MasterOutcome
    from scrm.runtime.ways_intake import WaysIntake, WaysOutcome
    from scrm.tagging.marking import TagOutcome
    from scrm.ways.keeping import WayOutcome

NODES_PER_MESSAGE = 20
FACTS_PREFIX = "audience/"
CONSENT_PREFIX = "consent/"
# A batch is ten messages: together they stay within the function's five minutes.
STEPS_PER_MESSAGE = 20
TIME_PER_MESSAGE = timedelta(seconds=20)

type ContactMessage = (
    CallbackReceived
    | FullPassRequested
    | NodeSyncRequested
    | MemberSyncRequested
    | CustomersTakenOver
    | QuotaCounted
    | GroupsTakenOver
    | MemberRenamed
)
type FileStep = MasterFileStep | FactsFileStep | ConsentFileStep
type OtherMessage = FileStep | ContactWayChanged | ContactWaysDue | TagsDue | CeilingTagsDue
contact_message: TypeAdapter[ContactMessage | OtherMessage] = TypeAdapter(
    Annotated[
        CallbackReceived
        | FullPassRequested
        | NodeSyncRequested
        | MemberSyncRequested
        | CustomersTakenOver
        | QuotaCounted
        | GroupsTakenOver
        | MemberRenamed
        | MasterFileStep
        | FactsFileStep
        | ConsentFileStep
        | ContactWayChanged
        | ContactWaysDue
        | TagsDue
        | CeilingTagsDue,
        Field(discriminator="kind"),
    ]
)


class ContactOutcome(StrEnum):
    """What a message was; the value is the metric."""

    PASS_STARTED = "FullPassStarted"  # noqa: S105 - a metric
    NODES_SYNCED = "NodesSynced"
    MEMBERS_SYNCED = "MembersSynced"
    MEMBERS_CONTINUED = "MemberSyncContinued"
    TAKEN_OVER = "TakeOverRecorded"
    QUOTA_COUNTED = "QuotaCounted"
    RENAMED = "MemberRenameApplied"
    DEPARTMENTS_SYNCED = "DepartmentsSynced"
    CHANGE_APPLIED = "ContactChangeApplied"
    IGNORED = "ContactChangeIgnored"


type FileOutcome = "MasterOutcome | FactsOutcome | AnswersOutcome"
type Outcome = "ContactOutcome | FileOutcome | WayOutcome | WaysOutcome | TagOutcome | CeilingOutcome"


@dataclass(frozen=True, slots=True)
class ContactIntake:
    """Use case of the contact queue; every message may come twice.

    A full pass is cut into messages of a few departments or members, and these into steps: no invocation has to see a
    whole bank, a killed one repeats only its part, and the governor sets the pace.
    """

    org: OrgSync
    changes: ContactChanges
    groups: GroupChanges
    full_pass: FullPass
    rename: Rename
    rename_tasks: Callable[[str, str], object]
    on_tags: Callable[[str, str, Sequence[str], datetime], object]
    source: CustomerSource
    queue: Queue
    now: Callable[[], datetime]
    on_drift: Callable[[int], None]
    master: "Callable[[], MasterIntake]"
    facts: "Callable[[], FactsIntake]"
    answers: "Callable[[], ConsentIntake]"
    ways: "Callable[[], WaysIntake]"
    on_added: Callable[[Arrival, bool], object]
    on_lost: Callable[[str, str, datetime], object]
    tag: "Callable[[TagsDue], TagOutcome]"
    on_successor: Callable[[str, str, datetime], object]
    ceilings: "Callable[[], CeilingTagging]"
    on_synced: Callable[[Sequence[str]], object]

    def request_full_pass(self) -> None:
        """The nightly schedule; one run an hour at most, whoever asks. Contact ways are compared the same night."""
        moment = self.now()
        run_id = ids.derive("sync", moment.strftime("%Y-%m-%dT%H"))
        self.queue.send([FullPassRequested(run_id=run_id, requested_at=moment), ContactWaysDue()])

    def take_body(self, body: str) -> "Outcome":
        """A message of ours, or S3's word on a file that was put into the bucket. Raises ValidationError."""
        if '"Records"' in body or "s3:TestEvent" in body:
            found = json.loads(body)
            if "Records" in found or "Event" in found:
                return self._uploaded(body)
        return self._routed(contact_message.validate_json(body))

    def _routed(self, message: ContactMessage | OtherMessage) -> "Outcome":
        match message:
            case MasterFileStep() | FactsFileStep() | ConsentFileStep():
                return self._go_on(message)
            case ContactWayChanged() | ContactWaysDue():
                return self.ways().take(message)
            case TagsDue():
                return self.tag(message)
            case CeilingTagsDue():
                return self._keep_ceilings(message)
            case _:
                return self.take(message)

    def _go_on(self, step: FileStep) -> "FileOutcome":
        """With a file of the bank's."""
        match step:
            case MasterFileStep():
                return self.master().take(step)
            case FactsFileStep():
                return self.facts().take(step)
            case ConsentFileStep():
                return self.answers().take(step)

    def _keep_ceilings(self, message: CeilingTagsDue) -> "CeilingOutcome":
        """Marks for twenty seconds; the rest is another message."""
        until = self.now() + TIME_PER_MESSAGE
        outcome = self.ceilings().keep(message.userid, lambda: self.now() < until)
        if outcome.is_open:
            self.queue.send([message])
        return outcome

    def _uploaded(self, body: str) -> "Outcome":
        """S3 tells of one file at a time; its test message has none."""
        from scrm.runtime.uploads import UploadNotification  # noqa: PLC0415 - a start for a file pays for it

        outcome: Outcome = ContactOutcome.IGNORED
        for upload in UploadNotification.model_validate_json(body).uploads():
            outcome = self._intake_of(upload.key).begin(upload)
        return outcome

    def _intake_of(self, key: str) -> "MasterIntake | FactsIntake | ConsentIntake":
        if key.startswith(CONSENT_PREFIX):
            return self.answers()
        return self.facts() if key.startswith(FACTS_PREFIX) else self.master()

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
                return self._advance(message.part())
            case MemberRenamed():
                return self._rename(message)
            case CallbackReceived():
                return self._apply(message.event(), message.occurred_at, message.event_id)
            case CustomersTakenOver() | QuotaCounted() | GroupsTakenOver():
                return self._record(message)
            case _:
                assert_never(message)

    def _record(self, message: CustomersTakenOver | QuotaCounted | GroupsTakenOver) -> ContactOutcome:
        """What the handover reports."""
        match message:
            case CustomersTakenOver():
                self.changes.taken_over(
                    Taken(
                        case_id=message.case_id,
                        handover_userid=message.handover_userid,
                        takeover_userid=message.takeover_userid,
                        external_userids=message.external_userids,
                        at=message.at,
                        on_job=message.api == "on_job",
                    )
                )
                self.on_successor(message.handover_userid, message.takeover_userid, message.at)
            case QuotaCounted():
                self.changes.quota_counted(message.case_id, message.external_userids, message.at, full=message.full)
                return ContactOutcome.QUOTA_COUNTED
            case GroupsTakenOver():
                for chat_id in message.chat_ids:
                    self.groups.changed(chat_id)
        return ContactOutcome.TAKEN_OVER

    def _start(self, run_id: str) -> None:
        node_ids = [node.node_id for node in self.org.sync_nodes().nodes]
        run = self.full_pass.plan(run_id, self.now())
        self.queue.send(self._nodes(run_id, node_ids))
        self.queue.send(map(MemberSyncRequested.of, self.full_pass.open_parts(run)))
        self.full_pass.finish_if_complete(run_id, self.now())

    def _sync_departments(self, run_id: str) -> ContactOutcome:
        """The callback only says that something changed: one list tells the tree, and who of it must be read again."""
        self.queue.send(self._nodes(run_id, list(self.org.sync_nodes().members_due)))
        return ContactOutcome.DEPARTMENTS_SYNCED

    def _nodes(self, run_id: str, node_ids: list[str]) -> Iterable[NodeSyncRequested]:
        for nodes in batched(node_ids, NODES_PER_MESSAGE, strict=False):
            yield NodeSyncRequested(run_id=run_id, node_ids=nodes)

    def _advance(self, part: Part) -> ContactOutcome:
        """Take some steps and send what is left as a new message.

        Where WeCom makes us wait after the first step, the rest goes on from where it is: its own first step then
        decides how long it waits.
        """
        left: Part | None = part
        until = self.now() + TIME_PER_MESSAGE
        for taken in range(STEPS_PER_MESSAGE):
            if left is None or self.now() >= until:
                break
            try:
                left = self.full_pass.step(left)
            except POSTPONING:
                if not taken:
                    raise
                break
        if left is not None:
            self.queue.send([MemberSyncRequested.of(left)])
            return ContactOutcome.MEMBERS_CONTINUED
        self.on_synced(part.userids)  # our table is as WeCom's now: a tag that somebody gave or took by hand shows
        self.full_pass.finish_if_complete(part.run_id, self.now())
        return ContactOutcome.MEMBERS_SYNCED

    def _rename(self, message: MemberRenamed) -> ContactOutcome:
        if not message.after:
            self.rename_tasks(fold_userid(message.old_userid), fold_userid(message.new_userid))
        after, until = message.after, self.now() + TIME_PER_MESSAGE
        for _ in range(STEPS_PER_MESSAGE):
            if self.now() >= until:
                break
            after = self.rename.step(
                fold_userid(message.old_userid), fold_userid(message.new_userid), message.at, after
            )
            if not after:
                return ContactOutcome.RENAMED
        self.queue.send([message.model_copy(update={"after": after})])
        return ContactOutcome.RENAMED

    def _apply(self, event: Event, at: datetime, event_id: str) -> ContactOutcome:
        """Events of departments and groups are rare: their classes are loaded when one arrives (`parse_event`)."""
        family = event.NAME.partition(".")[0]
        if family == "change_contact":
            return self._apply_to_departments(event, event_id)
        return self._apply_to_group(event) if family == "change_external_chat" else self._apply_to_contact(event, at)

    def _apply_to_departments(self, event: Event, event_id: str) -> ContactOutcome:
        from scrm.wecom.events import address_book  # noqa: PLC0415 - see `_apply`

        match event:
            case address_book.DepartmentCreated() | address_book.DepartmentUpdated() | address_book.DepartmentDeleted():
                return self._sync_departments(ids.derive("sync", event_id))
            case _:
                return ContactOutcome.IGNORED

    def _apply_to_group(self, event: Event) -> ContactOutcome:
        from scrm.wecom.events import external_chat  # noqa: PLC0415 - see `_apply`

        match event:
            case external_chat.GroupChatCreated() | external_chat.GroupChatUpdated():
                self.groups.changed(event.chat_id)
            case external_chat.GroupChatDismissed():
                self.groups.dismissed(event.chat_id)
            case _:
                return ContactOutcome.IGNORED
        return ContactOutcome.CHANGE_APPLIED

    def _apply_to_contact(self, event: Event, at: datetime) -> ContactOutcome:
        match event:
            case ContactAdded():
                self._added(fold_userid(event.userid), event.external_userid, at, event.state or "")
            case ContactHalfAdded():
                self.changes.added(fold_userid(event.userid), event.external_userid, at, half=True)
            case ContactEdited():
                userid = fold_userid(event.userid)
                tag_ids = self.changes.edited(userid, event.external_userid)
                if tag_ids:
                    self.on_tags(userid, event.external_userid, tag_ids, at)
            case ContactDeleted():
                userid = fold_userid(event.userid)
                if not event.by_transfer:
                    self.on_lost(userid, event.external_userid, at)
                self.changes.deleted_by_member(userid, event.external_userid, at, by_transfer=event.by_transfer)
            case FollowUserDeleted():
                self.on_lost(fold_userid(event.userid), event.external_userid, at)
                self.changes.deleted_by_customer(fold_userid(event.userid), event.external_userid, at)
            case _:
                return ContactOutcome.IGNORED
        return ContactOutcome.CHANGE_APPLIED

    def _added(self, userid: str, external_userid: str, at: datetime, came_by: str) -> None:
        """Counted before it is stored: what is stored as known nobody would count any more."""
        arrival = Arrival(came_by, userid, external_userid, at)
        self.changes.added(
            userid, external_userid, at, came_by=came_by, hear=lambda is_new: self.on_added(arrival, is_new)
        )
