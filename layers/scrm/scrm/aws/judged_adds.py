"""Judged adds in the data bucket: for people by day and branch, for the counters as facts.

``kpi/adds/<day>/<branch>.jsonl`` has every judged add of the day with what each rule saw (`scrm.adds.lines`).
``kpi/collect/<day>-judged/<section>/<name>.jsonl`` has these on the way from a member's section to a branch's.
``facts/add_judged/<landing day>/<name>.jsonl`` has the verdicts; of several on one add the last told counts.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, time
from typing import Final, Protocol

from scrm import clock
from scrm.adds import lines
from scrm.adds.model import AddPlace, Judgement, State
from scrm.adds.sections import Section
from scrm.aws import cursors
from scrm.clock import BUSINESS_ZONE
from scrm.node_paths import ROOT_PATH, branch_of
from scrm.paging import Page

ADDS: Final = "kpi/adds/"
FACTS: Final = "facts/add_judged/"
SCHEMA_VERSION: Final = 1
_ON_THE_WAY: Final = "kpi/collect/"
_JSON_LINES: Final = "application/x-ndjson"
_SUFFIX: Final = ".jsonl"
_MOST_DOCUMENTS: Final = 50


class Documents(Protocol):
    """The data bucket, as far as judged adds need it."""

    def put(self, key: str, body: bytes, content_type: str) -> object: ...

    def get(self, key: str) -> bytes | None: ...


class ListedDocuments(Documents, Protocol):
    def sizes_below(self, prefix: str, after: str = "") -> Iterator[tuple[str, int]]: ...


class BucketJudgedAdds:
    """Implements `scrm.adds.daily.JudgedAdds`."""

    def __init__(self, documents: ListedDocuments, now: Callable[[], datetime] = clock.now) -> None:
        self._documents = documents
        self._now = now

    def keep(self, day: date, branch_id: str, judgements: Sequence[Judgement]) -> None:
        body = b"".join(map(lines.to_line, judgements))
        self._documents.put(_key(day, branch_id), body, _JSON_LINES)

    def kept(self, day: date, branch_id: str) -> list[Judgement]:
        body = self._documents.get(_key(day, branch_id)) or b""
        return [lines.from_line(line) for line in body.splitlines(keepends=True)]

    def tell(self, name: str, judgements: Sequence[Judgement], morning: date | None = None) -> None:
        if not judgements:
            return
        now = self._now()
        told_at = now if morning is None else min(now, _end_of(morning))
        body = b"".join(_fact(each, told_at) for each in judgements)
        landing = now.astimezone(BUSINESS_ZONE).date().isoformat()
        self._documents.put(f"{FACTS}{landing}/{name}.jsonl", body, _JSON_LINES)

    def hand_over(self, seen_on: date, to: Section, name: str, judgements: Sequence[Judgement]) -> None:
        body = b"".join(map(lines.to_line, judgements))
        self._documents.put(f"{_way_to(seen_on, to)}{name}{_SUFFIX}", body, _JSON_LINES)

    def handed_over(self, seen_on: date, to: Section) -> Iterator[Judgement]:
        for key, _ in self._documents.sizes_below(_way_to(seen_on, to)):
            for line in (self._documents.get(key) or b"").splitlines(keepends=True):
                yield lines.from_line(line)


class BucketAddLists:
    """Judged adds as people read them."""

    def __init__(self, documents: ListedDocuments) -> None:
        self._documents = documents

    def find(self, place: AddPlace) -> Judgement | None:
        wanted = place.add_id.encode()
        body = self._documents.get(_key(place.day, place.branch_id)) or b""
        found = (lines.from_line(line) for line in body.splitlines() if wanted in line)
        return next((each for each in found if each.evidence.add.add_id == place.add_id), None)

    def page(self, node_path: str, day: date, state: State | None, cursor: str | None, limit: int) -> Page[Judgement]:
        """Adds of a day of members at or below the node, by branch, member and time.

        A page looks into 50 branches at most, so that it may be short. A cursor of another list raises
        `scrm.paging.InvalidCursorError`. A morning that judges the day anew between two pages may move a line.
        """
        scope = f"adds/{node_path}/{day.isoformat()}/{state or ''}"
        position = cursors.decode(scope, cursor)
        first, line = cursors.text(position, "branch"), cursors.number(position, "line")
        found: list[Judgement] = []
        for number, branch_id in enumerate(self._branches(node_path, day, first)):
            if number == _MOST_DOCUMENTS:
                return Page(tuple(found), cursors.encode(scope, {"branch": branch_id, "line": 0}))
            start = line if branch_id == first else 0
            for place, each in self._matching(node_path, day, state, branch_id, start):
                if len(found) == limit:
                    return Page(tuple(found), cursors.encode(scope, {"branch": branch_id, "line": place}))
                found.append(each)
        return Page(tuple(found))

    def _branches(self, node_path: str, day: date, first: str) -> Iterator[str]:
        if node_path != ROOT_PATH:
            yield branch_of(node_path)
            return
        prefix = f"{ADDS}{day.isoformat()}/"
        for key, _ in self._documents.sizes_below(prefix, after=f"{prefix}{first}"):
            yield key.removeprefix(prefix).removesuffix(_SUFFIX)

    def _matching(
        self, node_path: str, day: date, state: State | None, branch_id: str, start: int
    ) -> Iterator[tuple[int, Judgement]]:
        body = self._documents.get(_key(day, branch_id)) or b""
        for number, line in enumerate(body.splitlines()[start:], start):
            each = lines.from_line(line)
            if each.evidence.add.node_path.startswith(node_path) and state in {None, each.state}:
                yield number, each


def _key(day: date, branch_id: str) -> str:
    return f"{ADDS}{day.isoformat()}/{branch_id}{_SUFFIX}"


def _way_to(seen_on: date, section: Section) -> str:
    return f"{_ON_THE_WAY}{seen_on.isoformat()}-judged/{section.number:04d}-of-{section.of:04d}/"


def _end_of(day: date) -> datetime:
    return datetime.combine(day, time.max, BUSINESS_ZONE)


def _fact(judgement: Judgement, told_at: datetime) -> bytes:
    add = judgement.evidence.add
    line = {
        "schema_version": SCHEMA_VERSION,
        "event_id": add.add_id,
        "occurred_at": clock.to_iso(add.added_at),
        "told_at": clock.to_iso(told_at),
        "node_path": add.node_path,
        "userid": add.userid,
        "valid": judgement.counts,
        "decided": judgement.is_decided,
    }
    return json.dumps(line, separators=(",", ":")).encode() + b"\n"
