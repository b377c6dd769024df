"""Keys in order, so that a page of a long list costs the page and not the list."""

import bisect
from collections.abc import Iterable, Sequence
from typing import Any

_FEW = 64  # changes between two reads that are worth keeping the order for; after more, sorting anew is cheaper


class SortedKeys[K: Any]:
    """The order of a collection that its owner keeps; the owner tells every change and gives the keys when asked."""

    __slots__ = ("_changes", "_keys")

    def __init__(self) -> None:
        self._keys: list[K] | None = None
        self._changes = 0

    def read(self, collection: Iterable[K]) -> Sequence[K]:
        """All keys in order; ``collection`` is gone through only if the order is not known."""
        self._changes = 0
        if self._keys is None:
            self._keys = sorted(collection)
        return self._keys

    def added(self, key: K) -> None:
        if self._keys is not None and self._still_worth_it():
            bisect.insort(self._keys, key)

    def removed(self, key: K) -> None:
        if self._keys is not None and self._still_worth_it():
            del self._keys[bisect.bisect_left(self._keys, key)]

    def _still_worth_it(self) -> bool:
        self._changes += 1
        if self._changes > _FEW:
            self._keys = None
        return self._keys is not None
