"""A signal of a staff change on its way to the handover, whoever told it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from scrm.handover.errors import until_current
from scrm.handover.intake import HandoverIntake, IntakeOutcome
from scrm.handover.model import StaffSignal
from scrm.org.model import Member, MemberStatus
from scrm.org.roster_ports import RejectionSink


class StaffOutcome(StrEnum):
    """What became of a message; the value is the metric."""

    HANDOVER_OPENED = "HandoverOpened"
    SIGNAL_ATTACHED = "HandoverSignalAttached"
    LEAVE_NOTED = "LeaveNoted"
    MEMBER_UPDATED = "MemberUpdated"
    MEMBER_RENAMED = "MemberRenamed"
    REJECTED = "StaffEventRejected"
    IGNORED = "StaffEventIgnored"


_OUTCOMES = {
    IntakeOutcome.OPENED: StaffOutcome.HANDOVER_OPENED,
    IntakeOutcome.ATTACHED: StaffOutcome.SIGNAL_ATTACHED,
    IntakeOutcome.NOTHING_TO_DO: StaffOutcome.IGNORED,
}


class StaffBook(RejectionSink, Protocol):
    """The organisation's table, as far as signals need it."""

    def member(self, userid: str) -> Member | None:
        """The member, by his old userid too."""


@dataclass(frozen=True, slots=True)
class StaffSignals:
    """Gives signals to the handover under the members' present userids.

    A successor nobody can hand over to is left out and told to HR as a rejection: the change itself is real and goes
    on, with successors by policy.
    """

    handovers: HandoverIntake
    org: StaffBook
    now: Callable[[], datetime]

    def take(self, signal: StaffSignal, source: str, member: Member | None = None) -> StaffOutcome:
        """``member``: whom the signal is about, when the caller has read him already."""
        present = member or self.org.member(signal.userid)
        if present is not None:
            signal = replace(signal, userid=present.userid)
        signal = self._with_usable_successors(signal, source)
        _, outcome = until_current(lambda: self.handovers.take(signal, self.now()))
        return _OUTCOMES[outcome]

    def _with_usable_successors(self, signal: StaffSignal, source: str) -> StaffSignal:
        usable: list[str] = []
        for named in signal.successor_userids:
            member = self.org.member(named)
            userid = member.userid if member else named
            problem = self._problem(userid, signal, known=member is not None and member.status is not MemberStatus.LEFT)
            if problem:
                event_id = f"{signal.event_id}/{named}"
                reason = f"successor not usable: {named} {problem}; the successor is chosen by policy"
                self.org.reject(source, event_id, reason, self.now())
            else:
                usable.append(userid)
        return replace(signal, successor_userids=tuple(dict.fromkeys(usable)))

    def _problem(self, userid: str, signal: StaffSignal, *, known: bool) -> str:
        """Why the member cannot be a successor, as part of a sentence; empty when nothing speaks against him now."""
        if not known:
            return "is no member of this corp, or has left it"
        if userid == signal.userid:
            return "is the member himself"
        latest = self.handovers.cases.latest_case_of(userid)
        if latest is None or not latest[0].is_open or latest[0].cancelled_at is not None:
            return ""
        if signal.userid in latest[0].requested_successors:
            return "hands over to the member in turn, which is a circle"
        return "hands over his own customers"
