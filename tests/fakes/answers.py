"""Answers to requests with an Idempotency-Key, in memory."""

from scrm.runtime.http.answers import StoredAnswer


class FakeAnswers:
    """Implements AnswerStore."""

    def __init__(self) -> None:
        self.kept: dict[str, StoredAnswer] = {}

    def find(self, operation_id: str) -> StoredAnswer | None:
        return self.kept.get(operation_id)

    def keep(self, operation_id: str, stored: StoredAnswer) -> None:
        self.kept[operation_id] = stored
