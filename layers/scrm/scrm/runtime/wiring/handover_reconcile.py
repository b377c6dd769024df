"""Joins the polling of transfer results to WeCom, its tables and its queues."""

import functools

from scrm.aws.contact_records import SqsContactRecords
from scrm.aws.handover_queue import SqsHandoverQueue
from scrm.handover.reconcile import HandoverReconcile
from scrm.runtime.wiring import cases, handover
from scrm.runtime.wiring.tables import queue


@functools.cache
def reconcile() -> HandoverReconcile:
    return HandoverReconcile(
        cases=cases.cases(),
        staff=cases.staff(),
        customers=handover.customers(),
        transfers=handover.transfers(),
        queue=SqsHandoverQueue(queue("HANDOVER_QUEUE_URL"), queue("RECONCILE_QUEUE_URL")),
        contacts=SqsContactRecords(queue("CONTACT_QUEUE_URL")),
        journal=cases.journal(),
        settings=cases.settings(),
    )


def reset() -> None:
    """Forget every built object; for tests."""
    reconcile.cache_clear()
    handover.reset()
