"""What the staff queue brings: HR events from the bus and address-book callbacks, told to org and handover."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import ValidationError

from scrm.aws.org_table import DynamoOrgRepository
from scrm.handover.errors import until_current
from scrm.handover.hr_events import HR_EVENTS
from scrm.handover.intake import HandoverIntake, IntakeOutcome
from scrm.handover.model import ChangeKind, SignalSource, StaffSignal
from scrm.ids import fold_userid
from scrm.org.sync import MemberChanges
from scrm.runtime.hr_signals import signal_of
from scrm.runtime.messages import CallbackReceived
from scrm.wecom.events import EventFieldError
from scrm.wecom.events.address_book import MemberCreated, MemberDeleted, MemberUpdated


class StaffOutcome(StrEnum):
    """What became of a message; the value is the metric."""

    HANDOVER_OPENED = "HandoverOpened"
    SIGNAL_ATTACHED = "HandoverSignalAttached"
    MEMBER_UPDATED = "MemberUpdated"
    REJECTED = "StaffEventRejected"
    IGNORED = "StaffEventIgnored"


_OUTCOMES = {
    IntakeOutcome.OPENED: StaffOutcome.HANDOVER_OPENED,
    IntakeOutcome.ATTACHED: StaffOutcome.SIGNAL_ATTACHED,
    IntakeOutcome.NOTHING_TO_DO: StaffOutcome.IGNORED,
}


@dataclass(frozen=True, slots=True)
class StaffIntake:
    """Use case of the staff queue. What nobody can use is kept for an operator, with the reason, never retried."""

    corp_id: str
    handovers: HandoverIntake
    members: MemberChanges
    org: DynamoOrgRepository
    now: Callable[[], datetime]

    def take(self, body: str) -> StaffOutcome:
        """Take one queue message: a bus event or a callback."""
        try:
            message = json.loads(body)
        except ValueError:
            return self._reject("queue", "", "the message is not JSON", body)
        if not isinstance(message, Mapping):
            return self._reject("queue", "", "the message is not a JSON object", body)
        if message.get("kind") == "callback":
            return self._callback(message, body)
        return self._bus_event(message, body)

    def _bus_event(self, event: Mapping[str, Any], body: str) -> StaffOutcome:
        source, detail = str(event.get("source", "")), event.get("detail")
        event_id = str(detail.get("event_id", "")) if isinstance(detail, Mapping) else ""
        model = HR_EVENTS.get(str(event.get("detail-type", "")))
        if model is None:
            return self._reject(source, event_id, "no handover is known for this detail-type", body)
        try:
            told = model.model_validate(detail)
        except ValidationError as error:
            return self._reject(source, event_id, _reason(error), body)
        if told.corp_id != self.corp_id:
            return self._reject(source, event_id, "corp_id: this stack serves another corp", body)
        if self.org.member(told.userid) is None:
            return self._reject(source, event_id, "userid: no member of this corp is known by it; check it", body)
        return self._take(signal_of(told))

    def _callback(self, message: Mapping[str, Any], body: str) -> StaffOutcome:
        try:
            callback = CallbackReceived.model_validate(message)
            event = callback.event()
        except ValidationError as error:
            return self._reject("wecom", str(message.get("event_id", "")), _reason(error), body)
        except EventFieldError as error:
            return self._reject("wecom", callback.event_id, f"{error.element}: missing or unreadable", body)
        match event:
            case MemberDeleted():
                self.members.left(fold_userid(event.userid), callback.occurred_at)
                return self._take(
                    StaffSignal(
                        corp_id=callback.corp_id,
                        userid=fold_userid(event.userid),
                        change=ChangeKind.DEPARTURE,
                        source=SignalSource.CALLBACK,
                        kind="delete_user",
                        event_id=callback.event_id,
                        occurred_at=callback.occurred_at,
                        account_deleted=True,
                    )
                )
            case MemberCreated() | MemberUpdated():
                self._upsert(event, callback.occurred_at)
                return StaffOutcome.MEMBER_UPDATED
        return StaffOutcome.IGNORED

    def _upsert(self, event: MemberCreated | MemberUpdated, at: datetime) -> None:
        """A changed userid is a new row; no departure, though the old account name is gone."""
        userid = fold_userid(event.userid)
        renamed = fold_userid(event.new_userid or "") if isinstance(event, MemberUpdated) else ""
        if renamed and renamed != userid:
            known = self.members.left(userid, at)
            self.members.joined_or_changed(
                renamed, at, name=event.name or (known.name if known else ""), node_id=known.node_id if known else ""
            )
            return
        departments = [event.main_department_id] if event.main_department_id else event.department_ids[:1]
        self.members.joined_or_changed(userid, at, name=event.name or "", node_id=str(next(iter(departments), "")))

    def _take(self, signal: StaffSignal) -> StaffOutcome:
        _, outcome = until_current(lambda: self.handovers.take(signal, self.now()))
        return _OUTCOMES[outcome]

    def _reject(self, source: str, event_id: str, reason: str, body: str) -> StaffOutcome:
        self.org.reject(source or "unknown", event_id, reason, self.now(), body)
        return StaffOutcome.REJECTED


def _reason(error: ValidationError) -> str:
    """Which fields are wrong and how, never what they held."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return "; ".join(f"{'.'.join(map(str, problem['loc'])) or 'detail'}: {problem['msg']}" for problem in found)
