"""What the features put on SQS."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import batched
from typing import TYPE_CHECKING

from pydantic import BaseModel

from scrm.contacts.messages import CustomersTakenOver, GroupsTakenOver, QuotaCounted
from scrm.handover.edges import Chunk, ChunkKind, TransferApi
from scrm.handover.messages import PlanRequested, PollRequested, TransferRequested
from scrm.handover.model import HandoverCase

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import SendMessageBatchRequestEntryTypeDef

_BATCH = 10
_CHUNKS_PER_MESSAGE = 5  # their intents are one write and so are their answers; more would make a killed run dear
# What the contacts feature reads and writes in one request each.
_CUSTOMERS = 100
_LONGEST_DELAY = timedelta(minutes=15)


class MessageNotSentError(Exception):
    """SQS refused part of a batch; the caller's own message should be tried again."""


class Queue:
    """One SQS queue. Messages go in batches of ten: eight times less CPU than one by one (decision 0005)."""

    def __init__(self, sqs: "SQSClient", url: str) -> None:
        self._sqs = sqs
        self._url = url

    def send(self, messages: Iterable[BaseModel]) -> None:
        """Raises MessageNotSentError when SQS takes only a part; sending all again is harmless."""
        for part in batched(messages, _BATCH, strict=False):
            entries: list[SendMessageBatchRequestEntryTypeDef] = [
                {"Id": str(place), "MessageBody": message.model_dump_json()} for place, message in enumerate(part)
            ]
            if self._sqs.send_message_batch(QueueUrl=self._url, Entries=entries).get("Failed"):
                raise MessageNotSentError

    def send_later(self, body: str, delay: timedelta) -> None:
        """Put a message back as a new one, at most 15 minutes away; its receives start from zero again."""
        seconds = min(max(int(delay.total_seconds()) + 1, 1), int(_LONGEST_DELAY.total_seconds()))
        self._sqs.send_message(QueueUrl=self._url, MessageBody=body, DelaySeconds=seconds)


class SqsHandoverQueue:
    """Implements `scrm.handover.ports.HandoverQueue`."""

    def __init__(self, worker: Queue, reconcile: Queue) -> None:
        self._worker = worker
        self._reconcile = reconcile

    def request_plan(self, case_id: str) -> None:
        self._worker.send([PlanRequested(case_id=case_id)])

    def request_transfers(self, chunks: Sequence[Chunk]) -> None:
        """Chunks of one case, a few to a message."""
        self._worker.send(
            TransferRequested(case_id=part[0].case_id, chunk_kind=kind, chunk_numbers=tuple(c.number for c in part))
            for kind in ChunkKind
            for part in batched((c for c in chunks if c.kind is kind), _CHUNKS_PER_MESSAGE, strict=False)
        )

    def request_polls(self, case_ids: Sequence[str]) -> None:
        self._reconcile.send(PollRequested(case_id=case_id) for case_id in case_ids)


class SqsContactRecords:
    """Implements `scrm.handover.ports.ContactRecords`."""

    def __init__(self, contact: Queue) -> None:
        self._contact = contact

    def customers_taken_over(
        self, case: HandoverCase, takeover_userid: str, external_userids: Sequence[str], api: TransferApi, at: datetime
    ) -> None:
        self._contact.send(
            CustomersTakenOver(
                case_id=case.case_id,
                handover_userid=case.handover_userid,
                takeover_userid=takeover_userid,
                external_userids=part,
                api="on_job" if api is TransferApi.ON_JOB else "resigned",
                at=at,
            )
            for part in batched(external_userids, _CUSTOMERS, strict=False)
        )

    def groups_taken_over(self, case: HandoverCase, chat_ids: Sequence[str], at: datetime) -> None:
        self._contact.send([GroupsTakenOver(case_id=case.case_id, chat_ids=tuple(chat_ids), at=at)])

    def quota_counted(self, case: HandoverCase, external_userids: Sequence[str], at: datetime, *, full: bool) -> None:
        self._contact.send(
            QuotaCounted(case_id=case.case_id, external_userids=part, at=at, full=full)
            for part in batched(external_userids, _CUSTOMERS, strict=False)
        )
