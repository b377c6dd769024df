"""What the contact queue brings about contact ways."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from scrm.aws.queues import Queue
from scrm.runtime.postponement import POSTPONING
from scrm.ways.keeping import WayKeeper, WayOutcome
from scrm.ways.messages import ContactWayChanged, ContactWaysDue
from scrm.ways.ports import WayBusyError, WayInDoubtError, WayStore

WAYS_PER_MESSAGE: Final = 50
_TIME_PER_MESSAGE: Final = timedelta(seconds=20)
_AGAIN_AFTER: Final = timedelta(seconds=5)


class WaysOutcome(StrEnum):
    """What a message was that spoke of no single way; the value is the metric."""

    COMPARED = "ContactWaysCompared"
    CONTINUED = "ContactWaysContinued"
    WAITING = "ContactWayInDoubt"


@dataclass(frozen=True, slots=True)
class WaysIntake:
    """Use case of the contact queue, as far as ways go; every message may come twice."""

    keeper: WayKeeper
    store: WayStore
    queue: Queue
    now: Callable[[], datetime]
    on_outcome: Callable[[str], object]

    def take(self, message: ContactWayChanged | ContactWaysDue) -> WayOutcome | WaysOutcome:
        if isinstance(message, ContactWayChanged):
            return self._bring(message.way_id)
        return self._compare(message.after)

    def _compare(self, after: str) -> WaysOutcome:
        """Some ways, and the rest as a new message; where WeCom makes us wait it goes on from there."""
        ways, begun = self.store.after(after, WAYS_PER_MESSAGE), after
        until = self.now() + _TIME_PER_MESSAGE
        for way in ways:
            if self.now() >= until:
                break
            try:
                self.on_outcome(self._bring(way.way_id, look=True).value)
            except POSTPONING:
                if after == begun:
                    raise
                break
            after = way.way_id
        if after == begun or (len(ways) < WAYS_PER_MESSAGE and after == ways[-1].way_id):
            return WaysOutcome.COMPARED
        self.queue.send([ContactWaysDue(after=after)])
        return WaysOutcome.CONTINUED

    def _bring(self, way_id: str, *, look: bool = False) -> WayOutcome | WaysOutcome:
        """What cannot be done now becomes a message of its own."""
        try:
            return self.keeper.bring(way_id, look=look)
        except WayInDoubtError as doubt:
            delay = doubt.not_before - self.now()
        except WayBusyError:
            delay = _AGAIN_AFTER
        self.queue.send_later(ContactWayChanged(way_id=way_id).model_dump_json(), delay)
        return WaysOutcome.WAITING
