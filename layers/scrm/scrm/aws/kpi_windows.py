"""The roll-up's own documents: windows, counts and refused lines in the data bucket; how far it is, in the KPI table.

===============================================  ======================================================================
key                                              document
===============================================  ======================================================================
``kpi/windows/<number>.json``                    which documents of facts a window has; written once
``kpi/counts/<day>/<shard>-<window>.json``       what was counted up to a window, and of which events; the last two stay
``kpi/refused/<window>.json``                    lines that count nowhere, without their content
===============================================  ======================================================================

============  =================  ======================================================================================
pk            sk                 item
============  =================  ======================================================================================
``ROLLUP``    ``CURSOR``         the last window that was applied to its end
``DAY#<d>``   ``<window>``       a version of a closed day: how many events changed it
============  =================  ======================================================================================
"""

import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from itertools import batched
from typing import Any, Final

import msgspec

from scrm import clock
from scrm.aws.documents import DocumentStore
from scrm.aws.table import Condition, Table
from scrm.kpi import recounts
from scrm.kpi.counting import Counts, DayCounts, PackName, Told
from scrm.kpi.facts import Amounts
from scrm.kpi.recounts import RecountStore
from scrm.kpi.rollup import Refusal, Window

SCHEMA_VERSION: Final = 1
WINDOWS: Final = "kpi/windows/"
COUNTS: Final = "kpi/counts/"
REFUSED: Final = "kpi/refused/"
_FACTS_KEY: Final = re.compile(r"facts/[a-z_]+/\d{4}-\d{2}-\d{2}/[^/]+\.jsonl")
_JSON: Final = "application/json"
_KEY_LENGTH: Final = 16
_AT_ONCE: Final = 16
_STATES_KEPT: Final = 2
_MOST_REFUSALS: Final = 1_000


class BucketFacts:
    """Implements `scrm.kpi.rollup.FactDocuments`."""

    def __init__(self, documents: DocumentStore) -> None:
        self._documents = documents

    def landed(self, kind: str, first: date) -> Iterator[tuple[str, int]]:
        prefix = f"facts/{kind}/"
        for key, size in self._documents.sizes_below(prefix, after=f"{prefix}{first.isoformat()}"):
            if _FACTS_KEY.fullmatch(key):
                yield key, size

    def read(self, keys: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for some in batched(keys, _AT_ONCE * 4, strict=False):
                for key, body in zip(some, pool.map(self._documents.get, some), strict=True):
                    if body is not None:
                        yield key, body


class BucketWindows:
    """Implements `scrm.kpi.rollup.Windows`. Windows never change, so that those it read are kept."""

    def __init__(self, documents: DocumentStore, table: Table) -> None:
        self._documents = documents
        self._table = table
        self._known: dict[int, Window] = {}

    def last_applied(self) -> int:
        item = self._table.get({"pk": "ROLLUP", "sk": "CURSOR"})
        return int(item["window"]) if item else 0

    def applied(self, number: int) -> None:
        earlier = Condition("attribute_not_exists(pk) OR #window < :window", {":window": number}, {"#window": "window"})
        item = {"pk": "ROLLUP", "sk": "CURSOR", "schema_version": SCHEMA_VERSION, "window": number}
        self._table.put(item, earlier)

    def find(self, number: int) -> Window | None:
        if number not in self._known:
            body = self._documents.get(_window_key(number))
            if body is None:
                return None
            self._known[number] = _to_window(number, body)
        return self._known[number]

    def add(self, window: Window) -> Window:
        told = {
            "schema_version": SCHEMA_VERSION,
            "planned_at": clock.to_iso(window.planned_at),
            "looked_from": window.looked_from.isoformat(),
            "recounts": window.recounts.isoformat() if window.recounts else None,
            "keys": window.keys,
        }
        if self._documents.put(_window_key(window.number), msgspec.json.encode(told), _JSON, if_absent=True):
            return window
        return self.find(window.number) or window


class _ToldColumns(msgspec.Struct):
    """Events of a node path that can be corrected; ``at``, ``who`` and ``what`` stand beside each key."""

    keys: str
    at: list[str]
    who: list[str]
    what: list[int]


class _CountsDocument(msgspec.Struct):
    day: date
    shard: int
    window: int
    version: int
    news: int
    seen: str
    told: dict[str, _ToldColumns]
    amounts: list[list[tuple[str, int]]]
    members: dict[str, dict[str, Counts]]
    below: dict[str, Counts]
    touched: list[PackName]
    schema_version: int = SCHEMA_VERSION


class BucketCounts:
    """Implements `scrm.kpi.rollup.CountsStore`."""

    def __init__(self, documents: DocumentStore) -> None:
        self._documents = documents

    def latest(self, day: date, shard: int) -> DayCounts | None:
        """One that is gone when it is read has later ones: two of them were stored since it was listed."""
        while keys := self._keys(day, shard):
            body = self._documents.get(keys[-1])
            if body is not None:
                return counts_from(body)
        return None

    def add(self, counts: DayCounts) -> bool:
        key = f"{_shard_prefix(counts.day, counts.shard)}{counts.window:08d}.json"
        if not self._documents.put(key, counts_text(counts), _JSON, if_absent=True):
            return False
        self._documents.delete(self._keys(counts.day, counts.shard)[:-_STATES_KEPT])
        return True

    def _keys(self, day: date, shard: int) -> list[str]:
        return [key for key, _ in self._documents.sizes_below(_shard_prefix(day, shard))]


class RollupChronicle:
    """Implements `scrm.kpi.rollup.Chronicle`."""

    def __init__(self, documents: DocumentStore, table: Table, recounts: RecountStore) -> None:
        self._documents = documents
        self._table = table
        self._recounts = recounts

    def refused(self, window: int, refusals: Sequence[Refusal]) -> None:
        told = {
            "schema_version": SCHEMA_VERSION,
            "window": window,
            "lines": len(refusals),
            "first": [{"key": one.key, "line": one.line, "why": one.why} for one in refusals[:_MOST_REFUSALS]],
        }
        self._documents.put(f"{REFUSED}{window:08d}.json", msgspec.json.encode(told), _JSON)

    def changed(self, day: date, window: int, at: datetime, events: int, *, recounted: bool) -> None:
        item = {
            "pk": f"DAY#{day.isoformat()}",
            "sk": f"{window:08d}",
            "schema_version": SCHEMA_VERSION,
            "at": clock.to_iso(at),
            "events": events,
            "recounted": recounted,
        }
        # Who is slow finds shards that are further already, and knows of fewer events than who finished the window.
        more = Condition("attribute_not_exists(pk) OR #events < :events", {":events": events}, {"#events": "events"})
        self._table.put(item, more)

    def recounted(self, day: date, window: int, at: datetime, events: int) -> None:
        self._recounts.change(lambda before: recounts.done(before, day, window, at, events))


def counts_text(counts: DayCounts) -> bytes:
    """Counts as they are stored: of what can be corrected columns, so that a large campaign stays small."""
    numbers: dict[Amounts, int] = {}
    told: dict[str, _ToldColumns] = {}
    for path, events in counts.told.items():
        columns = _ToldColumns("".join(events), [], [], [])
        for at, userid, amounts in events.values():
            columns.at.append(at)
            columns.who.append(userid)
            columns.what.append(numbers.setdefault(amounts, len(numbers)))
        told[path] = columns
    document = _CountsDocument(
        day=counts.day,
        shard=counts.shard,
        window=counts.window,
        version=counts.version,
        news=counts.news,
        seen="".join(counts.seen),
        told=told,
        amounts=[list(amounts) for amounts in numbers],
        members=counts.members,
        below=counts.below,
        touched=sorted(counts.touched),
    )
    return msgspec.json.encode(document)


def counts_from(body: bytes) -> DayCounts:
    found = msgspec.json.decode(body, type=_CountsDocument)
    amounts: list[Amounts] = [tuple(one) for one in found.amounts]
    told: dict[str, dict[str, Told]] = {}
    for path, columns in found.told.items():
        events = zip(columns.at, columns.who, (amounts[number] for number in columns.what), strict=True)
        told[path] = dict(zip(_keys_in(columns.keys), events, strict=True))
    return DayCounts(
        day=found.day,
        shard=found.shard,
        window=found.window,
        version=found.version,
        news=found.news,
        seen=set(_keys_in(found.seen)),
        told=told,
        members=found.members,
        below=found.below,
        touched=set(found.touched),
    )


def _keys_in(text: str) -> list[str]:
    return [text[at : at + _KEY_LENGTH] for at in range(0, len(text), _KEY_LENGTH)]


def _shard_prefix(day: date, shard: int) -> str:
    return f"{COUNTS}{day.isoformat()}/{shard:02d}-"


def _window_key(number: int) -> str:
    return f"{WINDOWS}{number:08d}.json"


def _to_window(number: int, body: bytes) -> Window:
    told: dict[str, Any] = msgspec.json.decode(body)
    recounts = told["recounts"]
    return Window(
        number,
        clock.from_iso(told["planned_at"]),
        date.fromisoformat(told["looked_from"]),
        tuple(told["keys"]),
        date.fromisoformat(recounts) if recounts else None,
    )
