"""Ask contact_sync for a full pass, through its queue."""

from datetime import datetime
from typing import TYPE_CHECKING

from scrm.contacts.messages import FullPassRequested

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


class SqsSyncRequests:
    """One message a request; a repeat of a run is harmless to its consumer."""

    def __init__(self, sqs: "SQSClient", queue_url: str) -> None:
        self._sqs = sqs
        self._queue_url = queue_url

    def request_full_pass(self, run_id: str, requested_at: datetime) -> None:
        message = FullPassRequested(run_id=run_id, requested_at=requested_at)
        self._sqs.send_message(QueueUrl=self._queue_url, MessageBody=message.model_dump_json())
