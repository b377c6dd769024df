"""HR's events in the words of the handover."""

from dataclasses import replace
from datetime import date, timedelta

from scrm.handover.hr_events import (
    HrEvent,
    StaffChangeCancelled,
    StaffDeparted,
    StaffDeparting,
    StaffOnLeave,
    StaffReturned,
    StaffTransferred,
)
from scrm.handover.model import ChangeKind, SignalSource, StaffSignal, StayPolicy
from scrm.org.leave import LeaveTold, ReturnTold


def signal_of(event: HrEvent) -> StaffSignal:
    """The signal that an HR event is. The last day in the old place is the one before ``effective_on``."""
    signal = StaffSignal(
        corp_id=event.corp_id,
        userid=event.userid,
        change=ChangeKind.DEPARTURE,
        source=SignalSource.HR,
        kind=type(event).__name__,
        event_id=event.event_id,
        occurred_at=event.occurred_at,
        actor=f"operator:{event.actor}" if event.actor else "",
    )
    match event:
        case StaffDeparting() | StaffDeparted():
            return replace(signal, last_day=event.last_day, successor_userids=event.successors)
        case StaffTransferred():
            last_day = event.effective_on - timedelta(days=1) if event.effective_on else None
            return replace(
                signal,
                change=ChangeKind.TRANSFER,
                last_day=last_day,
                successor_userids=event.successors,
                stays=StayPolicy(event.customers_stay == "all", event.groups_stay, event.staying_tiers),
            )
        case StaffChangeCancelled() if event.change != "leave":
            return replace(signal, change=event.change, cancels=True)
    return signal


def leave_of(event: HrEvent) -> LeaveTold | ReturnTold | None:
    """What an HR event says of a leave; None when it is about something else."""
    match event:
        case StaffOnLeave():
            return LeaveTold(
                userid=event.userid,
                first_day=event.first_day,
                last_day=event.last_day,
                event_id=event.event_id,
                said_at=event.occurred_at,
                cover_userid=event.cover_userid or "",
                hand_over=event.hand_over,
                successor_userids=event.successors,
            )
        case StaffReturned():
            return ReturnTold(event.userid, event.event_id, event.occurred_at, event.returned_on)
        case StaffChangeCancelled() if event.change == "leave":
            return ReturnTold(event.userid, event.event_id, event.occurred_at, date.min)
    return None
