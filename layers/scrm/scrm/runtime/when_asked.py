"""A part of a use case that most runs of it never ask: its modules are loaded by the first question (T4)."""

from collections.abc import Callable
from typing import Any, cast

from scrm.runtime import cold_start


def when_asked[T](make: Callable[[], T]) -> T:
    """Stands for what ``make`` returns, which is made when something of it is first used."""
    return cast("T", _WhenAsked(make))


class _WhenAsked:
    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make

    def __getattr__(self, name: str) -> Any:
        """Called for what the instance itself lacks: `_made` until then, and whatever is wanted of it."""
        if name != "_made":
            return getattr(self._made, name)
        with cold_start.loading():
            self._made: Any = self._make()
        return self._made
