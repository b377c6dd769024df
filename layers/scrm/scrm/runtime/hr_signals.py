"""HR's events in the words of the handover."""

from dataclasses import replace
from datetime import timedelta

from scrm.handover.hr_events import (
    HrEvent,
    StaffChangeCancelled,
    StaffDeparted,
    StaffDeparting,
    StaffTransferred,
)
from scrm.handover.model import ChangeKind, SignalSource, StaffSignal, StayPolicy


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
                stays=StayPolicy(event.customers_stay, event.groups_stay),
            )
        case StaffChangeCancelled():
            return replace(signal, change=event.change, cancels=True)
    return signal
