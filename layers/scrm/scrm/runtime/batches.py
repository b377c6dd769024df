"""SQS batches: each record stands alone, a failed one comes back without the others."""

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import ValidationError

from scrm.runtime.observability import count, logger

# A batch of one that fails must behave like a batch of ten: the record returns to the queue, no exception.
_processor = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)


def process(event: dict[str, Any], handle: Callable[[str], None], context: LambdaContext) -> PartialItemFailureResponse:
    """Give each record's body to ``handle``; what raises is retried by SQS and ends in the dead-letter queue."""

    def handle_record(record: SQSRecord) -> None:
        try:
            handle(record.body)
        except ValidationError as error:
            # Can never succeed; it reaches the dead-letter queue, where the runbook looks at it.
            count("PoisonMessage")
            logger.error("message does not fit its model", message_id=record.message_id, problems=error.error_count())
            raise
        except Exception as error:
            logger.error("record failed", message_id=record.message_id, error=type(error).__name__)
            raise

    return process_partial_response(event, handle_record, _processor, context)
