"""A clock that only moves when told to, shared state in memory, and a WeCom that answers from a script."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from scrm.wecom.api.call import Call, Json
from scrm.wecom.exchange import Failure, Reply
from scrm.wecom.transport import Pause

START = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


@dataclass(slots=True)
class FakeClock:
    """Sleeping moves it; ``slept`` remembers every sleep in seconds."""

    moment: datetime = START
    slept: list[float] = field(default_factory=list)

    def now(self) -> datetime:
        return self.moment

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)

    def pause(self) -> Pause:
        """For the transport: no jitter."""
        return Pause(now=self.now, sleep=self.sleep, jitter=lambda: 0.0)


class MemoryRateStore:
    """Implements RateStore. ``down`` makes it unreachable; ``lose_next`` lets a competitor win that many writes."""

    def __init__(self) -> None:
        self.items: dict[str, tuple[str, int]] = {}
        self.down = False
        self.lose_next = 0
        self.loads = 0
        self.saves = 0

    def load(self, key: str) -> tuple[str, int] | None:
        self._reach()
        self.loads += 1
        return self.items.get(key)

    def load_all(self, keys: Sequence[str]) -> dict[str, tuple[str, int] | None]:
        self._reach()
        self.loads += 1
        return {key: self.items.get(key) for key in keys}

    def save(self, key: str, text: str, version: int, expires_at: datetime) -> bool:
        self._reach()
        self.saves += 1
        if self.lose_next:
            self.lose_next -= 1
            return False
        if self.items.get(key, ("", 0))[1] != version:
            return False
        self.items[key] = (text, version + 1)
        return True

    def _reach(self) -> None:
        if self.down:
            raise ConnectionError("the store is down")


@dataclass(slots=True)
class _TokenRow:
    token: tuple[str, datetime, datetime] | None = None
    lease_until: datetime | None = None
    holder: str = ""
    fence: int = 0


class MemoryTokenStore:
    """Implements TokenStore. ``on_lease`` is called after a lease was given, to let someone else act meanwhile."""

    def __init__(self) -> None:
        self.rows: dict[str, _TokenRow] = {}
        self.down = False
        self.on_lease: Callable[[], None] = lambda: None

    def read(self, app: str) -> tuple[str, datetime, datetime] | None:
        return self._row(app).token

    def take_lease(self, app: str, holder: str, now: datetime, until: datetime) -> int | datetime:
        row = self._row(app)
        if row.lease_until is not None and row.lease_until > now:
            ours = (row.holder, row.lease_until) == (holder, until)
            return row.fence if ours else row.lease_until
        row.lease_until, row.holder = until, holder
        row.fence += 1
        fence = row.fence
        self.on_lease()
        return fence

    def save(self, app: str, fence: int, token: tuple[str, datetime, datetime]) -> bool:
        row = self._row(app)
        if row.fence != fence:
            return False
        row.token, row.lease_until = token, None
        return True

    def end_lease(self, app: str, fence: int, until: datetime) -> None:
        row = self._row(app)
        if row.fence == fence:
            row.lease_until = until

    def forget(self, app: str, token: str) -> None:
        row = self._row(app)
        if row.token and row.token[0] == token:
            row.token = None

    def _row(self, app: str) -> _TokenRow:
        if self.down:
            raise ConnectionError("the store is down")
        return self.rows.setdefault(app, _TokenRow())


@dataclass(frozen=True, slots=True)
class Sent:
    """One request as it went out."""

    call: Call
    secret_query: Mapping[str, str]
    at: datetime


class ScriptedExchange:
    """Stands in for HttpExchange: answers each path from its own script, then with ``ok``; gettoken numbers tokens."""

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock
        self.scripts: dict[str, list[Reply]] = {}
        self.sent: list[Sent] = []
        self.takes = 0.0
        self._tokens = 0

    def script(self, path: str, *replies: Reply) -> None:
        self.scripts.setdefault(path, []).extend(replies)

    def send(self, call: Call, secret_query: Mapping[str, str], timeout: tuple[float, float] | None = None) -> Reply:
        self.sent.append(Sent(call, dict(secret_query), self._clock.now()))
        self._clock.advance(self.takes)
        if self.scripts.get(call.path):
            return self.scripts[call.path].pop(0)
        if call.path == "gettoken":
            self._tokens += 1
            return answer(access_token=f"TOKEN-{self._tokens}", expires_in=7200)
        return answer()

    def sent_to(self, path: str) -> list[Sent]:
        return [sent for sent in self.sent if sent.call.path == path]


def answer(errcode: int = 0, hint: str = "", **fields: Any) -> Reply:
    """A business answer."""
    return Reply(errcode, hint, {"errcode": errcode, "errmsg": "ok", **fields})


def silence(failure: Failure = Failure.NO_ANSWER) -> Reply:
    """No business answer."""
    return Reply(failure=failure)


class PagedWecom:
    """A Caller for the typed client: answers a path from a list, one answer per call, and keeps what it was sent."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self._answers: dict[str, list[Json | Exception]] = {}

    def will_answer(self, path: str, *answers: Json | Exception) -> None:
        self._answers.setdefault(path, []).extend(answers)

    def call(self, call: Call) -> Json:
        self.calls.append(call)
        reply = self._answers[call.path].pop(0)
        if isinstance(reply, Exception):
            raise reply
        return {"errcode": 0, "errmsg": "ok", **reply}

    def cursors(self) -> list[Any]:
        """The cursor of each call, None where it was absent."""
        return [(call.body if call.body is not None else call.query or {}).get("cursor") for call in self.calls]
