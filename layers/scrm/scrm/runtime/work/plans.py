"""A case that wants its plan: who takes over whom."""

from typing import Final

from scrm import clock
from scrm.handover.errors import until_current
from scrm.handover.messages import PlanRequested
from scrm.handover.model import CaseState
from scrm.runtime.observability import count, logger
from scrm.runtime.wiring import plans as wiring

WAITING: Final = frozenset(
    {CaseState.UNCONFIRMED, CaseState.AWAITING_APPROVAL, CaseState.SCHEDULED, CaseState.WAITING_FOR_ACCOUNT}
)


def take(body: str) -> None:
    message = PlanRequested.model_validate_json(body)
    case = until_current(lambda: wiring.planning().plan(message.case_id, clock.now()))
    logger.info("case planned", case_id=case.case_id, state=case.state.value)
    count("HandoverWaiting" if case.state in WAITING else "HandoverPlanned")
