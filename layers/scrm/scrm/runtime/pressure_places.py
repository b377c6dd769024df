"""What the dispatch asks of the contact-pressure ledger."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from scrm.campaign import ports
from scrm.campaign.checks import Refusal
from scrm.campaign.dispatch_errors import DispatchPostponedError
from scrm.campaign.task import TEST_RING, SendTask
from scrm.campaign.terms import Channel
from scrm.clock import BUSINESS_ZONE
from scrm.pressure.ledger import PressureLedger
from scrm.pressure.model import PressureClass, Touch, TouchRefusal
from scrm.pressure.ports import PressureBusyError
from scrm.pressure.weeks import week_of, weeks_between

_BUSY = timedelta(minutes=1)
_CLASS_OF = {
    Channel.ONE_TO_ONE: PressureClass.PUSH,
    Channel.GROUP: PressureClass.GROUP,
    Channel.MOMENTS: PressureClass.MOMENTS,
}
_REFUSAL_OF = {
    TouchRefusal.EXPIRED: Refusal.CONTENT_EXPIRED,
    TouchRefusal.RELEASED: Refusal.PLACE_RELEASED,
    TouchRefusal.ALREADY_SETTLED: Refusal.ALREADY_TOUCHED,
}


class LedgerPlaces:
    """Implements `scrm.campaign.ports.PressureLedger` on the contact-pressure ledger."""

    def __init__(self, ledger: PressureLedger, now: Callable[[], datetime]) -> None:
        self._ledger = ledger
        self._now = now

    def reserve(self, task: SendTask, until: datetime) -> ports.Reservation:
        """Whom a week is full for waits for the next one; who changed hands meanwhile is looked at again soon.

        Whoever has had this touch, or had his place given back for good, gets none: he ends with that reason.
        """
        touch = self._touch(task, weeks_between(self._now(), until))
        try:
            found = self._ledger.reserve(task.owner_userid, task.pending_ids, touch)
        except PressureBusyError as busy:
            raise DispatchPostponedError(self._now() + _BUSY) from busy
        full = ports.NoPlace(Refusal.CAP_REACHED, _next_week(self._now()))
        moved = ports.NoPlace(Refusal.OWNER_CHANGED, self._now() + _BUSY)
        refused = {
            one: moved if why is TouchRefusal.OWNER_CHANGED else ports.NoPlace(_REFUSAL_OF[why])
            for one, why in found.refused.items()
        }
        return ports.Reservation(refused | dict.fromkeys(found.deferred, full))

    def settle(self, task: SendTask, sent_at: Mapping[str, datetime]) -> None:
        weeks = {one: week_of(at) for one, at in sent_at.items()}
        self._ledger.settle(task.owner_userid, self._touch(task, tuple(sorted(set(weeks.values())))), weeks)

    def release(self, task: SendTask, target_ids: Sequence[str]) -> None:
        if task.channel in _CLASS_OF:  # nobody else ever had a place
            self._ledger.release(task.owner_userid, task.touch_id, target_ids)

    def _touch(self, task: SendTask, weeks: tuple[str, ...]) -> Touch:
        is_test = task.ring == TEST_RING
        pressure_class = PressureClass.SERVICE if is_test else _CLASS_OF.get(task.channel, PressureClass.SERVICE)
        return Touch(task.touch_id, pressure_class, weeks, task.expires_at, task.priority, campaign_id=task.campaign_id)


def _next_week(now: datetime) -> datetime:
    """Monday 00:00 in Shanghai; the quiet hours do the rest."""
    local = now.astimezone(BUSINESS_ZONE)
    monday = local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=7 - local.weekday())
    return monday.astimezone(now.tzinfo)
