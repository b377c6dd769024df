"""The organisation's operations: what operators set at a node, and what people make of rejected messages."""

from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Body, Path

from scrm import clock
from scrm.org.nodes import BranchCodeError, GateShutError, NodeChangedError, NodeSetting, UnknownNodeError
from scrm.org.queries import NodeDetail
from scrm.org.rejections import ReviewState
from scrm.runtime.http import organisation_models as models
from scrm.runtime.http.problems import NoSuchThingError, NotAllowedError, ProblemError, sentence
from scrm.runtime.http.routing import Cursor, Limit, NodeId, current_caller, list_of, responses, router, scope
from scrm.runtime.wiring import admin_api as wiring

OneNodeId = Annotated[str, Path(max_length=64, description="The node's id, WeCom's department id.")]
RejectionId = Annotated[str, Path(max_length=64, description="The rejection's id.")]


@router.get(
    "/v1/nodes/<node_id>",
    operation_id="getNode",
    summary="An organisation node, what is set at it and what holds there.",
    tags=["organisation"],
    responses=responses(HTTPStatus.OK, models.NodeDetail, HTTPStatus.NOT_FOUND),
)
def get_node(node_id: OneNodeId) -> models.NodeDetail:
    return models.NodeDetail.of(_visible_node(node_id))


@router.get(
    "/v1/nodes/<node_id>/children",
    operation_id="listChildren",
    summary="The nodes right below a node, closed ones too.",
    tags=["organisation"],
    responses=list_of(models.NodePage),
)
def list_children(node_id: OneNodeId, cursor: Cursor = None, limit: Limit = 20) -> models.NodePage:
    _visible_node(node_id)
    return models.NodePage.model_validate(wiring.org_queries().children(node_id, cursor, limit))


@router.put(
    "/v1/nodes/<node_id>",
    operation_id="putNode",
    summary="Set lifecycle, operating mode and branch code of a node; null: as the node above it.",
    tags=["organisation"],
    responses=responses(HTTPStatus.OK, models.NodeDetail, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT),
)
def put_node(node_id: OneNodeId, request: Annotated[models.NodeRequest, Body()]) -> models.NodeDetail:
    _visible_node(node_id)
    if not current_caller().decides:
        raise NotAllowedError("Nodes are changed by head office and by operators.")
    setting = NodeSetting(request.lifecycle, request.mode, request.branch_code)
    try:
        wiring.node_settings().change(node_id, setting, request.version)
    except UnknownNodeError as unknown:
        raise NoSuchThingError("organisation node") from unknown
    except (NodeChangedError, BranchCodeError) as refused:
        raise ProblemError(HTTPStatus.CONFLICT, "node-not-changed", sentence(refused)) from refused
    except GateShutError as shut:
        raise ProblemError(HTTPStatus.CONFLICT, "rollout-gate-shut", sentence(shut)) from shut
    return models.NodeDetail.of(_visible_node(node_id))


@router.get(
    "/v1/rejections",
    operation_id="listRejections",
    summary="Messages from outside that could not be used and wait for a person, newest first.",
    tags=["intake"],
    responses=list_of(models.RejectionPage),
)
def list_rejections(
    state: ReviewState | None = None, node_id: NodeId = None, cursor: Cursor = None, limit: Limit = 20
) -> models.RejectionPage:
    page = wiring.org_queries().rejections(scope(node_id), cursor, limit, state)
    return models.RejectionPage.model_validate(page)


@router.put(
    "/v1/rejections/<rejection_id>/review",
    operation_id="reviewRejection",
    summary="Say that a rejected message was looked at and dealt with; who came first stays the one who did.",
    tags=["intake"],
    responses=responses(HTTPStatus.OK, models.Rejection, HTTPStatus.NOT_FOUND),
)
def review_rejection(rejection_id: RejectionId, request: Annotated[models.ReviewRequest, Body()]) -> models.Rejection:
    caller = current_caller()
    rejection = wiring.org_queries().rejection(rejection_id)
    if rejection is None or not caller.sees(rejection.node_path):
        raise NoSuchThingError("rejection")
    if not caller.decides:
        raise NotAllowedError("Rejections are reviewed by head office and by operators.")
    reviewed = wiring.rejection_reviews().review(rejection_id, caller.actor, clock.now(), request.note)
    return models.Rejection.model_validate(reviewed or rejection)


def _visible_node(node_id: str) -> NodeDetail:
    found = wiring.org_queries().node_detail(node_id)
    if found is None or not current_caller().sees(found.node.path):
        raise NoSuchThingError("organisation node")
    return found
