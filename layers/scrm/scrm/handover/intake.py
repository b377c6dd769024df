"""Turn the signals of one departure into exactly one case (S61, S62)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from scrm.handover.errors import StaleVersionError
from scrm.handover.model import CaseState, DepartureSignal, HandoverCase, SignalRecord, case_id_of
from scrm.handover.ports import CaseRepository, HandoverQueue, Journal, StaffDirectory, StaffMember
from scrm.node_paths import ROOT_NODE_ID, ROOT_PATH


class IntakeOutcome(StrEnum):
    OPENED = "opened"
    ATTACHED = "attached"


@dataclass(frozen=True, slots=True)
class HandoverIntake:
    """Use case: a departure opens a case; every further signal of the same departure joins it.

    Four sources may tell one departure with four time stamps, so the case is found through the member:
    at most one open case per member. The plan is requested on every signal, because a crash between
    storing and queueing must not lose it and the worker tolerates repeats.
    """

    cases: CaseRepository
    staff: StaffDirectory
    queue: HandoverQueue
    journal: Journal

    def departed(self, signal: DepartureSignal, now: datetime) -> tuple[HandoverCase, IntakeOutcome]:
        """Open or join the member's case. Raises StaleVersionError when a concurrent writer won."""
        latest = self.cases.latest_case_of(signal.userid)
        member = self.staff.staff_member(signal.userid)
        if latest is not None and not _starts_anew(latest[0], member, signal):
            case = self._attach(latest[0], signal, now)
            outcome = IntakeOutcome.ATTACHED
        else:
            case = self._open(signal, member, now, ordinal=latest[1] + 1 if latest else 1)
            outcome = IntakeOutcome.OPENED
        if not case.state.is_planned:
            self.queue.request_plan(case.case_id)
        return case, outcome

    def _attach(self, case: HandoverCase, signal: DepartureSignal, now: datetime) -> HandoverCase:
        joined = case.with_signal(signal, now)
        return case if joined is case else self.cases.save_case(joined)

    def _open(
        self, signal: DepartureSignal, member: StaffMember | None, now: datetime, *, ordinal: int
    ) -> HandoverCase:
        case = HandoverCase(
            case_id=case_id_of(signal.corp_id, signal.userid, ordinal),
            corp_id=signal.corp_id,
            handover_userid=signal.userid,
            handover_name=member.name if member else "",
            node_id=member.node_id if member else ROOT_NODE_ID,
            node_path=member.node_path if member else ROOT_PATH,
            node_name=member.node_name if member else "",
            state=CaseState.PLANNING,
            opened_at=now,
            due_at=now,
            signals=(SignalRecord.of(signal),),
            requested_successor=signal.successor_userid,
        )
        self.journal.opened(case, signal)
        if not self.cases.open_case(case, ordinal):
            raise StaleVersionError("another signal opened the case first")
        return case


def _starts_anew(latest: HandoverCase, member: StaffMember | None, signal: DepartureSignal) -> bool:
    """A signal after the case is closed is an echo, unless the member had come back in between."""
    if latest.state is not CaseState.CLOSED or latest.closed_at is None:
        return False
    returned_at = member.rejoined_at if member else None
    return returned_at is not None and latest.closed_at < returned_at <= signal.occurred_at
