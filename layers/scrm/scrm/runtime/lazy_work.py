"""What a function does, by kind of message and by schedule; only what comes is loaded (T4).

A new kind of work is one line in its handler and one module of `scrm.runtime.work`. It costs the starts of the other
kinds nothing: a module there imports its messages, its use case and its joins, and is imported by its first message.
"""

import importlib
import sys
from collections.abc import Callable, Mapping
from typing import Any

from scrm.runtime import cold_start
from scrm.runtime.message_kind import kind_of, of_no_kind_known_here
from scrm.runtime.ticks import Tick

_WORK = "scrm.runtime.work"


class LazyWork:
    """``messages`` says ``module.function`` of `scrm.runtime.work` by kind, ``schedules`` by the event of a schedule.

    The function of a kind takes the message's body and raises ValidationError for one that does not fit; that of a
    schedule takes nothing and may tell a `Tick`.
    """

    def __init__(self, messages: Mapping[str, str], schedules: Mapping[str, str] | None = None) -> None:
        self._messages = messages
        self._schedules = schedules or {}

    def take(self, body: str) -> None:
        """One message of the queue. Raises ValidationError for one of a kind that is not known here."""
        name = self._messages.get(kind_of(body))
        if name is None:
            raise of_no_kind_known_here()
        _function(name)(body)

    def tick(self, schedule: str) -> Tick | None:
        """What is due, and what its function tells of it; None when it is none of these schedules."""
        name = self._schedules.get(schedule)
        if name is None:
            return None
        told: Tick | None = _function(name)()
        return told or {}

    def functions(self) -> list[Callable[..., Any]]:
        """All of them, with their modules loaded; for tests."""
        return [_function(name) for name in (*self._messages.values(), *self._schedules.values())]


def _function(name: str) -> Callable[..., Any]:
    module, _, function = name.partition(".")
    place = f"{_WORK}.{module}"
    if place not in sys.modules:
        with cold_start.loading():
            importlib.import_module(place)
    found: Callable[..., Any] = getattr(sys.modules[place], function)
    return found
