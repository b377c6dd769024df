"""Decisions that wait for a second person: listed, confirmed, refused by those who see the case."""

from http import HTTPStatus
from typing import Annotated, Any

from aws_lambda_powertools.event_handler.openapi.params import Body, Path
from pydantic import BaseModel

from scrm import clock
from scrm.handover.edges import ChunkKind
from scrm.handover.four_eyes import CLOSE, REASSIGN, PendingDecision
from scrm.runtime.http import models
from scrm.runtime.http.case_routing import deciding_caller, visible_decision
from scrm.runtime.http.routing import Cursor, IdempotencyKey, Limit, NodeId, list_of, responses, router, scope
from scrm.runtime.wiring import admin_api as wiring

DecisionId = Annotated[str, Path(max_length=64, description="The decision's id, as 202 or the list gave it.")]


class _Confirmation(BaseModel):
    """A confirmation says nothing more than which decision."""

    decision_id: str


def _answers() -> dict[int, Any]:
    return responses(
        HTTPStatus.OK, models.PendingDecision, HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT
    )


@router.get(
    "/v1/decisions",
    operation_id="listDecisions",
    summary="Decisions that wait for a second person, newest first.",
    tags=["decisions"],
    responses=list_of(models.DecisionPage),
)
def list_decisions(node_id: NodeId = None, cursor: Cursor = None, limit: Limit = 20) -> models.DecisionPage:
    page = wiring.four_eyes().store.waiting(scope(node_id), clock.now(), cursor, limit)
    return models.DecisionPage(items=[models.PendingDecision.of(found) for found in page.items], cursor=page.cursor)


@router.get(
    "/v1/decisions/<decision_id>",
    operation_id="getDecision",
    summary="One decision and what became of it.",
    tags=["decisions"],
    responses=responses(HTTPStatus.OK, models.PendingDecision, HTTPStatus.NOT_FOUND),
)
def get_decision(decision_id: DecisionId) -> models.PendingDecision:
    return visible_decision(decision_id)


@router.post(
    "/v1/decisions/<decision_id>/confirmation",
    operation_id="confirmDecision",
    summary="Confirm what somebody else decided: it is carried out, or he may do it now.",
    tags=["decisions"],
    responses=_answers(),
)
def confirm(decision_id: DecisionId, key: IdempotencyKey) -> models.PendingDecision:
    visible_decision(decision_id)
    caller = deciding_caller()

    def decide() -> None:
        wiring.four_eyes().confirm(decision_id, caller.actor, clock.now(), _carry_out)

    request = _Confirmation(decision_id=decision_id)
    wiring.decided_once().decide(f"{caller.subject} {decision_id}", key, request, decide)
    return visible_decision(decision_id)


@router.post(
    "/v1/decisions/<decision_id>/refusal",
    operation_id="refuseDecision",
    summary="Refuse what somebody else decided, or take back your own.",
    tags=["decisions"],
    responses=_answers(),
)
def refuse(
    decision_id: DecisionId, key: IdempotencyKey, request: Annotated[models.RefusalRequest, Body()]
) -> models.PendingDecision:
    visible_decision(decision_id)
    caller = deciding_caller()

    def decide() -> None:
        wiring.four_eyes().refuse(decision_id, request.reason, caller.actor, clock.now())

    wiring.decided_once().decide(f"{caller.subject} {decision_id}", key, request, decide)
    return visible_decision(decision_id)


def _carry_out(decision: PendingDecision) -> bool:
    """Do it in the name of its maker; False for what he does himself once it is confirmed."""
    wish, asked, now = decision.wish, decision.wish.parameters, clock.now()
    decisions = wiring.case_decisions()
    if wish.operation == REASSIGN:
        kind, taker = ChunkKind(asked["kind"]), asked["takeover_userid"]
        decisions.reassign(wish.case_id, kind, asked["target_ids"], taker, decision.made_by, now)
        return True
    if wish.operation == CLOSE:
        decisions.close(wish.case_id, asked["reason"], decision.made_by, now, asked["open_work"])
        return True
    return False
