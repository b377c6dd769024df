"""Joins the planning of handovers to WeCom, its tables and its queue."""

import functools

from scrm.aws.handover_queue import SqsHandoverQueue
from scrm.handover.planning import HandoverPlanning
from scrm.runtime.wiring import cases, handover, handover_settings, relations
from scrm.runtime.wiring.tables import queue


@functools.cache
def handover_queue() -> SqsHandoverQueue:
    worker = queue("HANDOVER_QUEUE_URL")
    return SqsHandoverQueue(worker, worker)


def planning() -> HandoverPlanning:
    """For one message: with the settings in force."""
    return HandoverPlanning(
        cases=cases.cases(),
        staff=cases.staff(),
        customers=relations.customers(),
        transfers=handover.transfers(),
        queue=handover_queue(),
        journal=cases.journal(),
        settings=handover_settings.handover(),
    )


def reset() -> None:
    """Forget every built object; for tests."""
    handover_queue.cache_clear()
    handover.reset()
