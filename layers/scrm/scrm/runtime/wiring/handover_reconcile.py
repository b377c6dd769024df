"""Joins the polling of transfer results to WeCom, its tables and its queues."""

import functools

from scrm.aws.contact_records import SqsContactRecords
from scrm.aws.handover_queue import SqsHandoverQueue
from scrm.handover.reconcile import HandoverReconcile
from scrm.runtime.wiring import handover
from scrm.runtime.wiring.tables import queue


@functools.cache
def reconcile() -> HandoverReconcile:
    return HandoverReconcile(
        cases=handover.cases(),
        staff=handover.staff(),
        customers=handover.customers(),
        transfers=handover.transfers(),
        queue=SqsHandoverQueue(queue("HANDOVER_QUEUE_URL"), queue("RECONCILE_QUEUE_URL")),
        contacts=SqsContactRecords(queue("CONTACT_QUEUE_URL")),
        journal=handover.journal(),
        settings=handover.settings(),
    )


def reset() -> None:
    """Forget every built object; for tests."""
    reconcile.cache_clear()
    handover.reset()
