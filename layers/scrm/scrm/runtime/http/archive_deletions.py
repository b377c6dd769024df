"""What customers want deleted of their conversations: recorded by who hears it, decided by compliance (R3)."""

from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Body, Path

from scrm.archive import deletion_requests
from scrm.runtime.http import archive_deletion_models as models
from scrm.runtime.http.archive_models import Why
from scrm.runtime.http.archive_rights import asker, guard, stepped
from scrm.runtime.http.caller import Caller, Role
from scrm.runtime.http.problems import NoSuchThingError, NotAllowedError
from scrm.runtime.http.routing import (
    Cursor,
    IdempotencyKey,
    Limit,
    NodeId,
    current_caller,
    list_of,
    responses,
    router,
    scope,
)
from scrm.runtime.wiring import archive_api as wiring

RequestId = Annotated[str, Path(max_length=64, description="The request's id.")]
_STEP = responses(HTTPStatus.OK, models.DeletionRequest, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT)


@router.get(
    "/v1/archive/deletion-requests",
    operation_id="listDeletionRequests",
    summary="What customers want deleted, at or below a node.",
    tags=["archive"],
    responses=list_of(models.DeletionRequestPage),
)
def list_requests(node_id: NodeId = None, cursor: Cursor = None, limit: Limit = 50) -> models.DeletionRequestPage:
    page = wiring.deletion_requests().requests.page(scope(node_id), cursor, limit)
    return models.DeletionRequestPage(
        items=[models.DeletionRequest.of(each) for each in page.items], cursor=page.cursor
    )


@router.get(
    "/v1/archive/deletion-requests/<request_id>",
    operation_id="getDeletionRequest",
    summary="One wish to delete, how it was decided, and from when it can be done.",
    tags=["archive"],
    responses=responses(HTTPStatus.OK, models.DeletionRequest, HTTPStatus.NOT_FOUND),
)
def get_request(request_id: RequestId) -> models.DeletionRequest:
    return models.DeletionRequest.of(_visible(request_id))


@router.post(
    "/v1/archive/deletion-requests",
    operation_id="recordDeletionRequest",
    summary="Record that a customer wants his conversations deleted.",
    tags=["archive"],
    status_code=HTTPStatus.CREATED,
    responses=responses(HTTPStatus.CREATED, models.DeletionRequest, HTTPStatus.CONFLICT),
)
def record_request(key: IdempotencyKey, request: Annotated[models.DeletionWish, Body()]) -> models.DeletionRequest:
    by = asker(_hears_customers())
    desk = wiring.deletion_requests()
    return models.DeletionRequest.of(stepped(lambda: desk.record(request.external_userid, request.wish, by, key)))


@router.post(
    "/v1/archive/deletion-requests/<request_id>/restrict",
    operation_id="restrictDeletionRequest",
    summary="Decide: retention (or a hold) stands in the way, with the reason; says from which day it does not.",
    tags=["archive"],
    responses=_STEP,
)
def restrict_request(
    request_id: RequestId, key: IdempotencyKey, request: Annotated[Why, Body()]
) -> models.DeletionRequest:
    del key  # it is decided anew
    by, found = asker(guard()), _visible(request_id)
    return models.DeletionRequest.of(stepped(lambda: wiring.deletion_requests().restrict(found, request.reason, by)))


@router.post(
    "/v1/archive/deletion-requests/<request_id>/withdraw",
    operation_id="withdrawDeletionRequest",
    summary="The customer does not want it any more.",
    tags=["archive"],
    responses=_STEP,
)
def withdraw_request(
    request_id: RequestId, key: IdempotencyKey, request: Annotated[Why, Body()]
) -> models.DeletionRequest:
    del key  # withdrawn twice is withdrawn once
    by, found = asker(_hears_customers()), _visible(request_id)
    return models.DeletionRequest.of(stepped(lambda: wiring.deletion_requests().withdraw(found, request.reason, by)))


def _hears_customers() -> Caller:
    caller = current_caller()
    if not caller.roles - {Role.AUDITOR}:
        raise NotAllowedError("Auditors look; they record nothing.")
    return caller


def _visible(request_id: str) -> deletion_requests.DeletionRequest:
    found = wiring.deletion_requests().requests.find(request_id)
    if found is None or not current_caller().sees(found.node_path):
        raise NoSuchThingError("deletion request")
    return found
