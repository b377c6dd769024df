"""Kills a process at a chosen remote call or write, before it or after it."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

from scrm.handover.edges import LONGEST_RUN


class KilledError(BaseException):
    """The function's process dies here; nothing may catch it."""


@dataclass
class Killer:
    """Counts remote calls of one invocation (AWS and WeCom) and kills at the armed one, before or after it.

    A call that began outside any invocation is not killed, whatever is invoked before its answer comes: moving the
    simulator's time brings callbacks that are invocations of their own.
    """

    armed_at: int = -1
    after: bool = False
    calls: int = 0
    kills: int = 0
    armed: bool = False

    def around(self, call: Callable[[], Any]) -> Any:
        if not self.armed:
            return call()
        place, self.calls = self.calls, self.calls + 1
        if place == self.armed_at and not self.after:
            self._die()
        answer = call()
        if place == self.armed_at and self.after:
            self._die()
        return answer

    def begin(self, place: "KillPlace | None") -> None:
        """A new invocation; it dies at ``place``, or lives to its end."""
        self.calls, self.armed = 0, place is not None
        if place is not None:
            self.armed_at, self.after = place.number, place.after

    def _die(self) -> None:
        self.kills += 1
        raise KilledError


@dataclass(frozen=True, slots=True)
class KillPlace:
    """Before or after the n-th remote call of an invocation."""

    number: int = 0
    after: bool = False

    def following(self) -> "KillPlace":
        return KillPlace(self.number + 1) if self.after else KillPlace(self.number, after=True)


def remote[Port](port: Port, killer: Killer) -> Port:
    """The port as something far away: the process may die before and after each call of it."""
    return cast("Port", _Remote(port, killer))


class _Remote:
    def __init__(self, port: object, killer: Killer) -> None:
        self._port = port
        self._killer = killer

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._port, name)
        if not callable(found):
            return found
        return lambda *args, **more: self._killer.around(lambda: found(*args, **more))


_LEASE_ENDED = timedelta(seconds=100)
"""Of the archive's intake, whose message is invisible for eight times as long."""


def redelivered_after(queue: str) -> timedelta:
    """When a message comes again whose reader died; in truth later: visibility is six times the reader's time limit."""
    return {"handover": LONGEST_RUN, "archive_intake": _LEASE_ENDED}.get(queue, timedelta(0))


class CallKiller:
    """Kills a reader at each call that its message makes for the first time, once before it and once after it.

    A call is known by its port's method and by how many of that method came before it in the same invocation, so that
    a run that goes another way after a death, looking up what it had begun, dies at the calls of that way as well.
    """

    def __init__(self) -> None:
        self.kills = 0
        self.died_at: set[tuple[str, str, int, bool]] = set()
        self._message = ""
        self._calls: Counter[str] = Counter()

    def begin(self, message: str) -> None:
        """A new invocation for this message; an empty name is one whose reader lives."""
        self._message = message
        self._calls.clear()

    def around(self, name: str, call: Callable[[], Any]) -> Any:
        place, self._calls[name] = self._calls[name], self._calls[name] + 1
        self._die_once(name, place, after=False)
        answer = call()
        self._die_once(name, place, after=True)
        return answer

    def _die_once(self, name: str, place: int, *, after: bool) -> None:
        point = self._message, name, place, after
        if not self._message or point in self.died_at:
            return
        self.died_at.add(point)
        self.kills += 1
        raise KilledError


def remote_calls[Port](port: Port, killer: CallKiller) -> Port:
    """As `remote`, for a killer that knows calls by name. What a call yields comes with it, as one page would."""
    return cast("Port", _RemoteCalls(port, killer))


class _RemoteCalls:
    def __init__(self, port: object, killer: CallKiller) -> None:
        self._port = port
        self._killer = killer

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._port, name)
        if not callable(found):
            return found
        return lambda *args, **more: self._killer.around(name, lambda: _read(found(*args, **more)))


def _read(answer: Any) -> Any:
    return iter(list(answer)) if isinstance(answer, Iterator) else answer
