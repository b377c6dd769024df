"""Service quality of a day as one document of facts, made again as long as answers may still come (S69, design 11).

The document depends on the index and the settings alone: whoever makes it again gets the same bytes.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Protocol

from scrm import ids
from scrm.archive import index
from scrm.service import quality
from scrm.service.quality import ServiceQuality, ServiceSettings
from scrm.sql import SqlEngine

SCHEMA_VERSION: Final = 2
MOST_BYTES: Final = 96 * 1024 * 1024
"""A day whose index is larger is measured bucket by bucket; the days around it are read too."""
_DAYS_BACK: Final = 6  # WeCom gives messages of five days, so a day may still change for so long


class IndexSizes(Protocol):
    def sizes_below(self, prefix: str) -> Iterator[tuple[str, int]]: ...


class ServiceFacts(Protocol):
    def write(self, day: date, lines: Sequence[bytes]) -> None:
        """The facts of a day, over those of before."""
        ...


@dataclass(frozen=True, slots=True)
class ServiceDays:
    """Use case of a schedule. ``settings`` are those in force."""

    engine: SqlEngine
    files: IndexSizes
    facts: ServiceFacts
    settings: ServiceSettings

    def days(self, today: date) -> list[date]:
        """Days whose figures may have changed, oldest first; not today's, which are not over."""
        days = [today - timedelta(days=back) for back in range(_DAYS_BACK + self.settings.horizon_days, 0, -1)]
        return [day for day in days if self._size(day)]

    def measure(self, day: date) -> int:
        """Writes the facts of a day; how many members and places they tell of."""
        found = self._measured(day)
        self.facts.write(day, [_line(each) for each in found])
        return len(found)

    def _measured(self, day: date) -> list[ServiceQuality]:
        if self._size(day) <= MOST_BYTES:
            return quality.measure(self.engine, day, None, self.settings)
        parts = (quality.measure(self.engine, day, bucket, self.settings) for bucket in range(index.BUCKETS))
        return quality.added(each for part in parts for each in part)

    def _size(self, day: date) -> int:
        return sum(size for _, size in self.files.sizes_below(index.MESSAGES.place(index.day_partition(day))))


def _line(found: ServiceQuality) -> bytes:
    line = {
        "schema_version": SCHEMA_VERSION,
        "event_id": ids.derive("service", found.day.isoformat(), found.member, found.node_path),
        "occurred_at": f"{found.day.isoformat()}T04:00:00.000Z",  # noon in Shanghai: of the day no moment is told
        "day": found.day.isoformat(),
        "userid": found.member,
        "node_path": found.node_path,
        "inquiries": found.inquiries,
        "answered": found.answered,
        "answered_in_time": found.answered_in_time,
        "response_seconds": found.response_seconds,
        "responses": list(found.responses),
    }
    return json.dumps(line, separators=(",", ":")).encode() + b"\n"
