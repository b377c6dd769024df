"""Carries calls to WeCom: token, rate, outage, retries (docs/wecom.md 1.5).

Class R is retried three times after 1, 2 and 4 s, T once with a new token, B waits for the governor if the wait is
short; F and C go to the caller. What may not be repeated blindly ends in `OutcomeUnknownError` when its answer is lost.
"""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple, Protocol

from scrm import clock
from scrm.wecom import limits
from scrm.wecom.api.call import Call, Json
from scrm.wecom.breaker import CircuitBreaker
from scrm.wecom.errors import (
    CONCURRENCY_LIMIT,
    FREQUENCY_LIMIT,
    OK,
    SYSTEM_BUSY,
    CallPostponedError,
    ErrorClass,
    OutcomeUnknownError,
    RateLimitedError,
    TokenExpiredError,
    TransientError,
    classify,
    error_for,
)
from scrm.wecom.exchange import Failure, HttpExchange, Reply
from scrm.wecom.governor import Outcome, Permit, RateGovernor, Stored
from scrm.wecom.governor_state import Priority
from scrm.wecom.token import GETTOKEN, TokenBroker, TokenStore

_PATIENCE: Final = timedelta(seconds=5)
_CONCURRENCY_WAITS: Final = 3
_TOKEN_TIMEOUT: Final = (2.0, 4.0)  # together below the token lease's life
_TOKEN_PATIENCE: Final = timedelta(seconds=1)
_OUTCOME_OF: Final = {FREQUENCY_LIMIT: Outcome.FREQUENCY_REFUSED, CONCURRENCY_LIMIT: Outcome.CONCURRENCY_REFUSED}


class CallObserver(Protocol):
    """Hears what calls do, for metrics. Values are few and hold no ids: path, class of outcome."""

    def call_ended(self, path: str, errcode: int | None, failure: str) -> None:
        """One request went out. ``failure`` is empty when WeCom answered, and then ``errcode`` says what."""

    def call_postponed(self, path: str, reason: str) -> None:
        """A call was not issued now: a `WaitReason`, or ``outage``."""


class SilentObserver:
    """Nobody listens."""

    def call_ended(self, path: str, errcode: int | None, failure: str) -> None:
        pass

    def call_postponed(self, path: str, reason: str) -> None:
        pass


class Pause(NamedTuple):
    """How the transport waits. ``patience`` is the longest sleep for a permit; ``jitter`` is from 0 to 1."""

    now: Callable[[], datetime] = clock.now
    sleep: Callable[[float], None] = time.sleep
    jitter: Callable[[], float] = random.random
    patience: timedelta = _PATIENCE


class GuardedExchange:
    """One request, if breaker and governor let it go, and both told how it went."""

    def __init__(
        self,
        exchange: HttpExchange,
        governor: RateGovernor,
        breaker: CircuitBreaker,
        priority: Priority,
        *,
        observer: CallObserver | None = None,
        pause: Pause | None = None,
    ) -> None:
        self._exchange = exchange
        self._governor = governor
        self._breaker = breaker
        self._priority = priority
        self._observer = observer or SilentObserver()
        self._pause = pause or Pause()

    def look(self, call: Call, beside: Sequence[str] = ()) -> dict[str, Stored]:
        """In one request what the call will need to know of circuit and budgets, and what lies ``beside`` them."""
        budgets = (*call.budgets, call.path)
        return self._governor.look(budgets, self._priority, (*self._breaker.keys_due, *beside))

    def send(
        self, call: Call, secret_query: dict[str, str], seen: dict[str, Stored] | None = None
    ) -> tuple[Reply, datetime | None]:
        """The reply, and after a 45009 or 45033 when to come back; ``seen`` is what `look` found just now.

        Raises `CallPostponedError` if nothing was sent.
        """
        token_call = call.path == GETTOKEN
        patience = _TOKEN_PATIENCE if token_call else self._pause.patience
        permit = self._permits(call, patience, self.look(call) if seen is None else seen)
        reply = self._exchange.send(call, secret_query, _TOKEN_TIMEOUT if token_call else None)
        self._observer.call_ended(call.path, reply.errcode, reply.failure or "")
        return reply, self._settle(permit, reply)

    def record_busy(self) -> None:
        """-1 on every attempt: WeCom is out, whatever it answers."""
        self._breaker.record_failure()

    def _permits(self, call: Call, patience: timedelta, seen: dict[str, Stored]) -> Permit:
        """The path's permit, after those of the call's other budgets, which need no settling: WeCom answers for none.

        It is taken last: nothing lies between it and the call. All are slept for at most ``patience``.
        """
        closed_until = self._breaker.admit(seen)
        if closed_until is not None:
            self._observer.call_postponed(call.path, "outage")
            raise CallPostponedError(call.path, closed_until)
        deadline = self._pause.now() + patience
        for budget in call.budgets:
            self._permit(budget, call, deadline, seen)
        return self._permit(call.path, call, deadline, seen)

    def _permit(self, budget: str, call: Call, deadline: datetime, seen: dict[str, Stored]) -> Permit:
        """A permit of ``budget``; errors and metrics name the path, because a budget may hold a member's id."""
        while True:
            calls = 1 + call.following if budget == call.path else 1
            answer = self._governor.acquire(budget, self._priority, calls=calls, seen=seen)
            if isinstance(answer, Permit):
                return answer
            if answer.not_before > deadline:
                self._observer.call_postponed(call.path, answer.reason)
                raise CallPostponedError(call.path, answer.not_before)
            seen.clear()
            self._pause.sleep(max(0.001, (answer.not_before - self._pause.now()).total_seconds()))

    def _settle(self, permit: Permit, reply: Reply) -> datetime | None:
        if reply.failure:
            self._breaker.record_failure()
            return self._governor.settle(permit, Outcome.NO_ANSWER)
        if reply.errcode != SYSTEM_BUSY:  # -1 says nothing about an outage until it is exhausted
            self._breaker.record_answer()
        return self._governor.settle(permit, _OUTCOME_OF.get(reply.errcode or OK, Outcome.ANSWERED))


@dataclass(slots=True)
class _Progress:
    """What a call has already been given."""

    retries: int = 0
    concurrency_waits: int = 0
    token_replaced: bool = False


class WecomTransport:
    """The `Caller` of the typed client for one app and one class of work."""

    def __init__(self, exchange: GuardedExchange, tokens: TokenBroker, *, pause: Pause | None = None) -> None:
        self._exchange = exchange
        self._tokens = tokens
        self._pause = pause or Pause()

    def call(self, call: Call) -> Json:
        """The answer, ``errcode`` 0. Raises `WecomError`, or `CallPostponedError` when nothing was sent."""
        progress = _Progress()
        while True:
            due = self._tokens.keys_due
            seen = self._exchange.look(call, due)
            token = self._token(call, progress, seen)
            if token is None:
                continue
            is_recent = all(seen.get(key) for key in due)  # else the token took its time
            reply, not_before = self._exchange.send(call, {"access_token": token}, seen if is_recent else None)
            if reply.errcode == OK:
                return reply.body
            self._before_repeat(call, reply, not_before, token, progress)

    def _token(self, call: Call, progress: _Progress, seen: dict[str, Stored]) -> str | None:
        """A token, or None to try again: a failed fetch is an attempt of this call, though nothing of it was sent."""
        try:
            return self._tokens.current(seen)
        except TransientError as error:
            reply = Reply(error.errcode, error.hint, failure=Failure.NOT_SENT)
        self._rest(call, reply, progress)
        return None

    def _before_repeat(
        self, call: Call, reply: Reply, not_before: datetime | None, token: str, progress: _Progress
    ) -> None:
        """Return when the call may be sent again, after the pause it needs; else raise."""
        if reply.errcode is None:
            if reply.failure is not Failure.NOT_SENT and not call.repeatable:
                raise OutcomeUnknownError(None, call.path)
            self._rest(call, reply, progress)
        elif not_before is not None:
            self._back_off(call, reply, not_before, progress)
        elif classify(reply.errcode) is ErrorClass.RETRY:
            self._rest(call, reply, progress)
        elif classify(reply.errcode) is ErrorClass.TOKEN:
            self._replace_token(call, reply, token, progress)
        else:
            raise error_for(reply.errcode, call.path, reply.hint)

    def _rest(self, call: Call, reply: Reply, progress: _Progress) -> None:
        if progress.retries == len(limits.RETRY_DELAYS):
            if reply.errcode == SYSTEM_BUSY:
                self._exchange.record_busy()
            raise TransientError(reply.errcode, call.path, reply.hint)
        delay = limits.RETRY_DELAYS[progress.retries].total_seconds()
        progress.retries += 1
        self._pause.sleep(delay * (1 + self._pause.jitter() / 2))

    def _back_off(self, call: Call, reply: Reply, not_before: datetime, progress: _Progress) -> None:
        """After a 45033 wait and ask the governor anew; a penalty window is for the caller's queue to sit out."""
        wait = not_before - self._pause.now()
        progress.concurrency_waits += 1
        if (
            reply.errcode == FREQUENCY_LIMIT
            or wait > self._pause.patience
            or progress.concurrency_waits > _CONCURRENCY_WAITS
        ):
            raise RateLimitedError(reply.errcode, call.path, reply.hint, not_before=not_before)
        self._pause.sleep(max(0.0, wait.total_seconds()))

    def _replace_token(self, call: Call, reply: Reply, token: str, progress: _Progress) -> None:
        self._tokens.reject(token)
        if progress.token_replaced:
            raise TokenExpiredError(reply.errcode, call.path, reply.hint)
        progress.token_replaced = True


class AppCredentials(NamedTuple):
    """The corp and the secret of one of its apps."""

    corp_id: str
    secret: str

    def __repr__(self) -> str:
        return f"AppCredentials(corp_id={self.corp_id!r})"


def token_broker(
    exchange: GuardedExchange,
    store: TokenStore,
    app: str,
    credentials: Callable[[], AppCredentials],
    *,
    pause: Pause | None = None,
) -> TokenBroker:
    """The broker of ``app``; ``credentials`` is asked at every fetch, so that a rotated secret is taken up."""

    def fetch() -> tuple[str, timedelta]:
        known = credentials()
        call = Call(GETTOKEN)
        reply, not_before = exchange.send(call, {"corpid": known.corp_id, "corpsecret": known.secret})
        if reply.errcode == OK:
            return _fetched(reply)
        if reply.errcode is None:
            raise TransientError(None, GETTOKEN)
        if not_before is not None:
            raise RateLimitedError(reply.errcode, GETTOKEN, reply.hint, not_before=not_before)
        raise error_for(reply.errcode, GETTOKEN, reply.hint)

    waits = pause or Pause()
    return TokenBroker(store, app, fetch, now=waits.now, sleep=waits.sleep)


def _fetched(reply: Reply) -> tuple[str, timedelta]:
    token, life = reply.body.get("access_token"), reply.body.get("expires_in")
    if not isinstance(token, str) or not token or not isinstance(life, int) or life <= 0:
        raise TransientError(None, GETTOKEN)
    return token, timedelta(seconds=life)
