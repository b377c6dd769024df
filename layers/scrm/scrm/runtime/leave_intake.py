"""Words on leaves: who acts for the member, and whether his customers get another owner (S54, decision 0024)."""

from dataclasses import dataclass, replace
from datetime import timedelta

from scrm.handover.model import ChangeKind, HandoverCase, SignalSource, StaffSignal
from scrm.org.leave import LeaveResult, Leaves, LeaveTold, ReturnTold
from scrm.org.model import Cover
from scrm.runtime.staff_signals import StaffSignals


@dataclass(frozen=True, slots=True)
class LeaveHandovers:
    """Use case: a leave is noted, and one longer than the bank covers hands the customers over.

    One of unknown length does not, unless HR says so: nobody is asked twice on a guess.
    A return, or a leave that turns out short, takes back what has not moved yet; what moved stays with its new owner,
    until HR tells of another change: there and back asks each customer twice and uses up 2 transfers in 90 days.
    ``source`` is who speaks: HR's events or the daily roster.
    """

    corp_id: str
    leaves: Leaves
    signals: StaffSignals
    source: SignalSource
    cover_days: int

    def on_leave(self, told: LeaveTold) -> LeaveResult:
        result = self.leaves.on_leave(told)
        cover = result.cover
        if cover is None or not _is_from(cover, told):
            return result
        if self._hands_over(told):
            self._hand_over(told, cover)
        else:
            self._take_back(cover.userid, told)
        return result

    def returned(self, told: ReturnTold) -> LeaveResult:
        result = self.leaves.returned(told)
        if result.cover is not None and _is_from(result.cover, told):
            self._take_back(result.cover.userid, told)
        return result

    def _hands_over(self, told: LeaveTold) -> bool:
        if told.hand_over is not None:
            return told.hand_over
        return told.last_day is not None and (told.last_day - told.first_day).days + 1 > self.cover_days

    def _hand_over(self, told: LeaveTold, cover: Cover) -> None:
        """Before the leave begins, to those HR names, else to the cover it named; not to a manager who only acts."""
        named = (told.cover_userid,) if told.cover_userid and told.cover_userid == cover.cover_userid else ()
        signal = self._signal(cover.userid, told, _LEAVES[self.source])
        last_day = told.first_day - timedelta(days=1)
        self.signals.take(
            replace(signal, last_day=last_day, successor_userids=told.successor_userids or named), _SOURCES[self.source]
        )

    def _take_back(self, userid: str, told: LeaveTold | ReturnTold) -> None:
        latest = self.signals.handovers.cases.latest_case_of(userid)
        if latest is not None and latest[0].is_open and _opened_by_leave(latest[0]):
            signal = self._signal(userid, told, _RETURNS[self.source])
            self.signals.take(replace(signal, cancels=True), _SOURCES[self.source])

    def _signal(self, userid: str, told: LeaveTold | ReturnTold, kind: str) -> StaffSignal:
        return StaffSignal(
            corp_id=self.corp_id,
            userid=userid,
            change=ChangeKind.TRANSFER,
            source=self.source,
            kind=kind,
            event_id=told.event_id,
            occurred_at=told.said_at,
        )


_LEAVES = {SignalSource.HR: "StaffOnLeave", SignalSource.ROSTER: "roster_on_leave"}
_RETURNS = {SignalSource.HR: "StaffReturned", SignalSource.ROSTER: "roster_returned"}
_SOURCES = {SignalSource.HR: "bank.hr", SignalSource.ROSTER: "bank.roster"}


def _is_from(cover: Cover, told: LeaveTold | ReturnTold) -> bool:
    """Whether this word is the one that holds, now or on a repeat."""
    return (cover.event_id, cover.said_at) == (told.event_id, told.said_at)


def _opened_by_leave(case: HandoverCase) -> bool:
    """Whether the word of the bank in force is a leave, and not a transfer or departure told since."""
    in_force = [record.kind for record in case.signals if record.occurred_at == case.hr_at]
    return case.cancelled_at is None and any(kind in _LEAVES.values() for kind in in_force)
