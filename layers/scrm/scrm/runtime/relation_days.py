"""Of which days it is kept who follows whom."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final, Protocol

from scrm.collect.datasets import RELATIONS, day_partition

_LOOK_BACK: Final = 45


class Files(Protocol):
    def sizes_below(self, prefix: str) -> Iterator[tuple[str, int]]: ...


def relations_on(files: Files, day: date, not_before: date) -> str | None:
    """The partition of the last day that is kept, neither after ``day`` nor before ``not_before``."""
    for back in range(min(_LOOK_BACK, (day - not_before).days) + 1):
        partition = day_partition(day - timedelta(days=back))
        if next(iter(files.sizes_below(RELATIONS.place(partition))), None) is not None:
            return partition
    return None
