"""Days that are to be counted anew from their facts (T5.1): asked for by head office, done by the roll-up."""

from datetime import date
from http import HTTPStatus
from typing import Annotated, Self

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body
from pydantic import Field

from scrm.kpi.recounts import Recount, RecountRefusedError, RecountState
from scrm.node_paths import ROOT_NODE_ID
from scrm.runtime.http.problems import NotAllowedError, ProblemError, sentence
from scrm.runtime.http.routing import IdempotencyKey, current_caller, json_reply, responses, router
from scrm.runtime.http.wire import Asked, Reply, Timestamp
from scrm.runtime.wiring import kpi_recounts as wiring


class KpiRecountRequest(Asked):
    day: date = Field(description="A business day of the last 400.")
    reason: str = Field(
        min_length=1, max_length=500, pattern=r"\S", description="Why; it is kept, without personal data."
    )


class KpiRecount(Reply):
    recount_id: str
    day: date
    reason: str
    requested_by: str
    requested_at: Timestamp
    state: RecountState
    window: int | None = Field(description="Which window of the roll-up counted it anew, when it is done.")
    events: int = Field(description="Events in the shards whose figures came out otherwise; 0: nothing changed.")

    @classmethod
    def of(cls, recount: Recount) -> Self:
        return cls.model_validate(recount)


class KpiRecountList(Reply):
    items: list[KpiRecount]


@router.post(
    "/v1/kpi-recounts",
    operation_id="askForKpiRecount",
    summary="Have a day counted anew from its facts alone; what differs is a new version of it. For head office.",
    tags=["kpi"],
    status_code=HTTPStatus.ACCEPTED,
    responses=responses(HTTPStatus.ACCEPTED, KpiRecount, HTTPStatus.CONFLICT),
)
def ask_for_kpi_recount(key: IdempotencyKey, request: Annotated[KpiRecountRequest, Body()]) -> Response[KpiRecount]:
    caller = current_caller()
    if not caller.operates_the_corp:
        raise NotAllowedError("Days are counted anew for head office and for operators placed at the root node.")
    try:
        asked = wiring.recounts().ask(request.day, request.reason, caller.actor, key)
    except RecountRefusedError as refused:
        raise ProblemError(HTTPStatus.CONFLICT, "recount-refused", sentence(refused)) from refused
    return json_reply(HTTPStatus.ACCEPTED, KpiRecount.of(asked))


@router.get(
    "/v1/kpi-recounts",
    operation_id="listKpiRecounts",
    summary="Days that wait to be counted anew and the last 50 that were, the latest first. For callers at the root.",
    tags=["kpi"],
    responses=responses(HTTPStatus.OK, KpiRecountList),
)
def list_kpi_recounts() -> KpiRecountList:
    if current_caller().node.node_id != ROOT_NODE_ID:
        raise NotAllowedError("Days are counted for the whole bank: for callers placed at the root node.")
    return KpiRecountList(items=[KpiRecount.of(one) for one in reversed(wiring.recounts().store.latest())])
