"""Activities and their versions: made by head office and branches, checked by others, read by who may use them."""

from collections.abc import Callable
from enum import StrEnum
from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Path, Query
from pydantic import BaseModel

from scrm import clock
from scrm.content import model
from scrm.content.authoring import Authoring, Originator
from scrm.runtime.http import content_models
from scrm.runtime.http.caller import Caller, Role
from scrm.runtime.http.content_requests import issuing_caller, once, refusals
from scrm.runtime.http.operation import Operation
from scrm.runtime.http.problems import NoSuchThingError, NotAllowedError
from scrm.runtime.http.routing import (
    OPERATION,
    Cursor,
    IdempotencyKey,
    Limit,
    NodeId,
    current_caller,
    json_reply,
    list_of,
    responses,
    router,
    scope,
)
from scrm.runtime.wiring import admin_api as wiring

_MAKING = "Making content"
ActivityId = Annotated[str, Path(max_length=64, description="The activity's id.")]
Number = Annotated[int, Path(ge=1, le=99_999_999, description="The version's number, from 1.")]
_VERSION = responses(
    HTTPStatus.OK,
    content_models.ContentVersion,
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.NOT_FOUND,
    HTTPStatus.CONFLICT,
)
_MADE = responses(
    HTTPStatus.CREATED,
    content_models.ContentVersion,
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.NOT_FOUND,
    HTTPStatus.CONFLICT,
)


class Issuer(StrEnum):
    """Whose activities are listed."""

    OWN = "own"
    HEAD_OFFICE = "head_office"


@router.get(
    "/v1/activities",
    operation_id="listActivities",
    summary="Activities made at or below a node, or by head office for everybody; latest changed first.",
    tags=["content"],
    responses=list_of(content_models.ActivityPage),
)
def list_activities(
    issuer: Annotated[Issuer, Query(description="Made at or below the node, or by head office itself.")] = Issuer.OWN,
    node_id: NodeId = None,
    cursor: Cursor = None,
    limit: Limit = 20,
) -> content_models.ActivityPage:
    path, queries = scope(node_id), wiring.content_library().queries
    page = queries.issued(cursor, limit) if issuer is Issuer.HEAD_OFFICE else queries.activities(path, cursor, limit)
    if issuer is Issuer.HEAD_OFFICE:
        seen = [each for each in page.items if queries.activity(each.activity_id, path) is not None]
        items = [content_models.Activity.model_validate(each) for each in seen]
        return content_models.ActivityPage(items=items, cursor=page.cursor)
    return content_models.ActivityPage.model_validate(page)


@router.post(
    "/v1/activities",
    operation_id="createActivity",
    summary="Make an activity with its first version, a draft. For operators of head office and of branches.",
    tags=["content"],
    status_code=HTTPStatus.CREATED,
    responses=_MADE,
)
def create_activity(
    key: IdempotencyKey, request: Annotated[content_models.ContentDraft, Body()]
) -> Response[content_models.ContentVersion]:
    maker = _originator(issuing_caller(_MAKING))
    with refusals("activity"):
        made = once(
            "activity",
            key,
            request,
            lambda: wiring.content_library().authoring.create(maker, request.to_draft(), key).activity_id,
        )
    operation: Operation = router.context[OPERATION]
    operation.subject = made
    return json_reply(HTTPStatus.CREATED, _shown(_visible(made, 1)))


@router.get(
    "/v1/activities/<activity_id>",
    operation_id="getActivity",
    summary="An activity with those of its versions that you may see.",
    tags=["content"],
    responses=responses(HTTPStatus.OK, content_models.ActivityDetail, HTTPStatus.NOT_FOUND),
)
def get_activity(activity_id: ActivityId) -> content_models.ActivityDetail:
    found = wiring.content_library().queries.activity(activity_id, current_caller().node.path)
    if found is None:
        raise NoSuchThingError("activity")
    return content_models.ActivityDetail(
        activity=content_models.Activity.model_validate(found[0]), versions=[_shown(each) for each in found[1]]
    )


@router.post(
    "/v1/activities/<activity_id>/versions",
    operation_id="reviseActivity",
    summary="Make another version of an activity; those there are stay as they are.",
    tags=["content"],
    status_code=HTTPStatus.CREATED,
    responses=_MADE,
)
def revise_activity(
    activity_id: ActivityId, key: IdempotencyKey, request: Annotated[content_models.RevisionRequest, Body()]
) -> Response[content_models.ContentVersion]:
    maker = _originator(issuing_caller(_MAKING))

    def revise() -> str:
        authoring = wiring.content_library().authoring
        return str(authoring.revise(activity_id, maker, request.to_draft(), request.base_version).version)

    with refusals("activity"):
        number = once(activity_id, key, request, revise)
    return json_reply(HTTPStatus.CREATED, _shown(_visible(activity_id, int(number))))


@router.get(
    "/v1/activities/<activity_id>/versions/<number>",
    operation_id="getContentVersion",
    summary="One version, with every step that was taken.",
    tags=["content"],
    responses=responses(HTTPStatus.OK, content_models.ContentVersion, HTTPStatus.NOT_FOUND),
)
def get_version(activity_id: ActivityId, number: Number) -> content_models.ContentVersion:
    return _shown(_visible(activity_id, number))


@router.post(
    "/v1/activities/<activity_id>/versions/<number>/submit",
    operation_id="submitContent",
    summary="Hand a draft to consumer protection.",
    tags=["content"],
    responses=_VERSION,
)
def submit(activity_id: ActivityId, number: Number, key: IdempotencyKey) -> content_models.ContentVersion:
    actor = issuing_caller(_MAKING).actor
    request = content_models.NoNote()
    return _step("submit", activity_id, number, key, request, lambda desk: desk.submit(activity_id, number, actor))


@router.post(
    "/v1/activities/<activity_id>/versions/<number>/review",
    operation_id="reviewContent",
    summary="Consumer protection has no objection. For the role compliance, and never for who made it.",
    tags=["content"],
    responses=_VERSION,
)
def review(
    activity_id: ActivityId, number: Number, key: IdempotencyKey, request: Annotated[content_models.StepNote, Body()]
) -> content_models.ContentVersion:
    actor = _with_role("Reviewing content", Role.COMPLIANCE).actor
    return _step(
        "review", activity_id, number, key, request, lambda desk: desk.review(activity_id, number, actor, request.note)
    )


@router.post(
    "/v1/activities/<activity_id>/versions/<number>/approve",
    operation_id="approveContent",
    summary="Approve what was reviewed; never for who made or reviewed it. A banned claim is refused.",
    tags=["content"],
    responses=_VERSION,
)
def approve(activity_id: ActivityId, number: Number, key: IdempotencyKey) -> content_models.ContentVersion:
    actor = issuing_caller("Approving content").actor
    request = content_models.NoNote()
    return _step("approve", activity_id, number, key, request, lambda desk: desk.approve(activity_id, number, actor))


@router.post(
    "/v1/activities/<activity_id>/versions/<number>/reject",
    operation_id="rejectContent",
    summary="Refuse what waits for review or approval, or take back your own.",
    tags=["content"],
    responses=_VERSION,
)
def reject(
    activity_id: ActivityId, number: Number, key: IdempotencyKey, request: Annotated[content_models.StepNote, Body()]
) -> content_models.ContentVersion:
    actor = _with_role("Rejecting content", Role.COMPLIANCE, Role.HEAD_OFFICE, Role.OPERATOR).actor
    return _step(
        "reject", activity_id, number, key, request, lambda desk: desk.reject(activity_id, number, actor, request.note)
    )


@router.post(
    "/v1/activities/<activity_id>/versions/<number>/release",
    operation_id="releaseContent",
    summary="Let campaigns use an approved version.",
    tags=["content"],
    responses=_VERSION,
)
def release(activity_id: ActivityId, number: Number, key: IdempotencyKey) -> content_models.ContentVersion:
    actor = issuing_caller("Releasing content").actor
    request = content_models.NoNote()
    return _step("release", activity_id, number, key, request, lambda desk: desk.release(activity_id, number, actor))


@router.post(
    "/v1/activities/<activity_id>/versions/<number>/recall",
    operation_id="recallContent",
    summary="From now on nothing of it is sent, and campaigns that send it take back what is not confirmed.",
    tags=["content"],
    responses=_VERSION,
)
def recall(
    activity_id: ActivityId, number: Number, key: IdempotencyKey, request: Annotated[content_models.StepNote, Body()]
) -> content_models.ContentVersion:
    actor = _with_role("Recalling content", Role.COMPLIANCE, Role.HEAD_OFFICE, Role.OPERATOR).actor

    def take(desk: Authoring) -> model.ContentVersion:
        recalled = desk.recall(activity_id, number, actor, request.note)
        wiring.planning_queue().content_recalled(activity_id, number)
        return recalled

    return _step("recall", activity_id, number, key, request, take)


def _step(
    name: str,
    activity_id: str,
    number: int,
    key: str,
    request: BaseModel,
    take: Callable[[Authoring], model.ContentVersion],
) -> content_models.ContentVersion:
    """Take a step of a version that lies at or below the caller's node, and show the version as it is then."""
    found = _visible(activity_id, number)
    if not current_caller().sees(found.node_path):
        raise NotAllowedError("It was issued by a node above yours: you may use it and not decide about it.")

    def carry_out() -> str:
        return take(wiring.content_library().authoring).state.value

    with refusals("version"):
        once(f"{activity_id}/v{number} {name}", key, request, carry_out)
    return _shown(_visible(activity_id, number))


def _with_role(what: str, *roles: Role) -> Caller:
    caller = current_caller()
    if not caller.roles & set(roles):
        raise NotAllowedError(f"{what} needs one of the roles {', '.join(sorted(roles))}.")
    return caller


def _originator(caller: Caller) -> Originator:
    return Originator(caller.actor, caller.node.node_id, caller.node.path)


def _visible(activity_id: str, number: int) -> model.ContentVersion:
    found = wiring.content_library().queries.version(activity_id, number, current_caller().node.path)
    if found is None:
        raise NoSuchThingError("version")
    return found


def _shown(found: model.ContentVersion) -> content_models.ContentVersion:
    return content_models.ContentVersion.at(found, clock.now())
