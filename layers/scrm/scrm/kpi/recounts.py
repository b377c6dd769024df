"""A day is counted anew because an operator asked for it: who, why, and what came of it (design invariant 6)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol

from scrm import ids
from scrm.clock import BUSINESS_ZONE

MOST_DAYS_BACK: Final = 400
"""What landed since the day is read, so that a day costs the more the longer it is gone."""
MOST_WAITING: Final = 31


class RecountState(StrEnum):
    WAITING = "waiting"
    DONE = "done"


class RecountRefusedError(Exception):
    """The day cannot be counted anew; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Recount:
    """``window`` counted the day anew; ``events``: how many the shards have whose figures came out otherwise."""

    recount_id: str
    day: date
    reason: str
    requested_by: str
    requested_at: datetime
    window: int | None = None
    events: int = 0

    @property
    def state(self) -> RecountState:
        return RecountState.WAITING if self.window is None else RecountState.DONE


class RecountStore(Protocol):
    def latest(self) -> Sequence[Recount]:
        """All that wait and the last that are done, in the order in which they were asked for."""

    def change(self, changed: Callable[[Sequence[Recount]], Sequence[Recount]]) -> Sequence[Recount]:
        """Store what becomes of `latest`, against whoever changes it at once; what is stored then."""


class RecountJournal(Protocol):
    def asked(self, recount: Recount) -> None:
        """Repeatable by its id."""


@dataclass(frozen=True, slots=True)
class Recounts:
    """Use cases of head office. A repeat with the same key finds the first one's; so does a day that waits already."""

    store: RecountStore
    journal: RecountJournal
    now: Callable[[], datetime]

    def ask(self, day: date, reason: str, actor: str, key: str) -> Recount:
        """Raises RecountRefusedError."""
        now = self.now()
        asked = Recount(ids.derive("recount", actor, key), day, reason, actor, now)
        _check(asked, now.astimezone(BUSINESS_ZONE).date())
        found = _same(self.store.change(lambda before: _with(before, asked)), asked)
        if found is None:
            raise RecountRefusedError(f"{MOST_WAITING} days wait to be counted anew: ask again when some are done")
        if found.day != day:
            raise RecountRefusedError("this Idempotency-Key was used for another day: choose a new one")
        self.journal.asked(found)
        return found


def waiting(recounts: Sequence[Recount]) -> Recount | None:
    """The first one that waits."""
    return next((one for one in recounts if one.state is RecountState.WAITING), None)


def done(recounts: Sequence[Recount], day: date, window: int, planned_at: datetime, events: int) -> Sequence[Recount]:
    """A window counted a day anew: it answers all who had asked for the day when it was planned."""
    return [
        replace(one, window=window, events=events)
        if one.day == day and one.state is RecountState.WAITING and one.requested_at <= planned_at
        else one
        for one in recounts
    ]


def _check(asked: Recount, today: date) -> None:
    if asked.day > today:
        raise RecountRefusedError(f"{asked.day} has not begun: ask for a day up to {today}")
    if asked.day <= today - timedelta(days=MOST_DAYS_BACK):
        raise RecountRefusedError(f"{asked.day} is too long ago: days of the last {MOST_DAYS_BACK} can be counted anew")


def _with(before: Sequence[Recount], asked: Recount) -> Sequence[Recount]:
    is_full = sum(one.state is RecountState.WAITING for one in before) >= MOST_WAITING
    return before if is_full or _same(before, asked) else [*before, asked]


def _same(recounts: Sequence[Recount], asked: Recount) -> Recount | None:
    by_id = (one for one in recounts if one.recount_id == asked.recount_id)
    of_day = (one for one in recounts if one.day == asked.day and one.state is RecountState.WAITING)
    return next(by_id, None) or next(of_day, None)
