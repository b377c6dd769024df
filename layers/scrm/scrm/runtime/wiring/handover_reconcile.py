"""Joins the polling of transfer results to WeCom, its tables and its queues."""

import functools

from scrm.aws import session
from scrm.aws.certificate_documents import BucketCertificates
from scrm.aws.contact_records import SqsContactRecords
from scrm.aws.contact_table import DynamoContactRepository
from scrm.aws.documents import DocumentStore
from scrm.aws.handover_queue import SqsHandoverQueue
from scrm.aws.orphan_table import DynamoOrphans
from scrm.handover.certificate import Certification
from scrm.handover.delivery import PackageDelivery
from scrm.handover.follow_up import FollowUp
from scrm.handover.intake import HandoverIntake
from scrm.handover.orphan_audit import OrphanAudit
from scrm.handover.reconcile import HandoverReconcile
from scrm.handover.sweep import OrphanSweep
from scrm.runtime.departed_members import DepartedFromBranches
from scrm.runtime.environment import optional, required
from scrm.runtime.wiring import bank_settings, cases, handover, packages, relations
from scrm.runtime.wiring.tables import queue, table
from scrm.runtime.wiring.wecom import wecom_client
from scrm.wecom.governor_state import Priority
from scrm.wecom.handover_errors import HandoverErrors
from scrm.wecom.notifier import WecomNotifier
from scrm.wecom.sources import WecomAddressBook
from scrm.wecom.transfers import WecomTransfers


@functools.cache
def handover_queue() -> SqsHandoverQueue:
    return SqsHandoverQueue(queue("HANDOVER_QUEUE_URL"), queue("RECONCILE_QUEUE_URL"))


@functools.cache
def contact_records() -> SqsContactRecords:
    return SqsContactRecords(queue("CONTACT_QUEUE_URL"))


@functools.cache
def certification() -> Certification:
    return Certification(BucketCertificates(DocumentStore(session.client("s3"), required("DATA_BUCKET"))))


def reconcile() -> HandoverReconcile:
    """For one message: with the settings in force."""
    return HandoverReconcile(
        cases=cases.cases(),
        staff=cases.staff(),
        customers=relations.customers(),
        transfers=handover.transfers(),
        queue=handover_queue(),
        contacts=contact_records(),
        journal=cases.journal(),
        certification=certification(),
        follow_up=FollowUp(notifier(), bank_settings.handover()),
        settings=bank_settings.handover(),
    )


def package_delivery() -> PackageDelivery:
    """For one message: with the settings in force."""
    return PackageDelivery(
        cases.cases(), packages.parts(), packages.store(), packages.greeting_tasks(), handover_queue()
    )


def orphan_audit() -> OrphanAudit:
    """For one message: with the settings in force."""
    return OrphanAudit(
        unowned=unowned(),
        departed=departed_members(),
        staff=cases.staff(),
        sweep=OrphanSweep(
            corp_id=required("CORP_ID"),
            cases=cases.cases(),
            intake=HandoverIntake(
                cases.cases(), cases.staff(), handover_queue(), cases.journal(), bank_settings.handover()
            ),
            ids_per_call=bank_settings.PLATFORM.ids_per_call,
        ),
        findings=DynamoOrphans(table("HANDOVER_TABLE")),
        queue=handover_queue(),
    )


@functools.cache
def unowned() -> WecomTransfers:
    """With the lowest priority: a handover's own calls go first."""
    return WecomTransfers(wecom_client(Priority.STATISTICS), handover.report_permission_denied)


@functools.cache
def departed_members() -> DepartedFromBranches:
    address_book = WecomAddressBook(wecom_client(Priority.STATISTICS))
    contacts = DynamoContactRepository(table("CONTACTS_TABLE"))
    return DepartedFromBranches(address_book, cases.org(), contacts, HandoverErrors(handover.report_permission_denied))


@functools.cache
def notifier() -> WecomNotifier:
    client = wecom_client(Priority.HANDOVER)
    return WecomNotifier(client, handover.report_permission_denied, optional("CARD_URL"))


def reset() -> None:
    """Forget every built object; for tests."""
    for factory in (handover_queue, contact_records, certification, unowned, departed_members, notifier):
        factory.cache_clear()
    handover.reset()
