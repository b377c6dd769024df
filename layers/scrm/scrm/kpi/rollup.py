"""Facts become counters, window by window (T5.1).

A window is a list of documents of facts, stored before it is applied and never changed. Windows are applied in their
order; counts of a day and shard after a window follow from those before it and from the window alone, and both counts
and packs are written only over those of an earlier window. So it does no harm when a window is applied twice, half, or
by two at once, and what was left half done the next run completes.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import batched
from operator import itemgetter
from typing import Final, Protocol

from scrm.clock import BUSINESS_ZONE, from_iso
from scrm.kpi.counting import KEY, SHARDS, Batch, DayCounts, Groups, shard_of
from scrm.kpi.facts import KINDS, Kind
from scrm.kpi.ports import CountedMeasures

MOST_BYTES: Final = 128 * 1024 * 1024
MOST_DOCUMENTS: Final = 20_000
DAYS_COUNTED: Final = 100
"""How long the counts of a day are kept; what is told later waits for a recount."""
_LATE_LANDING: Final = timedelta(days=1)
"""A document may land in the folder of the day before."""
_NO_SHARD: Final = -1
_HOUR: Final = len("2026-11-21T08")
_READ_TOGETHER: Final = 64
_RECOUNT_AT_ONCE: Final = 2

type Shard = tuple[date, int]
"""A business day and a share of the bank."""


@dataclass(frozen=True, slots=True)
class Window:
    """``number``: 1, 2, 3 and so on. ``looked_from``: the first landing day that is to be looked at again.

    ``recounts``: the day that is counted anew from ``keys`` alone; None: what ``keys`` tell is counted beside what is
    known.
    """

    number: int
    planned_at: datetime
    looked_from: date
    keys: tuple[str, ...]
    recounts: date | None = None

    @property
    def planned_on(self) -> date:
        return self.planned_at.astimezone(BUSINESS_ZONE).date()


@dataclass(frozen=True, slots=True)
class Refusal:
    """A line that counts nowhere; ``why`` has nothing of its content."""

    key: str
    line: int
    why: str


@dataclass(slots=True)
class Applied:
    """What became of a window: ``news`` events that were new or corrected, by closed day those that changed it."""

    window: int = 0
    documents: int = 0
    facts: int = 0
    news: int = 0
    late: dict[date, int] = field(default_factory=dict)
    refusals: list[Refusal] = field(default_factory=list)


class FactDocuments(Protocol):
    def landed(self, kind: str, first: date) -> Iterator[tuple[str, int]]:
        """Keys of the documents of a kind that landed on a day or later, with their sizes in bytes."""

    def read(self, keys: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        """Documents in the order of their keys; one that is gone is not there."""


class Windows(Protocol):
    def last_applied(self) -> int:
        """The number of the last window that was applied to its end; 0: none was."""

    def applied(self, number: int) -> None:
        """A window is applied to its end; an earlier number changes nothing."""

    def find(self, number: int) -> Window | None: ...

    def add(self, window: Window) -> Window:
        """Store it; the one that has this number already, where somebody was faster."""


class CountsStore(Protocol):
    def latest(self, day: date, shard: int) -> DayCounts | None: ...

    def add(self, counts: DayCounts) -> bool:
        """Store counts of a new window; False when there are counts of this window."""


class Chronicle(Protocol):
    def refused(self, window: int, refusals: Sequence[Refusal]) -> None:
        """Lines that count nowhere; told again when a window is applied again."""

    def changed(self, day: date, window: int, at: datetime, events: int, *, recounted: bool) -> None:
        """A closed day has a new version; told again when a window is applied again."""

    def recounted(self, day: date, window: int, at: datetime, events: int) -> None:
        """A day was counted anew, ``events`` in shards that came out otherwise; told again when applied again."""


@dataclass(frozen=True, slots=True)
class RollUp:
    """Use case of a schedule. A day closes ``open_days`` after it began; 2: with the end of the next one."""

    documents: FactDocuments
    windows: Windows
    counts: CountsStore
    measures: CountedMeasures
    chronicle: Chronicle
    now: Callable[[], datetime]
    open_days: int = 2
    most_bytes: int = MOST_BYTES

    def run(self, has_time: Callable[[], bool]) -> Iterator[Applied]:
        """Window after window, as long as there is something new and time for it."""
        while has_time():
            number = self.windows.last_applied() + 1
            window = self.windows.find(number) or self._planned(number)
            if window is None:
                return
            applied = self._apply(window, has_time)
            if applied is None:
                return
            self.windows.applied(number)
            yield applied

    def recount(self, day: date, has_time: Callable[[], bool]) -> Iterator[Applied]:
        """Count a day anew from its facts alone; figures that differ are a new version of the day.

        Windows that are not finished come first. Without enough time the window stays, and `run` completes it. Where
        somebody else's window was faster, that one is applied and the next number is tried.
        """
        asked_at = self.now()
        while has_time():
            yield from self.run(has_time)
            if not has_time():
                return
            window = self._recounting(day, asked_at)
            if self.windows.add(window).recounts == day:
                yield from self.run(has_time)
                return

    def _recounting(self, day: date, asked_at: datetime) -> Window:
        """The next window, to count a day anew."""
        before = self._last_planned()
        keys = tuple(key for key, _ in self._landed(day - _LATE_LANDING))
        today = asked_at.astimezone(BUSINESS_ZONE).date()
        looked_from = before.looked_from if before else today - timedelta(days=DAYS_COUNTED)
        return Window(self.windows.last_applied() + 1, asked_at, looked_from, keys, recounts=day)

    def _planned(self, number: int) -> Window | None:
        """What has landed since the last window, as much as one window takes; None when that is nothing."""
        now = self.now()
        today = now.astimezone(BUSINESS_ZONE).date()
        before = self._last_planned()
        first = before.looked_from if before else today - timedelta(days=DAYS_COUNTED)
        taken = self._taken_since(first, number - 1)
        keys: list[str] = []
        size = 0
        looked_from = today - _LATE_LANDING
        for key, bytes_ in self._landed(first):
            if key in taken:
                continue
            if keys and (size + bytes_ > self.most_bytes or len(keys) == MOST_DOCUMENTS):
                looked_from = min(looked_from, landing_day(key) - _LATE_LANDING)
                break
            keys.append(key)
            size += bytes_
        return self.windows.add(Window(number, now, looked_from, tuple(keys))) if keys else None

    def _last_planned(self) -> Window | None:
        return self.windows.find(self.windows.last_applied())

    def _taken_since(self, first: date, last: int) -> set[str]:
        taken: set[str] = set()
        for number in range(last, 0, -1):
            window = self.windows.find(number)
            if window is None or window.planned_on < first:
                break
            if window.recounts is None:
                taken.update(window.keys)
        return taken

    def _landed(self, first: date) -> list[tuple[str, int]]:
        """By the day on which they landed, then by their keys."""
        found = (one for kind in KINDS for one in self.documents.landed(kind, first))
        return sorted(found, key=lambda one: (landing_day(one[0]), one[0]))

    def _apply(self, window: Window, has_time: Callable[[], bool]) -> Applied | None:
        """None when there was not enough time for all of it."""
        applied = Applied(window.number, len(window.keys))
        if window.recounts is not None:
            is_done = self._recount(window, window.recounts, applied, has_time)
        else:
            is_done = self._count(window, applied, has_time)
        if not is_done:
            return None
        for day, events in applied.late.items():
            recounted = window.recounts is not None
            self.chronicle.changed(day, window.number, window.planned_at, events, recounted=recounted)
        if applied.refusals:
            self.chronicle.refused(window.number, applied.refusals)
        if window.recounts is not None:
            self.chronicle.recounted(window.recounts, window.number, window.planned_at, applied.news)
        return applied

    def _count(self, window: Window, applied: Applied, has_time: Callable[[], bool]) -> bool:
        sorting = Sorting(window.planned_on, applied)
        for key, body in self.documents.read(window.keys):
            sorting.add(key, body)
        for (day, shard), groups in sorting.groups():
            if not has_time():
                return False
            counts = self.counts.latest(day, shard) or DayCounts(day, shard)
            if counts.window < window.number:
                counts.news, counts.retold, counts.touched = 0, 0, set()
                counts.take(groups)
                if not counts.news and not counts.retold:
                    continue
                counts = self._stored(counts, window)
            self._publish(counts, window, applied)
        return True

    def _recount(self, window: Window, day: date, applied: Applied, has_time: Callable[[], bool]) -> bool:
        """A few shards at a time, each from all documents: memory is that of the shards, whatever the day has."""
        for shards in batched(range(SHARDS), _RECOUNT_AT_ONCE, strict=False):
            before = {shard: self.counts.latest(day, shard) or DayCounts(day, shard) for shard in shards}
            fresh = {shard: counts.emptied(window.number) for shard, counts in before.items()}
            wanted = {shard for shard, counts in before.items() if counts.window < window.number}
            if wanted and not has_time():
                return False
            for keys in batched(window.keys if wanted else (), _READ_TOGETHER, strict=False):
                sorting = Sorting(window.planned_on, Applied(), only=day)
                for key, body in self.documents.read(keys):
                    sorting.add(key, body)
                for (_, shard), groups in sorting.groups():
                    if shard in wanted:
                        fresh[shard].take(groups)
            for shard, counts in before.items():
                self._replace(window, counts, fresh[shard], applied)
        return True

    def _replace(self, window: Window, before: DayCounts, fresh: DayCounts, applied: Applied) -> None:
        if before.window < window.number:
            if fresh.has_same_counts(before):
                fresh.news, fresh.touched = 0, set()
            else:
                fresh.touched = fresh.all_packs()
            before = self._stored(fresh, window)  # also when it is the same: a run that follows does not read it again
        self._publish(before, window, applied)

    def _stored(self, counts: DayCounts, window: Window) -> DayCounts:
        """As they are stored: of two who count the same window at once the first one's hold."""
        counts.window = window.number
        if counts.news and window.planned_on >= counts.day + timedelta(days=self.open_days):
            counts.version = window.number
        if self.counts.add(counts):
            return counts
        return self.counts.latest(counts.day, counts.shard) or counts

    def _publish(self, counts: DayCounts, window: Window, applied: Applied) -> None:
        """Counts of a later window are another one's matter: that one has finished this window."""
        if counts.window != window.number:
            return
        self.measures.count(counts.packs(counts.touched))
        applied.news += counts.news
        if counts.version == window.number:
            applied.late[counts.day] = applied.late.get(counts.day, 0) + counts.news


class Sorting:
    """Facts of documents by day, shard and kind. ``only``: those of one day, the others are passed by."""

    def __init__(self, planned_on: date, applied: Applied, only: date | None = None) -> None:
        self._batches: dict[Shard, dict[Kind, Batch]] = {}
        self._planned_on = planned_on
        self._applied = applied
        self._only = only
        self._routes: defaultdict[Kind, dict[str, list[_Route]]] = defaultdict(dict)
        self._places: dict[str, tuple[int, str]] = {}

    def add(self, key: str, body: bytes) -> None:
        """The facts of a document; its key says which kind they are of."""
        kind = KINDS[key.split("/")[1]]
        facts, refused = kind.read(body)
        self._applied.facts += len(facts) + len(refused)
        self._applied.refusals += [Refusal(key, line, why) for line, why in refused]
        places, hours = self._places, self._routes[kind]
        counts_alike, can_be_corrected = bool(kind.constant), kind.can_be_corrected
        for number, fact in enumerate(facts, start=1):
            shard, path = places.get(fact.node_path) or self._place(fact.node_path)
            hour = fact.occurred_at[:_HOUR]
            route = (hours.get(hour) or self._hour(kind, hour))[shard]
            if route.why:
                self._applied.refusals.append(Refusal(key, _line_of(number, refused), route.why))
                continue
            route.add_key(fact.event_id[-KEY:])
            route.add_path(path)
            route.add_userid(fact.userid)
            if not counts_alike:
                route.add_amounts(kind.amounts(fact))
            if can_be_corrected:
                route.add_told_at(kind.told_at(fact))

    def groups(self) -> Sequence[tuple[Shard, Groups]]:
        """In the order of days and shards; only what has facts."""
        found = []
        for place, kinds in sorted(self._batches.items(), key=itemgetter(0)):
            told = {kind: batch for kind, batch in kinds.items() if batch.keys}
            if told:
                found.append((place, told))
        return found

    def _hour(self, kind: Kind, hour: str) -> list["_Route"]:
        """Of an hour the routes of each shard, and after them that of `_NO_SHARD`."""
        day, why = self._day(hour)
        if why:
            routes = [_Route(None, why)] * (SHARDS + 1)
        elif day is None:
            routes = [_Route(None)] * (SHARDS + 1)
        else:
            kinds = (self._batches.setdefault((day, shard), {}) for shard in range(SHARDS))
            routes = [_Route(one.setdefault(kind, Batch())) for one in kinds]
            routes.append(_Route(None, "node_path is not of the form /1/10/12/"))
        self._routes[kind][hour] = routes
        return routes

    def _day(self, hour: str) -> tuple[date | None, str]:
        """The business day of an hour, None when another one is wanted; and why it counts nowhere."""
        try:
            day = from_iso(f"{hour}:00:00.000Z").astimezone(BUSINESS_ZONE).date()
        except ValueError:
            return None, "occurred_at is not a time of the form 2026-11-21T08:00:00.000Z"
        if self._only is not None:
            return (day if day == self._only else None), ""
        if day > self._planned_on + _LATE_LANDING:
            return day, "occurred_at is in the future"
        if day <= self._planned_on - timedelta(days=DAYS_COUNTED):
            return day, f"occurred_at is more than {DAYS_COUNTED} days ago: recount the day"
        return day, ""

    def _place(self, path: str) -> tuple[int, str]:
        """The shard, and the path, always the same object."""
        place = self._places[path] = (shard_of(path) if _is_path(path) else _NO_SHARD, path)
        return place


class _Route:
    """Where the facts of a kind, hour and shard go to; without a batch nothing is kept. ``why``: they count nowhere."""

    __slots__ = ("add_amounts", "add_key", "add_path", "add_told_at", "add_userid", "why")

    def __init__(self, batch: Batch | None, why: str = "") -> None:
        self.why = why
        self.add_key = batch.keys.append if batch else _drop
        self.add_path = batch.paths.append if batch else _drop
        self.add_userid = batch.userids.append if batch else _drop
        self.add_amounts = batch.amounts.append if batch else _drop
        self.add_told_at = batch.told_at.append if batch else _drop


def _drop(_: object) -> None:
    """What is passed by."""


def _line_of(place: int, refused: Sequence[tuple[int, str]]) -> int:
    """The line of the fact at a place among those that could be read."""
    for line, _ in refused:
        if line > place:
            break
        place += 1
    return place


def landing_day(key: str) -> date:
    """The day on which a document landed; ``facts/<kind>/<day>/<name>.jsonl``."""
    return date.fromisoformat(key.split("/")[2])


def _is_path(path: str) -> bool:
    return path.startswith("/") and path.endswith("/") and len(path) > len("//") and "//" not in path
