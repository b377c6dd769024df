"""Replays of the lexicon: one JSON document each in the data bucket, and who goes on with them."""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from scrm.aws.documents import DocumentStore
from scrm.aws.queues import Queue
from scrm.aws.table import Condition, Table
from scrm.clock import from_iso, to_iso
from scrm.lexicon.messages import LexiconReplayDue
from scrm.lexicon.replays import EntryDiff, HitPlace, Replay, ReplayState
from scrm.screening.replay import StoredSegment

SCHEMA_VERSION: Final = 1
_SEGMENTS_A_QUERY: Final = 100


class BucketReplays:
    """Implements `scrm.lexicon.replays.ReplayStore`."""

    def __init__(self, documents: DocumentStore) -> None:
        self._documents = documents

    def load(self, version: int, replay_id: str) -> Replay | None:
        body = self._documents.get(_key(version, replay_id))
        return _read(json.loads(body)) if body else None

    def create(self, replay: Replay) -> bool:
        key = _key(replay.version, replay.replay_id)
        return self._documents.put(key, _written(replay), "application/json", if_absent=True)

    def save(self, replay: Replay) -> None:
        self._documents.put(_key(replay.version, replay.replay_id), _written(replay), "application/json")


class SqsReplays:
    """Implements `scrm.lexicon.replays.ReplayQueue`."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue

    def due(self, version: int, replay_id: str) -> None:
        self._queue.send([LexiconReplayDue(version=version, replay_id=replay_id)])


class DynamoSegmentsByDay:
    """Implements `scrm.screening.replay.SegmentsByDay`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def after(self, day: date, asked_from: int) -> Sequence[StoredSegment]:
        following = {":pk": f"SEGMENT#{day.isoformat()}", ":after": f"{asked_from:020d}" if asked_from >= 0 else " "}
        condition = Condition("pk = :pk AND sk > :after", following)
        items, _ = self._table.query_page(condition, limit=_SEGMENTS_A_QUERY)
        return [StoredSegment(int(item["sk"]), item["parked"]) for item in items]


def _key(version: int, replay_id: str) -> str:
    return f"lexicon/replays/{version:08d}/{replay_id}.json"


def _written(replay: Replay) -> bytes:
    found = {
        "schema_version": SCHEMA_VERSION,
        "replay_id": replay.replay_id,
        "version": replay.version,
        "against": replay.against,
        "first_day": replay.first_day.isoformat(),
        "last_day": replay.last_day.isoformat(),
        "day": replay.day.isoformat(),
        "requested_by": replay.requested_by,
        "requested_at": to_iso(replay.requested_at),
        "updated_at": to_iso(replay.updated_at),
        "state": replay.state.value,
        "after": replay.after,
        "segments": replay.segments,
        "missing": replay.missing,
        "messages": replay.messages,
        "changed": replay.changed,
        "kept": replay.kept,
        "entries": {entry_id: _diff(diff) for entry_id, diff in sorted(replay.entries.items())},
    }
    return json.dumps(found, ensure_ascii=False, separators=(",", ":")).encode()


def _diff(diff: EntryDiff) -> dict[str, Any]:
    return {
        "added": diff.added,
        "vanished": diff.vanished,
        "added_at": [_place(place) for place in diff.added_at],
        "vanished_at": [_place(place) for place in diff.vanished_at],
    }


def _place(place: HitPlace) -> list[int | None]:
    return [place.page, place.seq, place.line, place.reopened_from]


def _read(found: Mapping[str, Any]) -> Replay:
    return Replay(
        replay_id=found["replay_id"],
        version=found["version"],
        against=found["against"],
        first_day=date.fromisoformat(found["first_day"]),
        last_day=date.fromisoformat(found["last_day"]),
        day=date.fromisoformat(found["day"]),
        requested_by=found["requested_by"],
        requested_at=from_iso(found["requested_at"]),
        updated_at=from_iso(found["updated_at"]),
        state=ReplayState(found["state"]),
        after=found["after"],
        segments=found["segments"],
        missing=found["missing"],
        messages=found["messages"],
        changed=found["changed"],
        kept=found["kept"],
        entries={
            entry_id: EntryDiff(
                diff["added"],
                diff["vanished"],
                tuple(HitPlace(*place) for place in diff["added_at"]),
                tuple(HitPlace(*place) for place in diff["vanished_at"]),
            )
            for entry_id, diff in found["entries"].items()
        },
    )
