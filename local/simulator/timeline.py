"""What falls due, in order: the simulator's own events and the registered timers of others.

Entries are data (kind and arguments), so that a snapshot can hold them; the handlers are registered by kind.
Time moves by itself (`Timeline.keep_up`, run in the background) or by `Timeline.advance`, which walks.
"""

import asyncio
import heapq
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from local.simulator.clock import Clock, to_iso
from local.simulator.schedule import next_due

logger = logging.getLogger(__name__)

DELIVERY = "callback_delivery"
TIMER = "timer"
_LONGEST_NAP_S = 3_600.0
_LEAP_S = 30.0  # less than anybody's lease: so far time may go on while others still work

type DueHandler = Callable[[float, dict[str, Any]], Awaitable[None]]


class AdvanceInProgressError(Exception):
    """A walk is under way; a second one would interleave with it (or wait for itself, from inside a webhook)."""


@dataclass(slots=True, order=True)
class DueEntry:
    at: float
    seq: int
    kind: str = field(compare=False)
    args: dict[str, Any] = field(compare=False)


@dataclass(slots=True)
class Timer:
    """Somebody's schedule: ``url`` gets ``{"name", "due_at"}`` whenever ``expression`` falls due."""

    name: str
    expression: str
    url: str
    next_at: float


@dataclass(slots=True)
class Agenda:
    """The timeline's state, all of it: what a snapshot keeps."""

    entries: list[DueEntry] = field(default_factory=list)
    timers: dict[str, Timer] = field(default_factory=dict)
    next_seq: int = 1


@dataclass(frozen=True, slots=True)
class WalkReport:
    """What one advance did: counts by kind (timers by name), the texts of what failed, and how often a timer rested."""

    fired: dict[str, int]
    failures: list[str]
    rested: int = 0


class Timeline:
    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.agenda = Agenda()
        self.delivery_concurrency: Callable[[], int] = lambda: 1
        self.before_leap: Callable[[float], Awaitable[None]] | None = None
        self._handlers: dict[str, DueHandler] = {}
        self._resting: Mapping[str, float] = {}
        self._walking = asyncio.Lock()
        self._advancing = False
        self._changed = asyncio.Event()

    def on(self, kind: str, handler: DueHandler) -> None:
        self._handlers[kind] = handler

    def schedule(self, at: float, kind: str, **args: Any) -> None:
        agenda = self.agenda
        heapq.heappush(agenda.entries, DueEntry(at, agenda.next_seq, kind, args))
        agenda.next_seq += 1
        self._changed.set()

    def replace_agenda(self, agenda: Agenda) -> None:
        self.agenda = agenda
        self._changed.set()

    def pending(self, kind: str) -> list[DueEntry]:
        return sorted(entry for entry in self.agenda.entries if entry.kind == kind)

    def set_timer(self, name: str, expression: str, url: str) -> Timer:
        """Register or replace a timer.

        Raises:
            ScheduleExpressionError: the expression is not EventBridge's.
        """
        timer = Timer(name, expression, url, next_due(expression, self.clock.now()))
        self.drop_timer(name)
        self.agenda.timers[name] = timer
        self.schedule(timer.next_at, TIMER, name=name)
        return timer

    def repeat_timer(self, timer: Timer) -> None:
        """Put the timer's next due time on the timeline; a rate counts from the last one."""
        timer.next_at = next_due(timer.expression, timer.next_at)
        self.schedule(timer.next_at, TIMER, name=timer.name)

    def rest(self, until: Mapping[str, float]) -> None:
        """Timers, by name, that need not fire before these moments.

        It lasts as long as nothing but time passes: until something runs, or another walk begins.
        """
        self._resting = until

    def drop_timer(self, name: str) -> bool:
        known = self.agenda.timers.pop(name, None) is not None
        if known:
            agenda = self.agenda
            agenda.entries = [e for e in agenda.entries if not (e.kind == TIMER and e.args["name"] == name)]
            heapq.heapify(agenda.entries)
        return known

    async def advance(self, to: float) -> WalkReport:
        """Walk to ``to``: each due entry in order, the clock set before it, the entry awaited.

        Raises:
            AdvanceInProgressError: another advance has not ended.
        """
        if self._advancing:
            raise AdvanceInProgressError
        self._advancing = True
        try:
            async with self._walking:
                report = await self._walk(to, settle=True)
                self.clock.advance_to(to)
                return report
        finally:
            self._advancing = False
            self._changed.set()

    async def keep_up(self) -> None:
        """Run what falls due by the passing of wall time; never returns."""
        while True:
            self._changed.clear()
            async with self._walking:
                await self._walk(self.clock.now(), settle=False)
            await self._nap()

    async def _nap(self) -> None:
        entries = self.agenda.entries
        seconds = self.clock.wall_seconds_until(entries[0].at) if entries else _LONGEST_NAP_S
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        try:
            await asyncio.wait_for(self._changed.wait(), min(seconds, _LONGEST_NAP_S))
        except TimeoutError:
            return

    async def _walk(self, to: float, *, settle: bool) -> WalkReport:
        fired: Counter[str] = Counter()
        failures: list[str] = []
        rested, self._resting = 0, {}
        unsettled = settle  # what went on before the walk counts as well
        while True:
            if unsettled and self._leaps(to):
                await self._settle(failures)
                unsettled = False
                continue  # what others did meanwhile may have made something due
            # What an entry causes is due "now", and wall time has moved on while it ran: hence the larger of the two.
            batch = self._take_due(max(to, self.clock.now()))
            if not batch:
                break
            self.clock.advance_to(batch[0].at)
            if self._rests(batch[0]):
                rested += 1
                self.repeat_timer(self.agenda.timers[batch[0].args["name"]])
                await asyncio.sleep(0)
                continue
            self._resting = {}  # whatever runs may give anybody work
            results = await self._run_all(batch)
            for entry, failure in zip(batch, results, strict=True):
                fired[f"timer:{entry.args['name']}" if entry.kind == TIMER else entry.kind] += 1
                if failure:
                    failures.append(f"{to_iso(entry.at)} {entry.kind}: {failure}")
            # A timer answers when all that it set going is done.
            unsettled = settle and (batch[0].kind != TIMER or results[-1] is not None)
        if unsettled:
            await self._settle(failures)
        return WalkReport(dict(fired), failures, rested)

    async def _run_all(self, batch: list[DueEntry]) -> list[str | None]:
        if len(batch) > 1:
            return await asyncio.gather(*(self._run(entry) for entry in batch))
        failure = await self._run(batch[0])
        await asyncio.sleep(0)  # a hundred thousand transfers falling due at once must not shut the API
        return [failure]

    def _rests(self, entry: DueEntry) -> bool:
        return entry.kind == TIMER and entry.at < self._resting.get(entry.args["name"], entry.at)

    def _leaps(self, to: float) -> bool:
        """Whether the next step of a walk leaves more than a moment out."""
        entries = self.agenda.entries
        following = min(entries[0].at, to) if entries else to
        return following - self.clock.now() >= _LEAP_S

    async def _settle(self, failures: list[str]) -> None:
        if self.before_leap is None:
            return
        try:
            await self.before_leap(self.clock.now())
        except Exception as error:  # noqa: BLE001 - a failing hook is reported to whoever advanced the clock
            failures.append(f"settle hook: {error}")

    def _take_due(self, until: float) -> list[DueEntry]:
        """The next entry, or as many callback deliveries of the same moment as may run side by side."""
        entries = self.agenda.entries
        batch: list[DueEntry] = []
        limit = self.delivery_concurrency()
        while entries and entries[0].at <= until and (not batch or _may_join(batch, entries[0], limit)):
            batch.append(heapq.heappop(entries))
        return batch

    async def _run(self, entry: DueEntry) -> str | None:
        """Run one entry; the text of its failure, because one failing webhook must not stop time."""
        try:
            await self._handlers[entry.kind](entry.at, entry.args)
        except Exception as error:
            logger.exception("due entry failed", extra={"kind": entry.kind})
            return f"{type(error).__name__}: {error}"
        return None


def _may_join(batch: list[DueEntry], entry: DueEntry, limit: int) -> bool:
    return len(batch) < limit and entry.kind == DELIVERY == batch[0].kind and int(entry.at) == int(batch[0].at)
