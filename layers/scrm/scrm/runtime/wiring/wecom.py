"""Builds the WeCom client of a function: secret, token, rate and outage shared through the platform table."""

import functools
from typing import Any, Final

from scrm.aws import session
from scrm.aws.callback_inbox import JsonSecret
from scrm.aws.rate_table import DynamoRateTable
from scrm.aws.token_table import DynamoTokenTable
from scrm.runtime.environment import required
from scrm.runtime.observability import count, logger
from scrm.wecom.breaker import CircuitBreaker
from scrm.wecom.client import WecomClient
from scrm.wecom.errors import CONCURRENCY_LIMIT, FREQUENCY_LIMIT, OK, PermissionDeniedError
from scrm.wecom.exchange import HttpExchange
from scrm.wecom.governor import RateGovernor
from scrm.wecom.governor_state import Priority
from scrm.wecom.transport import AppCredentials, GuardedExchange, WecomTransport, token_broker

CONTACTS_APP: Final = "contacts"


class SecretIncompleteError(Exception):
    """The WeCom secret lacks a field; the message names the field, never a value."""


class AppSecret:
    """One app's entry in the WeCom secret (WECOM_SECRET_ID)."""

    def __init__(self, secret: JsonSecret, app: str) -> None:
        self._secret = secret
        self._app = app

    def credentials(self) -> AppCredentials:
        """Read anew at every token fetch, some twelve times a day: a rotated secret is taken up by itself."""
        secret = self._secret.read()
        return AppCredentials(str(_field(secret, "corp_id")), str(_field(secret, "apps", self._app, "secret")))

    @functools.cached_property
    def agent_id(self) -> int:
        """The app's number; it never changes."""
        return int(_field(self._secret.read(), "apps", self._app, "agent_id"))


def _field(secret: dict[str, Any], *names: str) -> Any:
    """Raises SecretIncompleteError."""
    value: Any = secret
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    if not value:
        raise SecretIncompleteError(".".join(names))
    return value


class CallMetrics:
    """Counts what calls do; implements `scrm.wecom.transport.CallObserver`.

    Only what went wrong is kept per path: each dimension set is a log line, and good calls are thousands a minute.
    """

    def call_ended(self, path: str, errcode: int | None, failure: str) -> None:
        if errcode == OK:
            count("WecomCallSucceeded")
            return
        count("WecomCallFailed", path=path, outcome=failure or str(errcode))
        if errcode in {FREQUENCY_LIMIT, CONCURRENCY_LIMIT}:
            count("RateLimited")

    def call_postponed(self, path: str, reason: str) -> None:
        count("WecomCallPostponed", path=path, reason=reason)
        if reason == "outage":
            count("CircuitOpened")


@functools.cache
def wecom_client(priority: Priority, app: str = CONTACTS_APP) -> WecomClient:
    """The client of ``app`` for one class of work; one per function and class."""
    dynamodb, platform = session.client("dynamodb"), required("PLATFORM_TABLE")
    rates = DynamoRateTable(dynamodb, platform)
    exchange = GuardedExchange(
        HttpExchange(required("WECOM_BASE_URL")),
        RateGovernor(rates),
        CircuitBreaker(rates),
        priority,
        observer=CallMetrics(),
    )
    secret = AppSecret(JsonSecret(session.client("secretsmanager"), required("WECOM_SECRET_ID")), app)
    tokens = token_broker(exchange, DynamoTokenTable(dynamodb, platform), app, secret.credentials)
    return WecomClient(WecomTransport(exchange, tokens), lambda: secret.agent_id)


def report_permission_denied(error: PermissionDeniedError) -> None:
    """An operator must act (60020, 48002, 40001 ...); the alarm watches this metric."""
    logger.error("WeCom denies the app a permission", errcode=error.errcode, path=error.path, hint=error.hint)
    count("PermissionDenied")


def reset() -> None:
    """Forget every built client; for tests."""
    wecom_client.cache_clear()
