"""Joins the polling of transfer results to WeCom, its tables and its queues."""

import functools

from scrm.aws.contact_records import SqsContactRecords
from scrm.aws.handover_queue import SqsHandoverQueue
from scrm.handover.delivery import PackageDelivery
from scrm.handover.follow_up import FollowUp
from scrm.handover.reconcile import HandoverReconcile
from scrm.runtime.environment import optional
from scrm.runtime.wiring import cases, handover, packages
from scrm.runtime.wiring.tables import queue
from scrm.runtime.wiring.wecom import wecom_client
from scrm.wecom.governor_state import Priority
from scrm.wecom.notifier import WecomNotifier


@functools.cache
def reconcile() -> HandoverReconcile:
    return HandoverReconcile(
        cases=cases.cases(),
        staff=cases.staff(),
        customers=handover.customers(),
        transfers=handover.transfers(),
        queue=handover_queue(),
        contacts=SqsContactRecords(queue("CONTACT_QUEUE_URL")),
        journal=cases.journal(),
        follow_up=FollowUp(notifier(), cases.settings()),
        settings=cases.settings(),
    )


@functools.cache
def package_delivery() -> PackageDelivery:
    return PackageDelivery(
        cases.cases(), packages.parts(), packages.store(), packages.greeting_tasks(), handover_queue()
    )


@functools.cache
def handover_queue() -> SqsHandoverQueue:
    return SqsHandoverQueue(queue("HANDOVER_QUEUE_URL"), queue("RECONCILE_QUEUE_URL"))


@functools.cache
def notifier() -> WecomNotifier:
    client = wecom_client(Priority.HANDOVER)
    return WecomNotifier(client, handover.report_permission_denied, optional("CARD_URL"))


def reset() -> None:
    """Forget every built object; for tests."""
    for factory in (reconcile, package_delivery, handover_queue, notifier):
        factory.cache_clear()
    handover.reset()
