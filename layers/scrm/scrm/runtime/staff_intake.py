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
from scrm.handover.intake import HandoverIntake, IntakeOutcome
from scrm.handover.messages import StaffDeparted
from scrm.handover.model import DepartureSignal, SignalSource
from scrm.ids import fold_userid
from scrm.org.sync import MemberChanges
from scrm.runtime.messages import CallbackReceived
from scrm.wecom.events import EventFieldError
from scrm.wecom.events.address_book import MemberCreated, MemberDeleted, MemberUpdated

STAFF_DEPARTED = "StaffDeparted"


class StaffOutcome(StrEnum):
    """What became of a message; the value is the metric."""

    HANDOVER_OPENED = "HandoverOpened"
    SIGNAL_ATTACHED = "HandoverSignalAttached"
    MEMBER_UPDATED = "MemberUpdated"
    REJECTED = "StaffEventRejected"
    IGNORED = "StaffEventIgnored"


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
        if event.get("detail-type") != STAFF_DEPARTED:
            return self._reject(source, event_id, "no handover is known for this detail-type", body)
        try:
            departed = StaffDeparted.model_validate(detail)
        except ValidationError as error:
            return self._reject(source, event_id, _reason(error), body)
        if departed.corp_id != self.corp_id:
            return self._reject(source, event_id, "corp_id: this stack serves another corp", body)
        return self._departed(
            DepartureSignal(
                corp_id=departed.corp_id,
                userid=departed.userid,
                source=SignalSource.HR,
                kind=STAFF_DEPARTED,
                event_id=departed.event_id,
                occurred_at=departed.occurred_at,
                successor_userid=departed.successor_userid or "",
            )
        )

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
                return self._departed(
                    DepartureSignal(
                        corp_id=callback.corp_id,
                        userid=fold_userid(event.userid),
                        source=SignalSource.CALLBACK,
                        kind="delete_user",
                        event_id=callback.event_id,
                        occurred_at=callback.occurred_at,
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

    def _departed(self, signal: DepartureSignal) -> StaffOutcome:
        _, outcome = until_current(lambda: self.handovers.departed(signal, self.now()))
        return StaffOutcome.HANDOVER_OPENED if outcome is IntakeOutcome.OPENED else StaffOutcome.SIGNAL_ATTACHED

    def _reject(self, source: str, event_id: str, reason: str, body: str) -> StaffOutcome:
        self.org.reject(source or "unknown", event_id, reason, self.now(), body)
        return StaffOutcome.REJECTED


def _reason(error: ValidationError) -> str:
    """Which fields are wrong and how, never what they held."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return "; ".join(f"{'.'.join(map(str, problem['loc'])) or 'detail'}: {problem['msg']}" for problem in found)
