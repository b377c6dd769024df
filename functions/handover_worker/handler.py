"""Handover work (SQS): plan a case, make one call per chunk of at most 100 customers or group chats."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from scrm.runtime.invocation import entrypoint
from scrm import clock
from scrm.handover.errors import until_current
from scrm.handover.messages import PlanRequested, TransferRequested
from scrm.handover.model import CaseState
from scrm.runtime import batches
from scrm.runtime.message_kind import kind_of, of_no_kind_known_here
from scrm.runtime.observability import count, logger
from scrm.runtime.wiring import handover_worker as wiring

WAITING = frozenset(
    {CaseState.UNCONFIRMED, CaseState.AWAITING_APPROVAL, CaseState.SCHEDULED, CaseState.WAITING_FOR_ACCOUNT}
)


def take(body: str) -> None:
    match kind_of(body):
        case "plan_requested":
            plan(PlanRequested.model_validate_json(body))
        case "transfer_requested":
            transfer(TransferRequested.model_validate_json(body))
        case _:
            raise of_no_kind_known_here()


def plan(message: PlanRequested) -> None:
    case = until_current(lambda: wiring.planning().plan(message.case_id, clock.now()))
    logger.info("case planned", case_id=case.case_id, state=case.state.value)
    count("HandoverWaiting" if case.state in WAITING else "HandoverPlanned")


def transfer(message: TransferRequested) -> None:
    outcomes = until_current(
        lambda: wiring.chunk_transfer().submit(message.case_id, message.chunk_kind, message.chunk_numbers, clock.now)
    )
    logger.info("chunks taken", case_id=message.case_id, chunks=message.chunk_numbers, outcomes=outcomes)
    for outcome in outcomes:
        count(outcome.metric)


@entrypoint
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> batches.PartialFailures:  # noqa: ARG001
    return batches.process(event, take)
