"""The address book's callbacks about members, told to the organisation and the handover."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from scrm.aws.org_table import DynamoOrgRepository
from scrm.handover.model import ChangeKind, SignalSource, StaffSignal
from scrm.ids import fold_userid
from scrm.org.sync import MemberChanges
from scrm.runtime.hr_intake import problems_of
from scrm.runtime.messages import CallbackReceived
from scrm.runtime.staff_signals import StaffOutcome, StaffSignals
from scrm.wecom.events import EventFieldError
from scrm.wecom.events.address_book import MemberCreated, MemberDeleted, MemberUpdated

_WECOM = "wecom"


@dataclass(frozen=True, slots=True)
class AddressBookIntake:
    """Use case of one callback. What nobody can use is kept for an operator, with the reason, never retried."""

    signals: StaffSignals
    members: MemberChanges
    org: DynamoOrgRepository
    now: Callable[[], datetime]

    def take(self, message: Mapping[str, Any], body: str) -> StaffOutcome:
        try:
            callback = CallbackReceived.model_validate(message)
            event = callback.event()
        except ValidationError as error:
            return self._rejected(str(message.get("event_id", "")), problems_of(error), body)
        except EventFieldError as error:
            return self._rejected(callback.event_id, f"{error.element}: missing or unreadable", body)
        match event:
            case MemberDeleted():
                return self._deleted(event, callback)
            case MemberCreated() | MemberUpdated():
                self._upsert(event, callback.occurred_at)
                return StaffOutcome.MEMBER_UPDATED
        return StaffOutcome.IGNORED

    def _deleted(self, event: MemberDeleted, callback: CallbackReceived) -> StaffOutcome:
        userid = fold_userid(event.userid)
        self.members.left(userid, callback.occurred_at)
        signal = StaffSignal(
            corp_id=callback.corp_id,
            userid=userid,
            change=ChangeKind.DEPARTURE,
            source=SignalSource.CALLBACK,
            kind="delete_user",
            event_id=callback.event_id,
            occurred_at=callback.occurred_at,
            account_deleted=True,
        )
        return self.signals.take(signal, _WECOM)

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

    def _rejected(self, event_id: str, reason: str, body: str) -> StaffOutcome:
        self.org.reject(_WECOM, event_id, reason, self.now(), body)
        return StaffOutcome.REJECTED
