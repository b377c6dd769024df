"""Idempotency-Key: a repeat within a day gets the first answer, the same key with another request is refused.

For operations that are repeatable in themselves, their ids being derived from caller and key: the answer is stored
after the work, so a crash in between does the same work again, and nothing is ever "in progress". Powertools'
idempotency would load boto3 and cost a seventh of this function's cold start (T4).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

ANSWER_KEPT = timedelta(days=1)


class KeyReusedError(Exception):
    """The key was used with another request."""


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """What was asked and answered; both are JSON."""

    request: str
    answer: str
    answered_at: datetime


class AnswerStore(Protocol):
    """Keeps answers for at least `ANSWER_KEPT`."""

    def find(self, operation_id: str) -> StoredAnswer | None: ...

    def keep(self, operation_id: str, stored: StoredAnswer) -> None: ...


@dataclass(frozen=True, slots=True)
class AnsweredOnce:
    store: AnswerStore
    now: Callable[[], datetime]

    def answer(self, operation_id: str, request: str, carry_out: Callable[[], str]) -> str:
        """The stored answer of this operation, else that of ``carry_out``. Raises KeyReusedError."""
        known = self.store.find(operation_id)
        if known is not None and self.now() - known.answered_at < ANSWER_KEPT:
            if known.request != request:
                raise KeyReusedError
            return known.answer
        answer = carry_out()
        self.store.keep(operation_id, StoredAnswer(request, answer, self.now()))
        return answer
