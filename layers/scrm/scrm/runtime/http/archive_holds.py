"""Legal holds: placed by one compliance officer, lifted by two (R11)."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Body, Path

from scrm.archive import legal_holds
from scrm.archive.legal_holds import LegalHolds
from scrm.archive.records import Asker
from scrm.runtime.http import archive_hold_models as models
from scrm.runtime.http.archive_models import Why
from scrm.runtime.http.archive_rights import asker, guard, reader, stepped
from scrm.runtime.http.problems import NoSuchThingError
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

HoldId = Annotated[str, Path(max_length=64, description="The hold's id.")]
_STEP = responses(HTTPStatus.OK, models.LegalHold, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT)


@router.get(
    "/v1/archive/holds",
    operation_id="listLegalHolds",
    summary="Legal holds that were placed at or below a node, lifted ones too.",
    tags=["archive"],
    responses=list_of(models.LegalHoldPage),
)
def list_holds(node_id: NodeId = None, cursor: Cursor = None, limit: Limit = 50) -> models.LegalHoldPage:
    page = wiring.legal_holds().holds.page(reader(scope(node_id)).node_path, cursor, limit)
    return models.LegalHoldPage(items=[models.LegalHold.of(each) for each in page.items], cursor=page.cursor)


@router.get(
    "/v1/archive/holds/<hold_id>",
    operation_id="getLegalHold",
    summary="One legal hold.",
    tags=["archive"],
    responses=responses(HTTPStatus.OK, models.LegalHold, HTTPStatus.NOT_FOUND),
)
def get_hold(hold_id: HoldId) -> models.LegalHold:
    reader()
    return models.LegalHold.of(_visible(hold_id))


@router.post(
    "/v1/archive/holds",
    operation_id="placeLegalHold",
    summary="Hold what was said by or to a customer, a member, a group or on some days. For compliance officers.",
    tags=["archive"],
    status_code=HTTPStatus.CREATED,
    responses=responses(HTTPStatus.CREATED, models.LegalHold, HTTPStatus.CONFLICT),
)
def place_hold(key: IdempotencyKey, request: Annotated[models.LegalHoldRequest, Body()]) -> models.LegalHold:
    by = asker(guard())
    return models.LegalHold.of(stepped(lambda: wiring.legal_holds().place(request.scope(), request.reason, by, key)))


@router.post(
    "/v1/archive/holds/<hold_id>/lift",
    operation_id="askToLiftLegalHold",
    summary="Ask that a hold be lifted; it holds until another compliance officer confirms.",
    tags=["archive"],
    responses=_STEP,
)
def ask_to_lift(hold_id: HoldId, key: IdempotencyKey, request: Annotated[Why, Body()]) -> models.LegalHold:
    del key  # asking twice is asking once
    return _step(hold_id, lambda holds, hold, by: holds.ask_to_lift(hold, request.reason, by))


@router.post(
    "/v1/archive/holds/<hold_id>/confirm-lift",
    operation_id="confirmLiftOfLegalHold",
    summary="Lift a hold that another compliance officer asked to lift.",
    tags=["archive"],
    responses=_STEP,
)
def confirm_lift(hold_id: HoldId, key: IdempotencyKey) -> models.LegalHold:
    del key  # as above
    return _step(hold_id, lambda holds, hold, by: holds.confirm_lift(hold, by))


@router.post(
    "/v1/archive/holds/<hold_id>/keep",
    operation_id="keepLegalHold",
    summary="Refuse the wish to lift a hold, or take it back.",
    tags=["archive"],
    responses=_STEP,
)
def keep_hold(hold_id: HoldId, key: IdempotencyKey) -> models.LegalHold:
    del key  # as above
    return _step(hold_id, lambda holds, hold, by: holds.keep_on(hold, by))


def _step(
    hold_id: str, step: Callable[[LegalHolds, legal_holds.LegalHold, Asker], legal_holds.LegalHold]
) -> models.LegalHold:
    by, hold = asker(guard()), _visible(hold_id)
    return models.LegalHold.of(stepped(lambda: step(wiring.legal_holds(), hold, by)))


def _visible(hold_id: str) -> legal_holds.LegalHold:
    found = wiring.legal_holds().holds.find(hold_id)
    if found is None or not current_caller().sees(found.node_path):
        raise NoSuchThingError("hold")
    return found
