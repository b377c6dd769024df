"""Joins the staff queue's use case to its tables and queues."""

import functools

from scrm import clock
from scrm.aws.handover_queue import SqsHandoverQueue
from scrm.handover.intake import HandoverIntake
from scrm.org.sync import MemberChanges
from scrm.runtime.environment import required
from scrm.runtime.staff_intake import StaffIntake
from scrm.runtime.wiring import bank_settings, cases
from scrm.runtime.wiring.tables import queue


@functools.cache
def handover_queue() -> SqsHandoverQueue:
    worker = queue("HANDOVER_QUEUE_URL")
    return SqsHandoverQueue(worker, worker)


def staff_intake() -> StaffIntake:
    """For one message: with the settings in force."""
    intake = HandoverIntake(
        cases=cases.cases(),
        staff=cases.staff(),
        queue=handover_queue(),
        journal=cases.journal(),
        settings=bank_settings.handover(),
    )
    return StaffIntake(required("CORP_ID"), intake, MemberChanges(cases.org()), cases.org(), clock.now)


def reset() -> None:
    """Forget every built object; for tests."""
    handover_queue.cache_clear()
    cases.reset()
