"""Joins planning and transfers to WeCom, their tables and their queue."""

import functools

from scrm.aws.handover_queue import SqsHandoverQueue
from scrm.handover.packages import PackageCollection
from scrm.handover.planning import HandoverPlanning
from scrm.handover.transfer import ChunkTransfer
from scrm.runtime.wiring import cases, handover, packages
from scrm.runtime.wiring.tables import queue


@functools.cache
def planning() -> HandoverPlanning:
    worker = queue("HANDOVER_QUEUE_URL")
    return HandoverPlanning(
        cases=cases.cases(),
        staff=cases.staff(),
        customers=handover.customers(),
        transfers=handover.transfers(),
        queue=SqsHandoverQueue(worker, worker),
        journal=cases.journal(),
        settings=cases.settings(),
    )


@functools.cache
def chunk_transfer() -> ChunkTransfer:
    collection = PackageCollection(packages.parts(), packages.store())
    return ChunkTransfer(cases.cases(), cases.staff(), handover.transfers(), collection, cases.settings())


def reset() -> None:
    """Forget every built object; for tests."""
    planning.cache_clear()
    chunk_transfer.cache_clear()
    handover.reset()
