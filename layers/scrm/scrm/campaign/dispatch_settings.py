"""What the bank decided about sending, as the dispatch reads it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta

from scrm.campaign import quiet_hours
from scrm.campaign.quiet_hours import WorkingHours

_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True, slots=True)
class DispatchSettings:
    """Looks are counted from the task's creation at WeCom.

    ``quiet_from`` and ``quiet_until`` are Shanghai time: no task is created between them, and one that waits is taken
    back before they begin (S37, R19); for members at or below a node of ``working_hours`` outside these, of the lowest
    such node. ``longest_run`` is how long a worker may run: nobody takes up its interrupted
    call before. ``longest_wait``: a call that WeCom's limits put off is tried again by then, because others may have
    given permits back; ``longest_look_wait`` is the same for a look, short enough for a message to wait in its queue.
    ``reminders`` are when a member who has not confirmed is reminded, at most three a day.
    ``horizon`` is how long WeCom is asked for corrections; at least 35 days (O2). ``looks_per_tick``: more than WeCom's
    quota takes until the next tick need not be asked for. ``standing_holds``: when the checks and the files took
    longer, the campaign is asked again before the call, so that nothing leaves a minute after a stop (O4).
    ``repeatable``: so long after its first intent an unanswered application message may be sent once more in the very
    same words; WeCom drops what it got before (docs/wecom.md 7.1). ``recallable``: so long it takes one back (7.2).
    ``paused_recheck`` and ``frozen_recheck``: when it is asked again whether a campaign goes on that was paused, or
    frozen with the whole bank.
    ``call_recheck``: a task that something concerns while its call runs is looked at again after that.
    ``reactions``: so long likes and comments on a moment are asked for.
    """

    quiet_from: time = time(21, 0)
    quiet_until: time = time(8, 0)
    working_hours: Mapping[str, WorkingHours] = field(default_factory=dict)
    longest_run: timedelta = 3 * _MINUTE
    longest_wait: timedelta = 2 * _MINUTE
    longest_look_wait: timedelta = 10 * _MINUTE
    standing_holds: timedelta = timedelta(seconds=10)
    paused_recheck: timedelta = 5 * _MINUTE
    frozen_recheck: timedelta = 15 * _MINUTE
    waiting_looks: tuple[timedelta, ...] = (20 * _MINUTE, _HOUR, 2 * _HOUR, 4 * _HOUR, 8 * _HOUR, 12 * _HOUR, _DAY)
    shortest_wait: timedelta = 10 * _MINUTE
    watched_looks: tuple[timedelta, ...] = (_DAY + _HOUR, 3 * _DAY, 7 * _DAY, 14 * _DAY, 21 * _DAY, 28 * _DAY)
    shortest_watch: timedelta = 12 * _HOUR
    horizon: timedelta = 35 * _DAY
    reactions: timedelta = 7 * _DAY
    call_recheck: timedelta = _MINUTE
    repeatable: timedelta = 3 * _HOUR
    recallable: timedelta = _DAY
    refused_recheck: timedelta = _HOUR
    looks_per_tick: int = 100_000
    reminders: tuple[timedelta, ...] = (2 * _HOUR, 4 * _HOUR, 8 * _HOUR)

    def silent_until(self, at: datetime, node_path: str) -> datetime | None:
        """When a member of that node may be asked to send something again; None: at that moment."""
        hours = self._hours_of(node_path)
        away = hours.away_until(at) if hours else None
        return away or quiet_hours.quiet_until(at, self.quiet_from, self.quiet_until)

    def next_silence(self, at: datetime, node_path: str) -> datetime | None:
        """When he may not be asked any more; None: there is no such time."""
        hours = self._hours_of(node_path)
        quiet = quiet_hours.next_quiet(at, self.quiet_from, self.quiet_until)
        ends = [end for end in (quiet, hours.end_after(at) if hours else None) if end is not None]
        return min(ends, default=None)

    def _hours_of(self, node_path: str) -> WorkingHours | None:
        lowest_first = reversed(node_path.strip("/").split("/"))
        return next((self.working_hours[node] for node in lowest_first if node in self.working_hours), None)
