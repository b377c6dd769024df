"""Joins the staff queue's use case to its tables and queues."""

import functools

from scrm import clock
from scrm.aws.handover_queue import SqsHandoverQueue
from scrm.handover.intake import HandoverIntake
from scrm.org.sync import MemberChanges
from scrm.runtime.environment import required
from scrm.runtime.staff_intake import StaffIntake
from scrm.runtime.wiring import cases
from scrm.runtime.wiring.tables import queue


@functools.cache
def staff_intake() -> StaffIntake:
    worker = queue("HANDOVER_QUEUE_URL")
    intake = HandoverIntake(
        cases=cases.cases(),
        staff=cases.staff(),
        queue=SqsHandoverQueue(worker, worker),
        journal=cases.journal(),
        settings=cases.settings(),
    )
    return StaffIntake(required("CORP_ID"), intake, MemberChanges(cases.org()), cases.org(), clock.now)


def reset() -> None:
    """Forget every built object; for tests."""
    staff_intake.cache_clear()
    cases.reset()
