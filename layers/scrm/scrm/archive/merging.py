"""Merging the index: what came page by page is put by conversation, so that a search reads few files.

Whatever happens in between, a row is there at least once: merged files are written before their sources are removed,
and readers take one row per message.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Protocol

from scrm.archive import index
from scrm.sql import SqlEngine

MOST_PARTS: Final = 400
MOST_BYTES: Final = 256 * 1024 * 1024
MOST_FILES_A_BUCKET: Final = 12
_DAYS_BACK: Final = 6  # WeCom gives messages of five days; the sixth may still hold the last page of the fifth


class IndexFiles(Protocol):
    def sizes_below(self, prefix: str) -> Iterator[tuple[str, int]]: ...

    def delete(self, keys: Sequence[str]) -> None: ...


@dataclass(frozen=True, slots=True)
class Merged:
    """``parts`` taken in, ``files`` written, ``is_done``: nothing is left that should be merged now."""

    parts: int
    files: int
    is_done: bool


class IndexMerger:
    def __init__(self, engine: SqlEngine, files: IndexFiles) -> None:
        self._engine = engine
        self._files = files

    def days_to_merge(self, today: date) -> list[date]:
        """Days that have parts, oldest first."""
        days = [today - timedelta(days=back) for back in range(_DAYS_BACK, -1, -1)]
        return [day for day in days if next(self._parts(day), None) is not None]

    def merge(self, day: date) -> Merged:
        """One bite of a day: parts into buckets, then the fullest bucket into one file."""
        parts = _bite(self._parts(day), MOST_PARTS)
        written = self._replace(day, parts.keys) if parts.keys else []
        crowded = self._crowded_buckets(day)
        for keys in crowded[:1]:
            written += self._replace(day, keys)
        return Merged(len(parts.keys), len(written), is_done=not parts.is_more and len(crowded) <= 1)

    def _replace(self, day: date, keys: Sequence[str]) -> list[str]:
        written = self._engine.merge(index.MESSAGES, keys, "bucket", lambda bucket: index.bucket_partition(day, bucket))
        self._files.delete([key for key in keys if key not in written])
        return written

    def _parts(self, day: date) -> Iterator[tuple[str, int]]:
        return self._files.sizes_below(index.MESSAGES.place(index.part_partition(day)))

    def _crowded_buckets(self, day: date) -> list[Sequence[str]]:
        """Files of buckets that have too many, the fullest bucket first."""
        buckets: dict[str, list[tuple[str, int]]] = {}
        for key, size in self._files.sizes_below(f"{index.MESSAGES.place(index.day_partition(day))}bucket="):
            buckets.setdefault(key.rsplit("/", 1)[0], []).append((key, size))
        crowded = sorted((files for files in buckets.values() if len(files) > MOST_FILES_A_BUCKET), key=len)
        return [_bite(iter(files), MOST_PARTS).keys for files in reversed(crowded)]


@dataclass(frozen=True, slots=True)
class _Bite:
    keys: Sequence[str]
    is_more: bool


def _bite(files: Iterator[tuple[str, int]], most: int) -> _Bite:
    """The first files that one merge takes; always one at least."""
    keys: list[str] = []
    total = 0
    for key, size in files:
        total += size
        if keys and (len(keys) == most or total > MOST_BYTES):
            return _Bite(keys, is_more=True)
        keys.append(key)
    return _Bite(keys, is_more=False)
