"""Joins the polling of transfer results to WeCom, its tables and its queues."""

import functools

from scrm.aws.contact_records import SqsContactRecords
from scrm.aws.handover_queue import SqsHandoverQueue
from scrm.handover.reconcile import HandoverReconcile
from scrm.runtime.wiring import bank_settings, cases, handover, relations
from scrm.runtime.wiring.tables import queue


@functools.cache
def handover_queue() -> SqsHandoverQueue:
    return SqsHandoverQueue(queue("HANDOVER_QUEUE_URL"), queue("RECONCILE_QUEUE_URL"))


@functools.cache
def contact_records() -> SqsContactRecords:
    return SqsContactRecords(queue("CONTACT_QUEUE_URL"))


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
        settings=bank_settings.handover(),
    )


def reset() -> None:
    """Forget every built object; for tests."""
    handover_queue.cache_clear()
    contact_records.cache_clear()
    handover.reset()
