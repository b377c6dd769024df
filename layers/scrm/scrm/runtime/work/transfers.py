"""Chunks of a plan: one call each for at most 100 customers or group chats."""

from scrm import clock
from scrm.handover.errors import until_current
from scrm.handover.messages import TransferRequested
from scrm.runtime.observability import count, logger
from scrm.runtime.wiring import transfers as wiring


def take(body: str) -> None:
    message = TransferRequested.model_validate_json(body)
    outcomes = until_current(
        lambda: wiring.chunk_transfer().submit(message.case_id, message.chunk_kind, message.chunk_numbers, clock.now)
    )
    logger.info("chunks taken", case_id=message.case_id, chunks=message.chunk_numbers, outcomes=outcomes)
    for outcome in outcomes:
        count(outcome.metric)
