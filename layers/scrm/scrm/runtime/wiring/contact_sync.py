"""Joins the contact queue's use case to WeCom, its tables and its queue."""

import functools
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from scrm import clock
from scrm.aws.contact_table import DynamoContactRepository
from scrm.aws.org_table import DynamoOrgRepository
from scrm.aws.owner_changes import OwnerNotes
from scrm.aws.queues import Queue
from scrm.aws.sync_runs import DynamoSyncRuns
from scrm.contacts.changes import ContactChanges
from scrm.contacts.full_pass import FullPass
from scrm.contacts.groups import GroupChanges
from scrm.contacts.names import Rename
from scrm.contacts.writer import CustomerWriter
from scrm.org.sync import OrgSync
from scrm.runtime.contact_intake import ContactIntake
from scrm.runtime.environment import required
from scrm.runtime.observability import count
from scrm.runtime.wiring.tables import bucket, queue, table
from scrm.runtime.wiring.wecom import wecom_client
from scrm.tagging.messages import TagsDue
from scrm.ways.model import Arrival, is_ours
from scrm.wecom.governor_state import Priority
from scrm.wecom.sources import WecomAddressBook, WecomCustomers

if TYPE_CHECKING:
    from scrm.audience.ceiling_tags import CeilingTagging
    from scrm.aws.contact_facts import BucketContactFacts
    from scrm.runtime.consent_intake import ConsentIntake
    from scrm.runtime.facts_intake import FactsIntake
    from scrm.runtime.master_intake import MasterIntake
    from scrm.runtime.ways_intake import WaysIntake
    from scrm.tagging.marking import TagOutcome
    from scrm.tasks.work import MemberRename

_NEWCOMER: Final = timedelta(days=3)


@functools.cache
def contact_queue() -> Queue:
    return queue("CONTACT_QUEUE_URL")


@functools.cache
def contact_intake() -> ContactIntake:
    client = wecom_client(Priority.STATISTICS)
    customers, contacts = WecomCustomers(client), DynamoContactRepository(table("CONTACTS_TABLE"), owner_notes)
    writer, groups = CustomerWriter(contacts, clock.now), GroupChanges(customers, contacts)
    return ContactIntake(
        org=OrgSync(WecomAddressBook(client), DynamoOrgRepository(table("ORG_TABLE"))),
        changes=ContactChanges(customers, contacts, writer),
        groups=groups,
        full_pass=FullPass(
            source=customers,
            repository=contacts,
            writer=writer,
            groups=groups,
            runs=DynamoSyncRuns(table("CONTACTS_TABLE")),
            on_part=lambda counts: count("RelationDrift", counts.drift),
            on_finished=lambda _: count("SyncFinished"),
            on_came=lambda row: found_out(Arrival(row.details.came_by, row.userid, row.external_userid, row.since)),
        ),
        rename=Rename(contacts, writer),
        rename_tasks=lambda old, new: task_rename().rename(old, new),
        on_tags=hear_tags,
        source=customers,
        queue=contact_queue(),
        now=clock.now,
        on_drift=lambda rows: count("RelationDrift", rows),
        master=master_intake,
        facts=facts_intake,
        answers=consent_intake,
        ways=ways_intake,
        on_added=came,
        on_lost=lost,
        tag=tag,
        on_successor=took_over,
        ceilings=ceiling_tagging,
        on_synced=look_at_tags,
    )


@functools.cache
def master_intake() -> "MasterIntake":
    """Only a start that takes a customer master needs the bucket's client and what follows."""
    from scrm.aws.customer_numbers import DynamoCustomerNumbers  # noqa: PLC0415
    from scrm.contacts.master import MasterImport  # noqa: PLC0415
    from scrm.runtime.master_intake import MasterIntake  # noqa: PLC0415

    contacts = DynamoContactRepository(table("CONTACTS_TABLE"), owner_notes)
    numbers = DynamoCustomerNumbers(table("CONTACTS_TABLE"))
    return MasterIntake(
        bucket=required("DATA_BUCKET"),
        documents=bucket("DATA_BUCKET"),
        master=MasterImport(contacts, CustomerWriter(contacts, clock.now), numbers),
        rejections=DynamoOrgRepository(table("ORG_TABLE")),
        queue=contact_queue(),
        now=clock.now,
        on_rejected=lambda rows: count("MasterRowRejected", rows),
    )


@functools.cache
def facts_intake() -> "FactsIntake":
    """As `master_intake`, for a feed of customer facts."""
    from scrm.audience.intake import FeedImport  # noqa: PLC0415
    from scrm.aws.audience_table import DynamoDossiers, DynamoFeedRecord  # noqa: PLC0415
    from scrm.runtime.audience_joins import ContactsOwned  # noqa: PLC0415
    from scrm.runtime.facts_intake import FactsIntake  # noqa: PLC0415

    customers, audience = ContactsOwned(DynamoContactRepository(table("CONTACTS_TABLE"))), table("AUDIENCE_TABLE")
    return FactsIntake(
        bucket=required("DATA_BUCKET"),
        documents=bucket("DATA_BUCKET"),
        facts=FeedImport(
            customers,
            DynamoDossiers(audience),
            clock.now,
            owners_restricted,
        ),
        feeds=DynamoFeedRecord(audience),
        rejections=DynamoOrgRepository(table("ORG_TABLE")),
        queue=contact_queue(),
        now=clock.now,
        on_rejected=lambda rows: count("FactsRowRejected", rows),
    )


def owners_restricted(owner_userids: Sequence[str]) -> None:
    """Some of their customers may get less: what waits for them is looked at, and so are their tags."""
    from scrm.aws.dispatch_queue import SqsSendQueue  # noqa: PLC0415 - as above

    SqsSendQueue(queue("CAMPAIGN_QUEUE_URL")).customers_changed(owner_userids)
    look_at_tags(owner_userids)


def look_at_tags(userids: Sequence[str]) -> None:
    """Whether the customers of these members have the tags of their risk ceilings, where the bank keeps such."""
    from scrm.audience.messages import CeilingTagsDue  # noqa: PLC0415 - few messages lead here
    from scrm.runtime.wiring import audience_settings  # noqa: PLC0415

    if audience_settings.rules().ceiling_tags:
        contact_queue().send([CeilingTagsDue(userid=userid) for userid in userids])


@functools.cache
def ceiling_tagging() -> "CeilingTagging":
    """As `master_intake`, for the tags of customers' risk ceilings."""
    from scrm.audience.ceiling_tags import CeilingTagging  # noqa: PLC0415
    from scrm.audience.intake import FactsReader  # noqa: PLC0415
    from scrm.aws.audience_table import DynamoDossiers  # noqa: PLC0415
    from scrm.aws.ceiling_library import DynamoCeilingTags  # noqa: PLC0415
    from scrm.contacts.tags import TagRecord  # noqa: PLC0415
    from scrm.runtime.ceiling_joins import ContactTags  # noqa: PLC0415
    from scrm.runtime.wiring import audience_settings  # noqa: PLC0415
    from scrm.wecom.ceiling_marks import WecomCeilingMarks  # noqa: PLC0415

    audience, contacts = table("AUDIENCE_TABLE"), DynamoContactRepository(table("CONTACTS_TABLE"))
    marks = WecomCeilingMarks(wecom_client(Priority.STATISTICS))
    return CeilingTagging(
        facts=FactsReader(DynamoDossiers(audience)),
        relations=ContactTags(contacts, TagRecord(contacts).record),
        tags=DynamoCeilingTags(audience, marks.made),
        marks=marks,
        settings=audience_settings.rules,
        now=clock.now,
        on_marked=lambda number: count("CeilingTagsMarked", number),
    )


@functools.cache
def consent_intake() -> "ConsentIntake":
    """As `master_intake`, for a file of customers' answers."""
    from scrm.runtime.consent_intake import ConsentIntake  # noqa: PLC0415
    from scrm.runtime.wiring import consent_desk  # noqa: PLC0415

    desk = consent_desk.desk()
    return ConsentIntake(
        bucket=required("DATA_BUCKET"),
        documents=bucket("DATA_BUCKET"),
        hear=lambda statement: count(desk.hear(statement).value),
        rejections=DynamoOrgRepository(table("ORG_TABLE")),
        queue=contact_queue(),
        now=clock.now,
        on_rejected=lambda rows: count("ConsentRowRejected", rows),
    )


@functools.cache
def owner_notes() -> tuple[OwnerNotes, ...]:
    """What goes along when an owner changes; only a start that sees that needs it."""
    from scrm.runtime.wiring.owner_notes import owner_notes_in  # noqa: PLC0415

    return owner_notes_in(table("PRESSURE_TABLE"), table("AUDIENCE_TABLE"), table("CONSENT_TABLE"))


def hear_tags(userid: str, external_userid: str, tag_ids: Sequence[str], at: datetime) -> None:
    """Perhaps a member says that his customer wants no marketing; only a start that sees tags needs it."""
    from scrm.runtime.wiring import consent_desk  # noqa: PLC0415

    consent_desk.hear_tags(userid, external_userid, tag_ids, at)


@functools.cache
def ways_intake() -> "WaysIntake":
    """As `master_intake`, for contact ways."""
    from scrm.runtime.wiring import ways  # noqa: PLC0415

    return ways.ways_intake(contact_queue())


def came(arrival: Arrival, is_new: bool) -> None:  # noqa: FBT001 - as the use case tells it
    """A customer came: one of our contact ways is looked up, and a newcomer's tags get a message of their own.

    Who was with a colleague before is a newcomer only if he came by a contact way; one who was handed over is none.
    His greeting has a queue of its own, told before this one.
    """
    if is_ours(arrival.state):
        from scrm.runtime.wiring import ways  # noqa: PLC0415 - few starts hear of one

        ways.came(arrival)
    if is_new or arrival.state:
        contact_facts().added(arrival.userid, arrival.external_userid, arrival.at)
        message = TagsDue(
            userid=arrival.userid, external_userid=arrival.external_userid, came_by=arrival.state, at=arrival.at
        )
        contact_queue().send([message])


def lost(userid: str, external_userid: str, at: datetime) -> None:
    """A customer left a member, or the member him."""
    contact_facts().lost(userid, external_userid, at)


@functools.cache
def contact_facts() -> "BucketContactFacts":
    """As `master_intake`, for facts of who came and who left."""
    from scrm.aws.contact_facts import BucketContactFacts  # noqa: PLC0415
    from scrm.runtime.member_places import MemberPlaces  # noqa: PLC0415

    return BucketContactFacts(bucket("DATA_BUCKET"), MemberPlaces(DynamoOrgRepository(table("ORG_TABLE"))))


def found_out(arrival: Arrival) -> None:
    """The pass found a contact way that no callback had told; who came long ago is no newcomer."""
    if clock.now() - arrival.at <= _NEWCOMER:
        came(arrival, is_new=False)
    elif is_ours(arrival.state):
        from scrm.runtime.wiring import ways  # noqa: PLC0415 - as above

        ways.came(arrival)


def tag(message: TagsDue) -> "TagOutcome":
    from scrm.runtime.wiring import tagging  # noqa: PLC0415 - as above

    return tagging.tag(message)


def took_over(handover_userid: str, takeover_userid: str, at: datetime) -> None:
    """Who stands in for a leaver in contact ways; only a start that hears of a handover needs it."""
    from scrm.runtime.wiring import ways  # noqa: PLC0415

    ways.successors().took_over(handover_userid, takeover_userid, at)


def task_rename() -> "MemberRename":
    """A rename is rare, and only it needs the tasks."""
    from scrm.aws.task_table import DynamoTaskTable  # noqa: PLC0415
    from scrm.tasks.work import MemberRename  # noqa: PLC0415

    return MemberRename(DynamoTaskTable(table("TASKS_TABLE")))


def reset() -> None:
    """Forget every built object; for tests."""
    contact_queue.cache_clear()
    contact_intake.cache_clear()
    master_intake.cache_clear()
    facts_intake.cache_clear()
    consent_intake.cache_clear()
    ways_intake.cache_clear()
    ceiling_tagging.cache_clear()
    contact_facts.cache_clear()
    for name in ("ways", "tagging"):
        module = sys.modules.get(f"scrm.runtime.wiring.{name}")
        if module is not None:
            module.reset()
    owner_notes.cache_clear()
