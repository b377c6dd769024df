"""Joins the polling of transfer results to WeCom, its tables and its queues."""

import functools

from scrm.aws import session
from scrm.aws.certificate_documents import BucketCertificates
from scrm.aws.contact_records import SqsContactRecords
from scrm.aws.documents import DocumentStore
from scrm.aws.handover_queue import SqsHandoverQueue
from scrm.handover.certificate import Certification
from scrm.handover.reconcile import HandoverReconcile
from scrm.runtime.environment import required
from scrm.runtime.wiring import bank_settings, cases, handover
from scrm.runtime.wiring.tables import queue


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
        customers=handover.customers(),
        transfers=handover.transfers(),
        queue=handover_queue(),
        contacts=contact_records(),
        journal=cases.journal(),
        certification=certification(),
        settings=bank_settings.handover(),
    )


def reset() -> None:
    """Forget every built object; for tests."""
    handover_queue.cache_clear()
    contact_records.cache_clear()
    certification.cache_clear()
    handover.reset()
