"""Answers to requests with an Idempotency-Key, as items ``ANSWER#<operation>`` of the platform table."""

from datetime import timedelta

from scrm import clock
from scrm.aws.table import Table
from scrm.runtime.http.answers import StoredAnswer

# The TTL sweep runs on wall time and may come late; what counts is ``answered_at``.
_SWEPT_AFTER = timedelta(days=2)


class DynamoAnswerStore:
    """Implements `scrm.runtime.http.answers.AnswerStore`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def find(self, operation_id: str) -> StoredAnswer | None:
        item = self._table.get(_key(operation_id))
        return StoredAnswer(item["request"], item["answer"], clock.from_iso(item["answered_at"])) if item else None

    def keep(self, operation_id: str, stored: StoredAnswer) -> None:
        self._table.put(
            {
                **_key(operation_id),
                "request": stored.request,
                "answer": stored.answer,
                "answered_at": clock.to_iso(stored.answered_at),
                "expires_at": int((stored.answered_at + _SWEPT_AFTER).timestamp()),
            }
        )


def _key(operation_id: str) -> dict[str, str]:
    return {"pk": f"ANSWER#{operation_id}", "sk": "ANSWER"}
