"""SQS queues."""

from collections.abc import Callable, Iterable
from datetime import timedelta
from itertools import batched
from typing import TYPE_CHECKING

from pydantic import BaseModel

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import SendMessageBatchRequestEntryTypeDef

_BATCH = 10
_LONGEST_DELAY = timedelta(minutes=15)


class MessageNotSentError(Exception):
    """SQS refused part of a batch; the caller's own message should be tried again."""


class Queue:
    """One SQS queue. Messages go in batches of ten: eight times less CPU than one by one (decision 0005).

    ``sqs`` gives the client; many a message asks nothing of a queue, and then no client is made.
    """

    def __init__(self, sqs: Callable[[], "SQSClient"], url: str) -> None:
        self._sqs = sqs
        self._url = url

    def send(self, messages: Iterable[BaseModel]) -> None:
        """Raises MessageNotSentError when SQS takes only a part; sending all again is harmless."""
        for part in batched(messages, _BATCH, strict=False):
            entries: list[SendMessageBatchRequestEntryTypeDef] = [
                {"Id": str(place), "MessageBody": message.model_dump_json()} for place, message in enumerate(part)
            ]
            if self._sqs().send_message_batch(QueueUrl=self._url, Entries=entries).get("Failed"):
                raise MessageNotSentError

    def send_later(self, body: str, delay: timedelta) -> None:
        """Put a message back as a new one, at most 15 minutes away; its receives start from zero again."""
        seconds = min(max(int(delay.total_seconds()) + 1, 1), int(_LONGEST_DELAY.total_seconds()))
        self._sqs().send_message(QueueUrl=self._url, MessageBody=body, DelaySeconds=seconds)
