"""Handover cases, their customers and groups, and what a person decides about them."""

from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Query

from scrm import clock
from scrm.handover.edges import EdgeState
from scrm.handover.four_eyes import CLOSE, REASSIGN
from scrm.handover.model import CaseState, HandoverCase
from scrm.handover.userid import Userid
from scrm.runtime.http import models
from scrm.runtime.http.case_routing import CaseId, decided_by_two, decision, or_waiting, visible_case, wish_of
from scrm.runtime.http.routing import Cursor, IdempotencyKey, Limit, NodeId, list_of, responses, router, scope
from scrm.runtime.wiring import admin_api as wiring

Member = Annotated[
    Userid | None, Query(description="Only cases of this member, by any userid he has had since they were opened.")
]


@router.get(
    "/v1/cases",
    operation_id="listCases",
    summary="Handover cases, newest first.",
    tags=["handover"],
    responses=list_of(models.CasePage),
)
def list_cases(
    state: CaseState | None = None,
    node_id: NodeId = None,
    member: Member = None,
    cursor: Cursor = None,
    limit: Limit = 20,
) -> models.CasePage:
    queries, path = wiring.case_queries(), scope(node_id)
    if member is None:
        page = queries.list_cases(path, state, cursor, limit)
    else:
        page = queries.list_cases_of(member, path, state, cursor, limit)
    return models.CasePage.model_validate(page)


@router.get(
    "/v1/cases/<case_id>",
    operation_id="getCase",
    summary="One handover case with what told us of it.",
    tags=["handover"],
    responses=responses(HTTPStatus.OK, models.CaseDetail, HTTPStatus.NOT_FOUND),
)
def get_case(case_id: CaseId) -> models.CaseDetail:
    return models.CaseDetail.model_validate(visible_case(case_id))


@router.get(
    "/v1/cases/<case_id>/edges",
    operation_id="listEdges",
    summary="The customers of a case. Ids only: their names stay in WeCom.",
    tags=["handover"],
    responses=list_of(models.EdgePage),
)
def list_edges(
    case_id: CaseId, state: EdgeState | None = None, cursor: Cursor = None, limit: Limit = 20
) -> models.EdgePage:
    visible_case(case_id)
    return models.EdgePage.model_validate(wiring.case_queries().list_edges(case_id, state, cursor, limit))


@router.get(
    "/v1/cases/<case_id>/groups",
    operation_id="listGroups",
    summary="The group chats of a case.",
    tags=["handover"],
    responses=list_of(models.EdgePage),
)
def list_groups(
    case_id: CaseId, state: EdgeState | None = None, cursor: Cursor = None, limit: Limit = 20
) -> models.EdgePage:
    visible_case(case_id)
    return models.EdgePage.model_validate(wiring.case_queries().list_groups(case_id, state, cursor, limit))


@router.post(
    "/v1/cases/<case_id>/reassign",
    operation_id="reassignEdges",
    summary="Offer customers or group chats that wait for a person to a member of your choice.",
    tags=["handover"],
    responses=or_waiting(decision()),
)
def reassign(
    case_id: CaseId, key: IdempotencyKey, request: Annotated[models.ReassignRequest, Body()]
) -> Response[models.CaseDetail | models.PendingDecision]:
    ids, taker, decisions = request.target_ids, request.takeover_userid, wiring.case_decisions

    def check() -> dict[str, str]:
        decisions().check_reassign(case_id, request.kind, ids, taker)
        return {}

    def decide(actor: str) -> HandoverCase:
        return decisions().reassign(case_id, request.kind, ids, taker, actor, clock.now())

    return decided_by_two(wish_of(REASSIGN, case_id, request), key, request, check, decide)


@router.post(
    "/v1/cases/<case_id>/close",
    operation_id="closeCase",
    summary="End a case whose open customers were settled by hand.",
    tags=["handover"],
    responses=or_waiting(decision()),
)
def close(
    case_id: CaseId, key: IdempotencyKey, request: Annotated[models.CloseRequest, Body()]
) -> Response[models.CaseDetail | models.PendingDecision]:
    def check() -> dict[str, str]:
        return {"open_work": wiring.case_decisions().open_work(case_id)}

    def decide(actor: str) -> HandoverCase:
        return wiring.case_decisions().close(case_id, request.reason, actor, clock.now())

    return decided_by_two(wish_of(CLOSE, case_id, request), key, request, check, decide)
