"""The operations. Each one sees only what lies at or below the caller's organisation node (invariant 7)."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, Any

from aws_lambda_powertools.event_handler.openapi.params import Body, Header, Path, Query
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter
from pydantic import BaseModel

from scrm import clock
from scrm.handover.edges import EdgeState
from scrm.handover.model import CaseState, HandoverCase
from scrm.handover.queries import CaseDetail
from scrm.runtime.http import models
from scrm.runtime.http.caller import Caller
from scrm.runtime.http.operation import Operation
from scrm.runtime.http.problems import CONTENT_TYPE, NoSuchThingError, NotAllowedError
from scrm.runtime.wiring import admin_api as wiring

OPERATION = "operation"
_READ_LIMIT = 100

Limit = Annotated[int, Query(ge=1, le=_READ_LIMIT, description="Rows a page at most.")]
Cursor = Annotated[str | None, Query(max_length=2048, description="The cursor of the page before.")]
NodeId = Annotated[
    str | None, Query(max_length=64, description="Only at or below this organisation node; the caller's own if absent.")
]
CaseId = Annotated[str, Path(max_length=64, description="The case's id.", examples=["case_aaaaaaaaaaaaaaaaaaaaaaaaaa"])]
IdempotencyKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        description="Chosen by the client, new for each new request: a repeat gets the answer of the first.",
    ),
]

router = APIGatewayHttpRouter()  # type: ignore[no-untyped-call]


def _responses(status: HTTPStatus, model: type[Any], *problems: HTTPStatus) -> dict[int, Any]:
    """What an operation answers, for the OpenAPI document; every operation may also answer 401, 403, 422 and 500."""
    failures = {
        HTTPStatus.FORBIDDEN,
        HTTPStatus.UNPROCESSABLE_ENTITY,
        HTTPStatus.INTERNAL_SERVER_ERROR,
        *problems,
    }
    described: dict[int, Any] = {
        failure.value: {"description": failure.phrase, "content": {CONTENT_TYPE: {"model": models.Problem}}}
        for failure in sorted(failures)
    }
    described[HTTPStatus.UNAUTHORIZED.value] = {
        "description": "No valid token; answered by the authorizer",
        "content": {"application/json": {"schema": {"type": "object", "properties": {"message": {"type": "string"}}}}},
    }
    return {
        status.value: {"description": status.phrase, "content": {"application/json": {"model": model}}},
        **described,
    }


def _list_of(model: type[Any]) -> dict[int, Any]:
    return _responses(HTTPStatus.OK, model, HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND)


def _decision() -> dict[int, Any]:
    return _responses(
        HTTPStatus.OK, models.CaseDetail, HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT
    )


@router.get(
    "/v1/me",
    operation_id="getMe",
    summary="Who the API takes you for.",
    tags=["caller"],
    responses=_responses(HTTPStatus.OK, models.Me),
)
def get_me() -> models.Me:
    caller = _caller()
    return models.Me(subject=caller.subject, node=models.Node.model_validate(caller.node), roles=sorted(caller.roles))


@router.get(
    "/v1/cases",
    operation_id="listCases",
    summary="Handover cases, newest first.",
    tags=["handover"],
    responses=_list_of(models.CasePage),
)
def list_cases(
    state: CaseState | None = None, node_id: NodeId = None, cursor: Cursor = None, limit: Limit = 20
) -> models.CasePage:
    page = wiring.case_queries().list_cases(_scope(node_id), state, cursor, limit)
    return models.CasePage.model_validate(page)


@router.get(
    "/v1/cases/<case_id>",
    operation_id="getCase",
    summary="One handover case with what told us of it.",
    tags=["handover"],
    responses=_responses(HTTPStatus.OK, models.CaseDetail, HTTPStatus.NOT_FOUND),
)
def get_case(case_id: CaseId) -> models.CaseDetail:
    return models.CaseDetail.model_validate(_visible_case(case_id))


@router.get(
    "/v1/cases/<case_id>/edges",
    operation_id="listEdges",
    summary="The customers of a case. Ids only: their names stay in WeCom.",
    tags=["handover"],
    responses=_list_of(models.EdgePage),
)
def list_edges(
    case_id: CaseId, state: EdgeState | None = None, cursor: Cursor = None, limit: Limit = 20
) -> models.EdgePage:
    _visible_case(case_id)
    return models.EdgePage.model_validate(wiring.case_queries().list_edges(case_id, state, cursor, limit))


@router.get(
    "/v1/cases/<case_id>/groups",
    operation_id="listGroups",
    summary="The group chats of a case.",
    tags=["handover"],
    responses=_list_of(models.EdgePage),
)
def list_groups(
    case_id: CaseId, state: EdgeState | None = None, cursor: Cursor = None, limit: Limit = 20
) -> models.EdgePage:
    _visible_case(case_id)
    return models.EdgePage.model_validate(wiring.case_queries().list_groups(case_id, state, cursor, limit))


@router.post(
    "/v1/cases/<case_id>/reassign",
    operation_id="reassignEdges",
    summary="Offer customers or group chats that wait for a person to a member of your choice.",
    tags=["handover"],
    responses=_decision(),
)
def reassign(
    case_id: CaseId, key: IdempotencyKey, request: Annotated[models.ReassignRequest, Body()]
) -> models.CaseDetail:
    def decide(actor: str) -> HandoverCase:
        ids = request.target_ids
        return wiring.case_decisions().reassign(case_id, request.kind, ids, request.takeover_userid, actor, clock.now())

    return _decided(case_id, key, request, decide)


@router.post(
    "/v1/cases/<case_id>/close",
    operation_id="closeCase",
    summary="End a case whose open customers were settled by hand.",
    tags=["handover"],
    responses=_decision(),
)
def close(case_id: CaseId, key: IdempotencyKey, request: Annotated[models.CloseRequest, Body()]) -> models.CaseDetail:
    def decide(actor: str) -> HandoverCase:
        return wiring.case_decisions().close(case_id, request.reason, actor, clock.now())

    return _decided(case_id, key, request, decide)


@router.get(
    "/v1/rejections",
    operation_id="listRejections",
    summary="Messages from outside that could not be used and wait for a person, newest first.",
    tags=["intake"],
    responses=_list_of(models.RejectionPage),
)
def list_rejections(node_id: NodeId = None, cursor: Cursor = None, limit: Limit = 20) -> models.RejectionPage:
    page = wiring.org_queries().rejections(_scope(node_id), cursor, limit)
    return models.RejectionPage.model_validate(page)


@router.get(
    "/v1/audit",
    operation_id="listAudit",
    summary="Who did what, newest first.",
    tags=["audit"],
    responses=_list_of(models.AuditPage),
)
def list_audit(node_id: NodeId = None, cursor: Cursor = None, limit: Limit = 20) -> models.AuditPage:
    page = wiring.audit_reader().list_entries(_scope(node_id), cursor, limit)
    return models.AuditPage.model_validate(page)


@router.post(
    "/v1/syncs",
    operation_id="startSync",
    summary="Compare every relation and group with WeCom now. For head office and operators placed at the root.",
    tags=["contacts"],
    status_code=HTTPStatus.ACCEPTED,
    responses=_responses(HTTPStatus.ACCEPTED, models.Sync, HTTPStatus.BAD_REQUEST),
)
def start_sync(key: IdempotencyKey, request: Annotated[models.SyncRequest, Body()]) -> models.Sync:
    operation: Operation = router.context[OPERATION]
    caller = _caller()
    if not caller.operates_the_corp:
        raise NotAllowedError("A full sync is for head office and for operators placed at the root node.")
    sync = wiring.sync_starter().start(caller.subject, key, request)
    operation.subject = sync.run_id
    return sync


def _caller() -> Caller:
    operation: Operation = router.context[OPERATION]
    if operation.caller is None:
        raise NotAllowedError("The caller is not known.")
    return operation.caller


def _scope(node_id: str | None) -> str:
    """The node path to read at: the caller's own, or that of a node below it."""
    caller = _caller()
    if node_id is None:
        return caller.node.path
    node = wiring.org_queries().node(node_id)
    if node is None or not caller.sees(node.path):
        raise NoSuchThingError("organisation node")
    return node.path


def _decided(case_id: str, key: str, request: BaseModel, decide: Callable[[str], HandoverCase]) -> models.CaseDetail:
    """The case after the decision of somebody who sees it and may decide."""
    _visible_case(case_id)
    caller = _caller()
    if not caller.decides:
        raise NotAllowedError("Deciding about a case is for head office and for operators.")
    actor = f"operator:{caller.subject}"
    wiring.decided_once().decide(f"{caller.subject} {case_id}", key, request, lambda: decide(actor))
    return models.CaseDetail.model_validate(_visible_case(case_id))


def _visible_case(case_id: str) -> CaseDetail:
    case = wiring.case_queries().get_case(case_id)
    if case is None or not _caller().sees(case.summary.node_path):
        raise NoSuchThingError("case")
    return case
