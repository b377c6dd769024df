"""Joins the staff queue's use case to its tables, queues and the data bucket."""

import functools

from scrm import clock
from scrm.aws.handover_queue import SqsHandoverQueue
from scrm.aws.roster_store import S3RosterStore
from scrm.handover.intake import HandoverIntake
from scrm.handover.model import SignalSource
from scrm.handover.ports import HEAD_OFFICE
from scrm.handover.rename import CaseRename
from scrm.org.leave import Leaves
from scrm.org.model import Member
from scrm.org.rename import MemberRenames
from scrm.org.sync import MemberChanges
from scrm.runtime.address_book_intake import AddressBookIntake
from scrm.runtime.environment import required
from scrm.runtime.hr_intake import HrIntake
from scrm.runtime.leave_intake import LeaveHandovers
from scrm.runtime.member_rename import MemberRename
from scrm.runtime.observability import count
from scrm.runtime.roster_intake import RosterIntake
from scrm.runtime.roster_signals import ROSTER_SOURCE, RosterTeller
from scrm.runtime.staff_intake import StaffIntake
from scrm.runtime.staff_signals import StaffSignals
from scrm.runtime.wiring import cases, handover_settings
from scrm.runtime.wiring.tables import bucket, queue


@functools.cache
def handover_queue() -> SqsHandoverQueue:
    worker = queue("HANDOVER_QUEUE_URL")
    return SqsHandoverQueue(worker, worker)


@functools.cache
def rosters() -> S3RosterStore:
    return S3RosterStore(bucket("DATA_BUCKET"))


def staff_intake() -> StaffIntake:
    """For one message: with the settings in force."""
    org, signals = cases.org(), _signals()
    return StaffIntake(
        hr=HrIntake(required("CORP_ID"), signals, _leaves(signals, SignalSource.HR), org, clock.now),
        address_book=AddressBookIntake(signals, MemberChanges(org), _rename().rename, org, clock.now),
        roster=lambda: _roster(signals),
        org=org,
        now=clock.now,
        on_rows_rejected=lambda rows: count("RosterRowRejected", rows),
    )


def _signals() -> StaffSignals:
    intake = HandoverIntake(
        cases=cases.cases(),
        staff=cases.staff(),
        queue=handover_queue(),
        journal=cases.journal(),
        settings=handover_settings.handover(),
    )
    return StaffSignals(intake, cases.org(), clock.now)


def _rename() -> MemberRename:
    return MemberRename(MemberRenames(cases.org()), CaseRename(cases.cases()), queue("CONTACT_QUEUE_URL"))


def _leaves(signals: StaffSignals, source: SignalSource) -> LeaveHandovers:
    def manager_of(member: Member) -> str:
        manager = cases.staff().manager_of(member.node_path, leaver=member.userid)
        return "" if manager == HEAD_OFFICE else manager

    return LeaveHandovers(
        corp_id=required("CORP_ID"),
        leaves=Leaves(cases.org(), manager_of),
        signals=signals,
        source=source,
        cover_days=handover_settings.handover().leave_cover_days,
    )


def _roster(signals: StaffSignals) -> RosterIntake:
    org = cases.org()
    teller = RosterTeller(
        corp_id=required("CORP_ID"),
        org=org,
        leaves=_leaves(signals, SignalSource.ROSTER),
        rejections=org,
        on_signal=lambda signal: signals.take(signal, ROSTER_SOURCE),
    )
    return RosterIntake(
        bucket=required("DATA_BUCKET"),
        store=rosters(),
        progress=org,
        teller=teller,
        departing_percent=handover_settings.handover().roster_departing_percent,
    )


def reset() -> None:
    """Forget every built object; for tests."""
    handover_queue.cache_clear()
    rosters.cache_clear()
    cases.reset()
