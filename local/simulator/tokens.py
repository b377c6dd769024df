"""Access tokens: one per app of the corp, on the simulated clock."""

import secrets
from collections import deque
from dataclasses import dataclass, field

from local.simulator import errors
from local.simulator.errors import ApiError
from local.simulator.knobs import Knobs
from local.simulator.model import App
from local.simulator.world import World

_HOUR = 3_600


@dataclass(slots=True)
class Token:
    text: str
    app: str
    expires_at: float
    revoked_as: int | None = None


@dataclass(slots=True)
class TokenStore:
    tokens: dict[str, Token] = field(default_factory=dict)
    latest: dict[str, str] = field(default_factory=dict)
    bad_secrets: dict[str, deque[float]] = field(default_factory=dict)
    banned_until: dict[str, float] = field(default_factory=dict)

    def fetch(self, world: World, knobs: Knobs, query: dict[str, str], *, source: str, now: float) -> Token:
        """gettoken.

        Raises:
            ApiError: 41002, 41004, 40013, 40091, 40001.
        """
        if not query.get("corpid"):
            raise ApiError(errors.CORP_ID_MISSING)
        secret = query.get("corpsecret")
        if not secret:
            raise ApiError(errors.SECRET_MISSING)
        if query["corpid"] != world.corp_id:
            raise ApiError(errors.BAD_CORP_ID)
        app = next((app for app in world.apps.values() if secrets.compare_digest(app.secret, secret)), None)
        if app is None:
            self._count_bad_secret(source, knobs, now)
            raise ApiError(errors.FOREIGN_SECRET if secret in world.foreign_secrets else errors.BAD_SECRET)
        if not app.enabled:
            raise ApiError(errors.BAD_SECRET, "app stopped")
        return self._token_for(app, knobs, now)

    def resolve(self, text: str | None, now: float) -> str:
        """The app of a token.

        Raises:
            ApiError: 41001, 40014, 42001.
        """
        if not text:
            raise ApiError(errors.TOKEN_MISSING)
        token = self.tokens.get(text)
        if token is None:
            raise ApiError(errors.BAD_TOKEN)
        if token.revoked_as is not None:
            raise ApiError(token.revoked_as)
        if now >= token.expires_at:
            raise ApiError(errors.TOKEN_EXPIRED)
        return token.app

    def revoke(self, app: str | None, errcode: int) -> int:
        """End the living tokens of an app, or of all; calls with them then fail with ``errcode``."""
        ended = [token for token in self.tokens.values() if app in (None, token.app) and token.revoked_as is None]
        for token in ended:
            token.revoked_as = errcode
        return len(ended)

    def banned(self, source: str, now: float) -> bool:
        return self.banned_until.get(source, 0.0) > now

    def _token_for(self, app: App, knobs: Knobs, now: float) -> Token:
        latest = self.tokens.get(self.latest.get(app.app, ""))
        alive = latest is not None and latest.revoked_as is None and now < latest.expires_at
        if latest is not None and alive and knobs.same_token_on_refetch:
            return latest
        token = Token(f"SIMTOKEN-{secrets.token_urlsafe(48)}", app.app, now + knobs.token_ttl_seconds)
        self.tokens[token.text] = token
        self.latest[app.app] = token.text
        return token

    def _count_bad_secret(self, source: str, knobs: Knobs, now: float) -> None:
        recent = self.bad_secrets.setdefault(source, deque())
        recent.append(now)
        while recent[0] <= now - _HOUR:
            recent.popleft()
        if len(recent) >= knobs.bad_secret_limit:
            self.banned_until[source] = now + knobs.bad_secret_ban_seconds
            recent.clear()
