"""Joins the staff queue's use case to its tables, queues and the data bucket."""

import functools

from scrm import clock
from scrm.aws import session
from scrm.aws.documents import DocumentStore
from scrm.aws.handover_queue import SqsHandoverQueue
from scrm.aws.roster_store import S3RosterStore
from scrm.handover.intake import HandoverIntake
from scrm.org.leave import Leaves
from scrm.org.sync import MemberChanges
from scrm.runtime.address_book_intake import AddressBookIntake
from scrm.runtime.environment import required
from scrm.runtime.hr_intake import HrIntake
from scrm.runtime.observability import count
from scrm.runtime.roster_intake import RosterIntake
from scrm.runtime.roster_signals import ROSTER_SOURCE, RosterTeller
from scrm.runtime.staff_intake import StaffIntake
from scrm.runtime.staff_signals import StaffSignals
from scrm.runtime.wiring import cases
from scrm.runtime.wiring.tables import queue


@functools.cache
def staff_intake() -> StaffIntake:
    org = cases.org()
    return StaffIntake(
        hr=HrIntake(required("CORP_ID"), signals(), org, clock.now),
        address_book=AddressBookIntake(signals(), MemberChanges(org), org, clock.now),
        roster=roster,
        org=org,
        now=clock.now,
        on_rows_rejected=lambda rows: count("RosterRowRejected", rows),
    )


@functools.cache
def signals() -> StaffSignals:
    worker = queue("HANDOVER_QUEUE_URL")
    intake = HandoverIntake(
        cases=cases.cases(),
        staff=cases.staff(),
        queue=SqsHandoverQueue(worker, worker),
        journal=cases.journal(),
        settings=cases.settings(),
    )
    return StaffSignals(intake, cases.org(), clock.now)


@functools.cache
def roster() -> RosterIntake:
    """Only a start that takes a roster needs the bucket's client."""
    org, bucket = cases.org(), required("DATA_BUCKET")
    teller = RosterTeller(
        corp_id=required("CORP_ID"),
        org=org,
        leaves=Leaves(org),
        rejections=org,
        on_signal=lambda signal: signals().take(signal, ROSTER_SOURCE),
    )
    return RosterIntake(
        bucket=bucket,
        store=S3RosterStore(DocumentStore(session.client("s3"), bucket)),
        progress=org,
        teller=teller,
        departing_percent=lambda: cases.settings().roster_departing_percent,
    )


def reset() -> None:
    """Forget every built object; for tests."""
    for factory in (staff_intake, signals, roster):
        factory.cache_clear()
    cases.reset()
