"""Contact pressure (S38-S40): how often a customer is touched, and exceptions that a second person approves."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Body, Path

from scrm import clock
from scrm.homes import key_of
from scrm.pressure.exceptions import (
    ExceptionScope,
    PressureException,
    PressureExceptions,
    Wanted,
)
from scrm.pressure.model import PressureClass
from scrm.runtime.http import pressure_models as models
from scrm.runtime.http.caller import Caller
from scrm.runtime.http.decided_requests import decided
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
from scrm.runtime.http.visible_customers import place_of, visible_customer
from scrm.runtime.wiring import admin_api as wiring

CustomerId = Annotated[str, Path(max_length=64, description="The customer's external_userid.")]
ExceptionId = Annotated[str, Path(max_length=64, description="The exception's id.")]
_DECIDED = responses(HTTPStatus.OK, models.CapException, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT)


@router.get(
    "/v1/pressure/customers/<external_userid>",
    operation_id="getCustomerPressure",
    summary="How often a customer was and may be touched, by ISO week and class.",
    tags=["pressure"],
    responses=responses(HTTPStatus.OK, models.CustomerPressure, HTTPStatus.NOT_FOUND),
)
def get_customer_pressure(external_userid: CustomerId) -> models.CustomerPressure:
    found, ledger = visible_customer(external_userid), wiring.pressure_ledger()
    capped: list[PressureClass] = [one for one in PressureClass if one is not PressureClass.SERVICE]
    caps: dict[PressureClass, int] = {
        one: ledger.caps.cap(one, "", [external_userid]).of(key_of(external_userid)) for one in capped
    }
    counted = ledger.counts_of(found.owner_userid, external_userid)
    return models.CustomerPressure(
        external_userid=external_userid,
        owner_userid=found.owner_userid,
        caps=caps,
        weeks=[models.WeekPressure.model_validate(one) for one in counted],
    )


@router.get(
    "/v1/pressure-exceptions",
    operation_id="listPressureExceptions",
    summary="Exceptions from the weekly caps: asked for, approved, rejected, revoked.",
    tags=["pressure"],
    responses=list_of(models.ExceptionPage),
)
def list_pressure_exceptions(node_id: NodeId = None, cursor: Cursor = None, limit: Limit = 20) -> models.ExceptionPage:
    page = _exceptions().store.page(scope(node_id), cursor, limit)
    return models.ExceptionPage(items=[models.CapException.of(found) for found in page.items], cursor=page.cursor)


@router.post(
    "/v1/pressure-exceptions",
    operation_id="askForPressureException",
    summary="Ask for a higher weekly cap for a customer, or for a campaign (head office); somebody else approves it.",
    tags=["pressure"],
    responses=_DECIDED,
)
def ask_for_pressure_exception(
    key: IdempotencyKey, request: Annotated[models.ExceptionRequest, Body()]
) -> models.CapException:
    del key  # the same request of the same person is the same exception anyway
    caller = _deciding()
    of_customer = request.scope is ExceptionScope.CUSTOMER
    if not (of_customer or caller.operates_the_corp):
        raise NotAllowedError("An exception for a whole campaign is asked for by head office.")
    node_path = place_of(visible_customer(request.subject_id)) if of_customer else caller.node.path
    wanted = Wanted(
        request.scope,
        request.subject_id,
        PressureClass(request.pressure_class),
        request.weekly_cap,
        request.valid_until,
        request.reason,
    )
    return _decided(lambda: _exceptions().ask(wanted, node_path, caller.actor, clock.now()))


@router.post(
    "/v1/pressure-exceptions/<exception_id>/approve",
    operation_id="approvePressureException",
    summary="Approve an exception that somebody else asked for.",
    tags=["pressure"],
    responses=_DECIDED,
)
def approve_pressure_exception(exception_id: ExceptionId, key: IdempotencyKey) -> models.CapException:
    del key  # a decision that was made by the caller already is answered as it is
    found, caller = _visible(exception_id), _deciding()
    return _decided(lambda: _exceptions().approve(found, caller.actor, clock.now()))


@router.post(
    "/v1/pressure-exceptions/<exception_id>/reject",
    operation_id="rejectPressureException",
    summary="Reject an exception, with the reason.",
    tags=["pressure"],
    responses=_DECIDED,
)
def reject_pressure_exception(
    exception_id: ExceptionId, key: IdempotencyKey, request: Annotated[models.DecisionNote, Body()]
) -> models.CapException:
    del key
    found, caller = _visible(exception_id), _deciding()
    return _decided(lambda: _exceptions().reject(found, caller.actor, request.note, clock.now()))


@router.post(
    "/v1/pressure-exceptions/<exception_id>/revoke",
    operation_id="revokePressureException",
    summary="End an approved exception before its time; places reserved under it stay.",
    tags=["pressure"],
    responses=_DECIDED,
)
def revoke_pressure_exception(
    exception_id: ExceptionId, key: IdempotencyKey, request: Annotated[models.DecisionNote, Body()]
) -> models.CapException:
    del key
    found, caller = _visible(exception_id), _deciding()
    return _decided(lambda: _exceptions().revoke(found, caller.actor, request.note, clock.now()))


def _exceptions() -> PressureExceptions:
    return wiring.pressure_exceptions()


def _decided(decide: Callable[[], PressureException]) -> models.CapException:
    return models.CapException.of(decided("exception", decide))


def _visible(exception_id: str) -> PressureException:
    found = _exceptions().store.find(exception_id)
    if found is None or not current_caller().sees(found.node_path):
        raise NoSuchThingError("exception")
    return found


def _deciding() -> Caller:
    caller = current_caller()
    if not caller.decides:
        raise NotAllowedError("Exceptions are asked for and decided by head office and by operators.")
    return caller
