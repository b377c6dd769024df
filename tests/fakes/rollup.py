"""What the roll-up stands on, in memory, with faults to order."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from scrm.aws.kpi_windows import counts_from, counts_text
from scrm.kpi import recounts
from scrm.kpi.counting import DayCounts
from scrm.kpi.recounts import Recount
from scrm.kpi.rollup import Refusal, RollUp, Window, landing_day
from tests.fakes.measures import FakeMeasures


class InjectedFaultError(Exception):
    """The process died here."""


class FakeRecounts:
    """Implements `scrm.kpi.recounts.RecountStore`."""

    def __init__(self) -> None:
        self.wishes: Sequence[Recount] = ()

    def latest(self) -> Sequence[Recount]:
        return self.wishes

    def change(self, changed: Callable[[Sequence[Recount]], Sequence[Recount]]) -> Sequence[Recount]:
        self.wishes = changed(self.wishes)
        return self.wishes


class FakeRollupStores:
    """Implements `scrm.kpi.rollup.FactDocuments`, `Windows`, `CountsStore` and `Chronicle`; ``measures`` beside them.

    ``faults``: how many calls still go well before one fails, half done where it does several things; None: all.
    """

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.windows: dict[int, Window] = {}
        self.cursor = 0
        self.states: dict[tuple[date, int], dict[int, bytes]] = {}
        self.refusals: dict[int, list[Refusal]] = {}
        self.versions: dict[tuple[date, int], tuple[int, bool]] = {}
        self.recounts = FakeRecounts()
        self.measures = FakeMeasures()
        self.reads = 0
        self.faults: int | None = None
        self.at_step: Callable[[], None] = lambda: None

    def write(self, kind: str, landing: date, name: str, lines: Sequence[Mapping[str, Any]]) -> str:
        key = f"facts/{kind}/{landing.isoformat()}/{name}.jsonl"
        self.files.setdefault(key, b"".join(json.dumps(line).encode() + b"\n" for line in lines))
        return key

    def rollup(self, now: Callable[[], datetime], most_bytes: int = 1_000_000) -> RollUp:
        return RollUp(self, self, self, FaultyMeasures(self), self, now, most_bytes=most_bytes)

    def landed(self, kind: str, first: date) -> Iterator[tuple[str, int]]:
        self.step()
        of_kind = (key for key in sorted(self.files) if key.startswith(f"facts/{kind}/"))
        return iter([(key, len(self.files[key])) for key in of_kind if landing_day(key) >= first])

    def read(self, keys: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        self.step()
        self.reads += 1
        return iter([(key, self.files[key]) for key in keys if key in self.files])

    def last_applied(self) -> int:
        self.step()
        return self.cursor

    def applied(self, number: int) -> None:
        self.step()
        self.cursor = max(self.cursor, number)

    def find(self, number: int) -> Window | None:
        self.step()
        return self.windows.get(number)

    def add(self, thing: Any) -> Any:
        self.step()
        if isinstance(thing, Window):
            return self.windows.setdefault(thing.number, thing)
        states = self.states.setdefault((thing.day, thing.shard), {})
        if thing.window in states:
            return False
        states[thing.window] = counts_text(thing)
        return True

    def latest(self, day: date, shard: int) -> DayCounts | None:
        self.step()
        states = self.states.get((day, shard))
        return counts_from(states[max(states)]) if states else None

    def refused(self, window: int, refusals: Sequence[Refusal]) -> None:
        self.step()
        self.refusals[window] = list(refusals)

    def changed(self, day: date, window: int, _at: datetime, events: int, *, recounted: bool) -> None:
        self.step()
        self.versions[day, window] = max((events, recounted), self.versions.get((day, window), (0, recounted)))

    def recounted(self, day: date, window: int, at: datetime, events: int) -> None:
        self.step()
        self.recounts.change(lambda before: recounts.done(before, day, window, at, events))

    def step(self) -> None:
        self.at_step()
        if self.faults is not None:
            self.faults -= 1
            if self.faults < 0:
                self.faults = None
                raise InjectedFaultError


class FaultyMeasures:
    """Implements `scrm.kpi.ports.CountedMeasures` over the stores' measures, pack by pack."""

    def __init__(self, stores: FakeRollupStores) -> None:
        self._stores = stores

    def count(self, packs: Any) -> None:
        for pack in packs:
            self._stores.step()
            self._stores.measures.count([pack])
