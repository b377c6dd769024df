"""What became of each send, as Parquet: made once a day of the facts ``facts/send_settled/<day>/``.

``uplift/touches/day=<day>/<chunk>.parquet`` has a row for each line of up to `FILES_PER_CHUNK` documents. A landing day
that is over never changes, so a chunk that is there is done; one that a killed run left out is written by the next.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from itertools import batched
from typing import Any, Final, Protocol

from scrm.aws.settled_facts import FACTS
from scrm.sql import Dataset, SqlEngine

TOUCHES: Final = Dataset(
    name="touches",
    prefix="uplift/touches",
    columns={
        "external_userid": "VARCHAR",
        "userid": "VARCHAR",
        "campaign_id": "VARCHAR",
        "task_id": "VARCHAR",
        "channel": "VARCHAR",
        "activity_id": "VARCHAR",
        "content_version": "BIGINT",
        "node_path": "VARCHAR",
        "state": "VARCHAR",
        "reason": "VARCHAR",
        "touched_at": "VARCHAR",  # when he got it, ISO UTC; empty when unknown
        "told_at": "VARCHAR",
    },
    sorted_by=("external_userid", "touched_at"),
)
FILES_PER_CHUNK: Final = 2_000
_READERS: Final = 8
_NAME_LENGTH: Final = 26


class Documents(Protocol):
    """The data bucket, as far as facts need it."""

    def get(self, key: str) -> bytes | None: ...

    def sizes_below(self, prefix: str) -> Iterator[tuple[str, int]]: ...


class TouchDays:
    """The days of the dataset, and how they are made."""

    def __init__(self, documents: Documents, engine: SqlEngine) -> None:
        self._documents = documents
        self._engine = engine

    def make(self, today: date, days_back: int, has_time: Callable[[], bool]) -> int:
        """Chunks written of the days that are over, the latest first; what time does not allow the next run does."""
        written = 0
        for back in range(1, days_back + 1):
            day = today - timedelta(days=back)
            there = {key.rsplit("/", 1)[1] for key, _ in self._documents.sizes_below(TOUCHES.place(_partition(day)))}
            keys = sorted(key for key, _ in self._documents.sizes_below(f"{FACTS}{day.isoformat()}/"))
            for chunk in batched(keys, FILES_PER_CHUNK, strict=False):
                name = hashlib.sha256("\n".join(chunk).encode()).hexdigest()[:_NAME_LENGTH]
                if f"{name}.parquet" in there:
                    continue
                if not has_time():
                    return written
                self._engine.write(TOUCHES, _partition(day), name, self._rows(chunk))
                written += 1
        return written

    def partitions(self, first: date, last: date) -> tuple[str, ...]:
        days = (first + timedelta(days=number) for number in range((last - first).days + 1))
        return tuple(_partition(day) for day in days)

    def _rows(self, keys: Sequence[str]) -> Iterator[dict[str, Any]]:
        with ThreadPoolExecutor(_READERS) as pool:
            for body in pool.map(self._documents.get, keys):
                for line in (body or b"").splitlines():
                    yield _row(json.loads(line))


def _partition(day: date) -> str:
    return f"day={day.isoformat()}"


def _row(line: dict[str, Any]) -> dict[str, Any]:
    return {
        "external_userid": line["external_userid"],
        "userid": line["userid"],
        "campaign_id": line["campaign_id"],
        "task_id": line["task_id"],
        "channel": line["channel"],
        "activity_id": line["activity_id"],
        "content_version": line["content_version"],
        "node_path": line["node_path"],
        "state": line["state"],
        "reason": line["reason"],
        "touched_at": line["at"] or "",
        "told_at": line["told_at"],
    }
