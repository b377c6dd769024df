"""Joins the polling of transfer results to WeCom, its tables and its queues."""

import functools
from typing import TYPE_CHECKING

from scrm.aws.contact_records import SqsContactRecords
from scrm.aws.handover_queue import SqsHandoverQueue
from scrm.handover.follow_up import FollowUp
from scrm.handover.reconcile import HandoverReconcile
from scrm.runtime.environment import optional
from scrm.runtime.wiring import cases, handover, handover_settings, relations
from scrm.runtime.wiring.tables import bucket, queue
from scrm.runtime.wiring.wecom import report_permission_denied, wecom_client
from scrm.wecom.governor_state import Priority
from scrm.wecom.notifier import WecomNotifier

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scrm.handover.certificate import Certification
    from scrm.handover.delivery import PackageDelivery
    from scrm.handover.edges import Chunk
    from scrm.handover.model import HandoverCase
    from scrm.handover.orphan_audit import OrphanAudit


@functools.cache
def handover_queue() -> SqsHandoverQueue:
    return SqsHandoverQueue(queue("HANDOVER_QUEUE_URL"), queue("RECONCILE_QUEUE_URL"))


@functools.cache
def contact_records() -> SqsContactRecords:
    return SqsContactRecords(queue("CONTACT_QUEUE_URL"))


@functools.cache
def certification() -> "Certification":
    from scrm.aws.certificate_documents import BucketCertificates  # noqa: PLC0415 - only the end of a case needs it
    from scrm.aws.package_documents import DocumentPackages  # noqa: PLC0415
    from scrm.handover.certificate import Certification  # noqa: PLC0415

    documents = bucket("DATA_BUCKET")
    return Certification(BucketCertificates(documents), DocumentPackages(documents))


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
        certification=certification,
        follow_up=FollowUp(notifier(), handover_settings.handover()),
        settings=handover_settings.handover(),
        finished=finished,
    )


def finished(case: "HandoverCase", chunks: "Sequence[Chunk]") -> None:
    """Only a look that closes a case needs it."""
    from scrm.aws.handover_facts import BucketHandoverFacts  # noqa: PLC0415

    BucketHandoverFacts(bucket("DATA_BUCKET")).finished(case, chunks)


def package_delivery() -> "PackageDelivery":
    """For one message: with the settings in force."""
    from scrm.runtime.wiring import packages  # noqa: PLC0415 - what it loads no look at a case needs

    return packages.delivery(handover_queue())


def orphan_audit() -> "OrphanAudit":
    """For one message: with the settings in force."""
    from scrm.runtime.wiring import orphan_audit as audit  # noqa: PLC0415 - what it loads no look at a case needs

    return audit.orphan_audit(handover_queue())


@functools.cache
def notifier() -> WecomNotifier:
    client = wecom_client(Priority.HANDOVER)
    return WecomNotifier(client, report_permission_denied, optional("CARD_URL"))


def reset() -> None:
    """Forget every built object; for tests."""
    from scrm.runtime.wiring import orphan_audit as audit  # noqa: PLC0415

    for factory in (handover_queue, contact_records, certification, notifier):
        factory.cache_clear()
    audit.reset()
    handover.reset()
