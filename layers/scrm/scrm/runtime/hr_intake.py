"""HR's events from the bus, told to the handover and to the leaves."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from scrm.handover.hr_events import HR_EVENTS, HrEvent
from scrm.org.leave import ReturnTold
from scrm.runtime.hr_signals import leave_of, signal_of
from scrm.runtime.roster_signals import LeaveIntake
from scrm.runtime.staff_signals import StaffBook, StaffOutcome, StaffSignals


@dataclass(frozen=True, slots=True)
class HrIntake:
    """Use case of one bus event. What nobody can use is kept for an operator, with the reason, never retried."""

    corp_id: str
    signals: StaffSignals
    leaves: LeaveIntake
    org: StaffBook
    now: Callable[[], datetime]

    def take(self, event: Mapping[str, Any], body: str) -> StaffOutcome:
        source, detail = str(event.get("source", "")) or "unknown", event.get("detail")
        event_id = str(detail.get("event_id", "")) if isinstance(detail, Mapping) else ""
        told = self._told(event, detail)
        member = None if isinstance(told, str) else self.org.member(told.userid)
        if isinstance(told, str) or member is None:
            reason = told if isinstance(told, str) else "userid: no member of this corp is known by it; check it"
            self.org.reject(source, event_id, reason, self.now(), body)
            return StaffOutcome.REJECTED
        leave = leave_of(told)
        if leave is None:
            return self.signals.take(signal_of(told), source, member)
        result = self.leaves.returned(leave) if isinstance(leave, ReturnTold) else self.leaves.on_leave(leave)
        if result.refused:
            self.org.reject(source, event_id, result.refused, self.now(), body)
        return StaffOutcome.LEAVE_NOTED

    def _told(self, event: Mapping[str, Any], detail: object) -> HrEvent | str:
        """The event, or why it cannot be used."""
        model = HR_EVENTS.get(str(event.get("detail-type", "")))
        if model is None:
            return "no handover is known for this detail-type"
        try:
            told = model.model_validate(detail)
        except ValidationError as error:
            return problems_of(error)
        if told.corp_id != self.corp_id:
            return "corp_id: this stack serves another corp"
        return told


def problems_of(error: ValidationError) -> str:
    """Which fields are wrong and how, never what they held."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return "; ".join(f"{'.'.join(map(str, problem['loc'])) or 'detail'}: {problem['msg']}" for problem in found)
