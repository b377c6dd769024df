"""Counting facts: write units for each event, and CPU beside a plain loop (T5.1, T5.2).

The bank has 300,000 RMs in 30,000 teams of 4,000 branches; how busy an RM is is log-normal with sigma 1. Of its 16
shards, which know nothing of each other, some are lived through for a whole day of 40 windows: every event is a line,
read, counted and written by the code that the function runs, on a table that counts units as DynamoDB does, refused
writes too. One event in twenty is told again in a later window, one window in five is killed half way, and one in ten
is applied once more.
"""

import contextlib
import functools
import gc
import json
import random
import statistics
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate, batched
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from local.bench.dynamo_units import WRITE_UNIT, size_of, units
from scrm import clock, ids
from scrm.aws.kpi_table import DynamoKpiMeasures
from scrm.aws.kpi_windows import counts_from, counts_text
from scrm.aws.table import Table
from scrm.kpi.counting import SHARDS, DayCounts, shard_of
from scrm.kpi.facts import KINDS
from scrm.kpi.rollup import MOST_BYTES, Applied, Refusal, RollUp, Sorting, Window

RMS, TEAMS, BRANCHES, EVENTS, WINDOWS = 300_000, 30_000, 4_000, 10_000_000, 40
SHARDS_LIVED = 2
SMALL_RMS, SMALL_TEAMS, SMALL_BRANCHES, SMALL_BATCH, SMALL_BATCHES = 200, 20, 4, 1_000, 40
SIGMA, AGAIN, KILLED, TWICE = 1.0, 0.05, 0.2, 0.1
SEED = 51
MORNING = datetime(2027, 3, 1, 1, tzinfo=UTC)
DAY = date(2027, 3, 1)
LINES = 500
MIX: Sequence[tuple[str, Mapping[str, Any], int]] = (
    ("message_archived", {"messages_out": 1, "messages_in": 0}, 38),
    ("message_archived", {"messages_out": 0, "messages_in": 1}, 32),
    ("send_settled", {"channel": "one_to_one", "state": "sent", "corrects": None}, 9),
    ("send_settled", {"channel": "one_to_one", "state": "not_confirmed", "corrects": None}, 3),
    ("contact_added", {}, 6),
    ("task_done", {"state": "given"}, 3),
    ("task_done", {"state": "done"}, 3),
    ("contact_lost", {}, 2),
    ("customer_came", {}, 2),
    ("moment_reactions", {"kind": "like"}, 2),
)
type Member = tuple[str, str]
type Event = tuple[str, bytes]
"""Kind and line."""


class KilledError(Exception):
    """The process died here."""


class UnitTable:
    """A DynamoDB client that puts items on the condition that theirs is a later window, and counts write units."""

    def __init__(self) -> None:
        self.units = 0
        self.windows: dict[tuple[str, str], tuple[int, int]] = {}
        self.roots: dict[str, dict[str, int]] = {}
        self.puts_left: int | None = None
        self._lock = threading.Lock()

    def put_item(self, *, Item: dict[str, Any], **_: Any) -> None:  # noqa: N803 - boto3's names
        size = size_of(Item)
        key, window = (Item["pk"]["S"], Item["sk"]["S"]), int(Item["window"]["N"])
        with self._lock:
            if self.puts_left is not None:
                self.puts_left -= 1
                if self.puts_left < 0:
                    raise KilledError
            before, size_before = self.windows.get(key, (0, 0))
            self.units += units(max(size, size_before), WRITE_UNIT)  # a refused write costs as much
            if before >= window:
                raise ClientError({"Error": {"Code": "ConditionalCheckFailedException"}}, "PutItem")
            self.windows[key] = (window, size)
            if key[0] == "NODE#1":
                self.roots[key[1]] = json.loads(Item["total"]["S"])


class Stores:
    """Documents, windows and counts in memory; counts pass through their text, as in the bucket."""

    def __init__(self) -> None:
        self.landed_now: list[tuple[str, bytes]] = []
        self.windows: dict[int, Window] = {}
        self.states: dict[tuple[date, int], tuple[int, bytes]] = {}
        self.cursor = 0
        self.largest = 0

    def landed(self, kind: str, _first: date) -> Iterator[tuple[str, int]]:
        return ((key, len(body)) for key, body in self.landed_now if key.split("/")[1] == kind)

    def read(self, keys: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        bodies = dict(self.landed_now)
        return ((key, bodies[key]) for key in keys)

    def last_applied(self) -> int:
        return self.cursor

    def applied(self, number: int) -> None:
        self.cursor = max(self.cursor, number)

    def find(self, number: int) -> Window | None:
        return self.windows.get(number)

    def add(self, thing: Any) -> Any:
        if isinstance(thing, Window):
            self.largest = max(self.largest, sum(len(body) for _, body in self.landed_now))
            return self.windows.setdefault(thing.number, thing)
        if self.states.get((thing.day, thing.shard), (0, b""))[0] >= thing.window:
            return False
        self.states[thing.day, thing.shard] = (thing.window, counts_text(thing))
        return True

    def latest(self, day: date, shard: int) -> DayCounts | None:
        found = self.states.get((day, shard))
        return counts_from(found[1]) if found else None

    def refused(self, _window: int, refusals: Sequence[Refusal]) -> None:
        raise AssertionError(refusals[0])

    def changed(self, *_: Any, **__: Any) -> None:
        raise AssertionError("no day closes here")

    def recounted(self, *_: Any) -> None:
        raise AssertionError("nobody asked for it")


def _same(moment: datetime) -> datetime:
    return moment


def bank(rms: int, teams: int, branches: int, shards: range) -> tuple[list[Member], list[float]]:
    """Members of some shards with their node paths, and how busy each is; the whole bank is drawn."""
    draw = random.Random(SEED)  # noqa: S311 - drawn again the same
    members, weights = [], []
    for rm in range(rms):
        team = rm % teams
        path = f"/1/{100 + team % branches}/{100_000 + team}/"
        busy = draw.lognormvariate(0, SIGMA)
        if shard_of(path) in shards:
            members.append((f"rm{rm:06d}", path))
            weights.append(busy)
    return members, weights


def lines(members: Sequence[Member], weights: Sequence[float], number: int, seed: int, at: datetime) -> list[Event]:
    draw = random.Random(seed)  # noqa: S311 - as above
    whose = draw.choices(members, cum_weights=list(accumulate(weights)), k=number)
    what = draw.choices(MIX, weights=[share for *_, share in MIX], k=number)
    moment = clock.to_iso(at)
    events = []
    for place, ((userid, path), (kind, more, _)) in enumerate(zip(whose, what, strict=True)):
        event_id = f"e_{draw.getrandbits(64):016x}{seed:05d}{place:05d}"
        told = {"schema_version": 1, "event_id": event_id, "occurred_at": moment, "node_path": path, "userid": userid}
        events.append((kind, json.dumps({**told, **more}, separators=(",", ":")).encode()))
    return events


def documents(events: Sequence[Event], window: int) -> list[tuple[str, bytes]]:
    by_kind: dict[str, list[bytes]] = {}
    for kind, line in events:
        by_kind.setdefault(kind, []).append(line)
    return [
        (f"facts/{kind}/{DAY}/{window:03d}-{part:05d}.jsonl", b"\n".join(some) + b"\n")
        for kind, told in by_kind.items()
        for part, some in enumerate(batched(told, LINES, strict=False))
    ]


def live(members: Sequence[Member], weights: Sequence[float], per_window: int, windows: int) -> dict[str, float]:
    """A day, told again, killed and applied twice as said above; what it cost and whether everything counted once."""
    stores, table, draw = Stores(), UnitTable(), random.Random(SEED)  # noqa: S311 - as above
    expected: Counter[str] = Counter()
    again: list[Event] = []
    measures = DynamoKpiMeasures(Table(table, "KpiTable"))  # type: ignore[arg-type]
    for number in range(windows):
        at = MORNING + timedelta(minutes=15 * number)
        events = lines(members, weights, per_window, number + 1, at)
        for kind, line in events:
            (fact,), _ = KINDS[kind].read(line)
            expected.update(dict(KINDS[kind].amounts(fact)))
        told = events + again
        again = draw.sample(events, int(len(events) * AGAIN))
        stores.landed_now = documents(told, number)
        moment = at + timedelta(minutes=15)
        rollup = RollUp(stores, stores, stores, measures, stores, functools.partial(_same, moment))
        if draw.random() < KILLED:
            table.puts_left = draw.randrange(per_window // 10 + 2)
            with contextlib.suppress(KilledError):
                list(rollup.run(lambda: True))
            table.puts_left = None
        list(rollup.run(lambda: True))
        if draw.random() < TWICE:
            rollup._apply(stores.windows[stores.cursor], lambda: True)
    counted: Counter[str] = Counter()
    for total in table.roots.values():
        counted.update(total)
    sizes = [size for _, size in table.windows.values()]
    return {
        "units_per_event": table.units / (per_window * windows),
        "exact": float(counted == expected),
        "window_bytes": float(stores.largest),
        "item_bytes": statistics.mean(sizes),
    }


def plain_loop(bodies: Sequence[bytes]) -> dict[Any, int]:
    """What one writes first: each line read, known ids left out, four counters raised."""
    seen: set[str] = set()
    counts: dict[Any, int] = {}
    for body in bodies:
        for line in body.splitlines():
            fact = json.loads(line)
            if fact["event_id"] in seen:
                continue
            seen.add(fact["event_id"])
            day = fact["occurred_at"][:10]
            _, root, branch, team, _ = fact["node_path"].split("/")
            for place in (fact["userid"], team, branch, root):
                key = (day, place, "added")
                counts[key] = counts.get(key, 0) + 1
    return counts


def ours(bodies: Sequence[bytes], windows: int) -> dict[tuple[date, int], DayCounts]:
    """What the function does with a day of them, window by window."""
    states: dict[tuple[date, int], DayCounts] = {}
    for window in batched(bodies, len(bodies) // windows, strict=False):
        sorting = Sorting(DAY, Applied())
        for number, body in enumerate(window):
            sorting.add(f"facts/contact_added/{DAY}/{number}.jsonl", body)
        for place, groups in sorting.groups():
            states.setdefault(place, DayCounts(*place)).take(groups)
    return states


class Cpu(NamedTuple):
    """Of one size: our CPU over the plain loop's, the median of rounds; the least of each, in microseconds an event."""

    ratio: float
    us: float
    us_plain: float


def cpu(events: int, rounds: int, windows: int = WINDOWS) -> Cpu:
    """Of a bank that has so many a day, so that of a member there are as many in a window whatever the size."""
    share = events / EVENTS
    sizes = (round(RMS * share), round(TEAMS * share), round(BRANCHES * share))
    members, weights = bank(*sizes, range(SHARDS))
    draw = random.Random(SEED)  # noqa: S311 - as above
    moment = clock.to_iso(MORNING)
    whose = draw.choices(members, weights=weights, k=events)
    told = [
        json.dumps(
            {
                "schema_version": 1,
                "event_id": ids.derive("added", str(number)),
                "occurred_at": moment,
                "node_path": path,
                "userid": userid,
            },
            separators=(",", ":"),
        ).encode()
        for number, (userid, path) in enumerate(whose)
    ]
    bodies = [b"\n".join(some) + b"\n" for some in batched(told, min(LINES, events // WINDOWS), strict=False)]
    del told, whose, members, weights
    gc.collect()
    gc.freeze()  # what was drawn is not counted
    spent = [(_cpu_of(lambda: ours(bodies, windows)), _cpu_of(lambda: plain_loop(bodies))) for _ in range(rounds)]
    ours_least, plain_least = (min(one) / events * 1e6 for one in zip(*spent, strict=True))
    return Cpu(statistics.median(our / theirs for our, theirs in spent), ours_least, plain_least)


def _cpu_of(work: Callable[[], object]) -> float:
    begun = time.process_time()
    result = work()
    spent = time.process_time() - begun
    del result
    return spent


def _growth(*costs: float) -> float:
    """The dearest size over the cheapest."""
    return max(costs) / min(costs)


def main(part: str) -> dict[str, float]:
    if part == "cpu":
        few, some, many = cpu(10_000, 15), cpu(100_000, 7), cpu(1_000_000, 5)
        caught_up = cpu(1_000_000, 5, windows=4)
        return {
            "ratio": max(few.ratio, some.ratio, many.ratio),
            "flat": _growth(few.ratio, some.ratio, many.ratio),
            "caught_up": caught_up.ratio,
            "us": many.us,
            "us_few": few.us,
            "growth": _growth(few.us, some.us, many.us),
            "growth_plain": _growth(few.us_plain, some.us_plain, many.us_plain),
        }
    if part == "small":
        members, weights = bank(SMALL_RMS, SMALL_TEAMS, SMALL_BRANCHES, range(SHARDS))
        return live(members, weights, SMALL_BATCH, SMALL_BATCHES)
    members, weights = bank(RMS, TEAMS, BRANCHES, range(SHARDS_LIVED))
    all_weights = sum(bank(RMS, TEAMS, BRANCHES, range(SHARDS))[1])
    share = sum(weights) / all_weights
    lived = live(members, weights, round(EVENTS / WINDOWS * share), WINDOWS)
    whole = lived["window_bytes"] / share
    return lived | {"window_share": whole / MOST_BYTES, "share": share}


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1])))
