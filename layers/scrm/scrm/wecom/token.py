"""The token broker: one access token per corp and app, fetched by one function at a time (docs/wecom.md 1.2, 9).

The traps others fell into, each with a test: whoever gets the lease looks again before it fetches (1); a refused
token is deleted only if it is still the stored one (2); an answer that arrives late never overwrites a newer token
(3, by a fencing number); a holder that died blocks the others for seconds (4); one refused token is replaced and the
call replayed once, not for ever (6, in the transport).
"""

import json
import secrets
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final, NamedTuple, Protocol

from scrm import clock
from scrm.wecom import limits
from scrm.wecom.errors import CallPostponedError, PermissionDeniedError, WecomError

GETTOKEN: Final = "gettoken"
STORED_AS: Final = "TOKEN#"
LEASE_LIFE: Final = timedelta(seconds=8)  # a fetch has 6; a dead holder blocks the others for less than 10
_POLL: Final = 0.2
_POLLS: Final = 50  # ten seconds, then the caller comes back later
_SHORTEST_REST: Final = timedelta(seconds=60)  # between two early fetches, should WeCom hand out the old token again
_STORE_PAUSE: Final = timedelta(seconds=5)


class AccessToken(NamedTuple):
    """The value never shows in a representation, and so in no log line and no traceback."""

    value: str
    refresh_at: datetime
    expires_at: datetime

    def __repr__(self) -> str:
        return f"AccessToken(refresh_at={self.refresh_at}, expires_at={self.expires_at})"

    @classmethod
    def seen(cls, text: str) -> "AccessToken":
        """As a `RateStore` reads it beside its own: a JSON list of value, time to renew and expiry."""
        value, refresh_at, expires_at = json.loads(text)
        return cls(value, clock.from_iso(refresh_at), clock.from_iso(expires_at))

    @classmethod
    def fetched(cls, value: str, expires_in: timedelta, asked_at: datetime) -> "AccessToken":
        """Obeys ``expires_in``, counted from before the request; to be renewed about five minutes early."""
        expires_at = asked_at + expires_in
        early = max(expires_at - limits.TOKEN_REFRESH_MARGIN, asked_at + _SHORTEST_REST)
        return cls(value, min(early, expires_at), expires_at)


class TokenStore(Protocol):
    """One record per app, shared by all functions and encrypted at rest. Raises OSError when out of reach."""

    def read(self, app: str) -> tuple[str, datetime, datetime] | None:
        """Token, time to renew, expiry; strongly consistent."""

    def take_lease(self, app: str, holder: str, now: datetime, until: datetime) -> int | datetime:
        """The right to fetch, as a fencing number larger than any before; or until when someone else has it."""

    def save(self, app: str, fence: int, token: tuple[str, datetime, datetime]) -> bool:
        """Store the token and end the lease; False when someone took the lease since."""

    def end_lease(self, app: str, fence: int, until: datetime) -> None:
        """Let the lease of this ``fence`` end at ``until``."""

    def forget(self, app: str, token: str) -> None:
        """Delete the token if it is still this one."""


class TokenBroker:
    """``fetch`` calls gettoken once and returns the token and its life; it raises `WecomError`."""

    def __init__(
        self,
        store: TokenStore,
        app: str,
        fetch: Callable[[], tuple[str, timedelta]],
        *,
        now: Callable[[], datetime] = clock.now,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._store = store
        self._app = app
        self._fetch = fetch
        self._now = now
        self._sleep = sleep
        self._holder = secrets.token_hex(8)
        self._known: AccessToken | None = None
        self._refused = ""

    def __repr__(self) -> str:
        return f"TokenBroker(app={self._app!r})"

    @property
    def keys_due(self) -> tuple[str, ...]:
        """What `current` would read of the store now: a caller that reads anyway takes it along."""
        return () if self._known and self._now() < self._known.refresh_at else (f"{STORED_AS}{self._app}",)

    def current(self, seen: Mapping[str, tuple[str, int] | None] | None = None) -> str:
        """A valid token. ``seen`` was read just now.

        Raises `CallPostponedError` when none can be had soon, `WecomError` when WeCom refuses.
        """
        found = (seen or {}).get(f"{STORED_AS}{self._app}")
        if found:
            self._taken(AccessToken.seen(found[0]))
        now = self._now()
        if self._known and now < self._known.refresh_at:
            return self._known.value
        try:
            return self._shared().value
        except OSError:
            if self._known and now < self._known.expires_at:
                return self._known.value
            raise_at = now + _STORE_PAUSE
        raise CallPostponedError(GETTOKEN, raise_at)

    def reject(self, token: str) -> None:
        """WeCom refused ``token`` (40014, 42001): nobody shall use it again; a newer one stays."""
        self._refused = token
        if self._known and self._known.value == token:
            self._known = None
        try:
            self._store.forget(self._app, token)
        except OSError:
            return

    def _shared(self) -> AccessToken:
        """The stored token, or a new one by whoever gets the lease; the others use the old one or wait for it."""
        for _ in range(_POLLS):
            stored = self._stored()
            if stored and self._now() < stored.refresh_at:
                return stored
            now = self._now()
            lease = self._store.take_lease(self._app, self._holder, now, now + LEASE_LIFE)
            if isinstance(lease, int):
                return self._renewed(lease, stored)
            if stored:
                return stored
            if lease - now > LEASE_LIFE:  # held on purpose: the secret was refused
                raise CallPostponedError(GETTOKEN, lease)
            self._sleep(_POLL)
        raise CallPostponedError(GETTOKEN, self._now() + LEASE_LIFE)

    def _renewed(self, fence: int, usable: AccessToken | None) -> AccessToken:
        """Fetch with the lease in hand. A failed early renewal is no failure while the old token lives."""
        again = self._stored()
        if again and self._now() < again.refresh_at:
            self._store.end_lease(self._app, fence, self._now())
            return again
        asked_at = self._now()
        try:
            value, life = self._fetch()
        except PermissionDeniedError:
            self._store.end_lease(self._app, fence, asked_at + limits.TOKEN_REFUSED_PAUSE)
            if usable:
                return usable
            raise
        except (WecomError, CallPostponedError):
            self._store.end_lease(self._app, fence, self._now())
            if usable:
                return usable
            raise
        token = AccessToken.fetched(value, life, asked_at)
        self._refused = ""  # should WeCom hand out the same one again, it means it
        if self._store.save(self._app, fence, (token.value, token.refresh_at, token.expires_at)):
            self._known = token
            return token
        return self._stored() or token

    def _stored(self) -> AccessToken | None:
        """The shared token while it lives, unless it is the one WeCom refused us."""
        row = self._store.read(self._app)
        return self._taken(AccessToken(*row)) if row else None

    def _taken(self, stored: AccessToken) -> AccessToken | None:
        if stored.value == self._refused or self._now() >= stored.expires_at:
            return None
        self._known = stored
        return stored
