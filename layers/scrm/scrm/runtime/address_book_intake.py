"""The address book's callbacks about members, told to the organisation and the handover."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from scrm.handover.model import ChangeKind, SignalSource, StaffSignal
from scrm.ids import fold_userid
from scrm.org.roster_ports import RejectionSink
from scrm.org.sync import MemberChanges
from scrm.runtime.hr_intake import problems_of
from scrm.runtime.messages import CallbackReceived
from scrm.runtime.staff_signals import StaffOutcome, StaffSignals
from scrm.wecom.events import EventFieldError
from scrm.wecom.events.address_book import MemberCreated, MemberDeleted, MemberUpdated

_WECOM = "wecom"


@dataclass(frozen=True, slots=True)
class AddressBookIntake:
    """Use case of one callback. What nobody can use is kept for an operator, with the reason, never retried.

    ``rename`` (old, new, when) renames a member everywhere and returns the userid he has now.
    """

    signals: StaffSignals
    members: MemberChanges
    rename: Callable[[str, str, datetime], str]
    org: RejectionSink
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
                return self._upsert(event, callback.occurred_at)
        return StaffOutcome.IGNORED

    def _deleted(self, event: MemberDeleted, callback: CallbackReceived) -> StaffOutcome:
        userid = fold_userid(event.userid)
        member = self.members.left(userid, callback.occurred_at)
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
        return self.signals.take(signal, _WECOM, member)

    def _upsert(self, event: MemberCreated | MemberUpdated, at: datetime) -> StaffOutcome:
        """A changed userid is the same person: it opens no case, whenever and however often it is told."""
        told = fold_userid(event.userid)
        new = fold_userid(event.new_userid or "") if isinstance(event, MemberUpdated) else ""
        renamed = bool(new) and new != told
        userid = self.rename(told, new, at) if renamed else told
        departments = [event.main_department_id] if event.main_department_id else event.department_ids[:1]
        self.members.joined_or_changed(userid, at, name=event.name or "", node_id=str(next(iter(departments), "")))
        return StaffOutcome.MEMBER_RENAMED if renamed else StaffOutcome.MEMBER_UPDATED

    def _rejected(self, event_id: str, reason: str, body: str) -> StaffOutcome:
        self.org.reject(_WECOM, event_id, reason, self.now(), body)
        return StaffOutcome.REJECTED
