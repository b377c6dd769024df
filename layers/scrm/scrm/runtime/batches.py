"""SQS batches: each record stands alone, a failed one comes back without the others.

A loop of our own instead of Powertools' BatchProcessor: importing that loads its parser and costs 120 ms of a cold
start (T4), for what is ten lines (docs/decisions).
"""

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import ValidationError

from scrm.runtime.observability import count, logger

type PartialFailures = dict[str, list[dict[str, str]]]


def process(event: Mapping[str, Any], handle: Callable[[str], None]) -> PartialFailures:
    """Give each record's body to ``handle``. What raises is retried by SQS and ends in the dead-letter queue.

    The mapping must report partial failures (ReportBatchItemFailures), else SQS takes the whole batch as done.
    """
    failed = [record["messageId"] for record in event["Records"] if not _handled(record, handle)]
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}


def _handled(record: Mapping[str, Any], handle: Callable[[str], None]) -> bool:
    try:
        handle(record["body"])
    except ValidationError as error:
        # Can never succeed; it reaches the dead-letter queue, where the runbook looks at it.
        count("PoisonMessage")
        logger.error("message does not fit its model", message_id=record["messageId"], problems=error.error_count())
        return False
    except Exception as error:  # noqa: BLE001 - whatever it is, the other records of the batch must not suffer
        # The type and place only: an exception's text may quote what the message held.
        logger.error("record failed", message_id=record["messageId"], error=type(error).__name__, at=_place(error))
        return False
    return True


def _place(error: Exception) -> str:
    """File and line where it was raised."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno}" if trace else ""
