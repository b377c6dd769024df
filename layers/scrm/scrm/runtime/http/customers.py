"""Customers: who answers for them, holds, assignments. A customer is where his owner sits."""

from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Body, Path, Query

from scrm import clock
from scrm.contacts.accountability import Decision
from scrm.contacts.model import Finding, HoldReason
from scrm.contacts.ports import ContactsBusyError
from scrm.contacts.queries import CustomerView
from scrm.node_paths import ROOT_PATH, covers
from scrm.runtime.http import customer_models as models
from scrm.runtime.http.caller import Caller, Role
from scrm.runtime.http.problems import NoSuchThingError, NotAllowedError, ProblemError
from scrm.runtime.http.routing import Cursor, Limit, NodeId, current_caller, list_of, responses, router, scope
from scrm.runtime.http.visible_customers import answerable, place_of, visible_customer
from scrm.runtime.wiring import admin_api as wiring

CustomerId = Annotated[str, Path(max_length=64, description="The customer's external_userid.")]
_MAY_HOLD = frozenset({Role.HEAD_OFFICE, Role.OPERATOR, Role.COMPLIANCE})
_DECIDED = responses(HTTPStatus.OK, models.Customer, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT)


@router.get(
    "/v1/customers",
    operation_id="listFindings",
    summary="Customers of whom the customer master says otherwise: its RM does not follow them, or is not the owner.",
    tags=["customers"],
    responses=list_of(models.CustomerPage),
)
def list_findings(
    finding: Finding, node_id: NodeId = None, cursor: Cursor = None, limit: Limit = 20
) -> models.CustomerPage:
    wanted = scope(node_id)
    page = wiring.contact_queries().findings(finding, cursor, limit)
    paths = wiring.member_places().paths_of(map(answerable, page.items))
    seen = [view for view in page.items if covers(wanted, paths.get(answerable(view), ROOT_PATH))]
    return models.CustomerPage(items=[models.Customer.model_validate(view) for view in seen], cursor=page.cursor)


@router.get(
    "/v1/customers/<external_userid>",
    operation_id="getCustomer",
    summary="One customer: owner, why he is it, followers, hold, what the customer master says.",
    tags=["customers"],
    responses=responses(HTTPStatus.OK, models.Customer, HTTPStatus.NOT_FOUND),
)
def get_customer(external_userid: CustomerId) -> models.Customer:
    return models.Customer.model_validate(visible_customer(external_userid))


@router.put(
    "/v1/customers/<external_userid>/hold",
    operation_id="holdCustomer",
    summary="Keep a customer from being moved automatically while a complaint or an investigation lasts.",
    tags=["customers"],
    responses=_DECIDED,
)
def hold_customer(external_userid: CustomerId, request: Annotated[models.HoldRequest, Body()]) -> models.Customer:
    visible_customer(external_userid)
    caller = _holding_caller()
    try:
        wiring.accountability().set_hold(external_userid, request.reason, caller.actor, clock.now())
    except ContactsBusyError as busy:
        raise _busy() from busy
    held = visible_customer(external_userid)
    wiring.customer_journal().held(held, place_of(held))
    _check_hold(held, request.reason)
    return models.Customer.model_validate(held)


@router.delete(
    "/v1/customers/<external_userid>/hold",
    operation_id="releaseCustomer",
    summary="Lift the hold of this reason. A case that left the customer to a person stays with that person.",
    tags=["customers"],
    responses=_DECIDED,
)
def release_customer(
    external_userid: CustomerId, reason: Annotated[HoldReason, Query(description="Why the hold was set.")]
) -> models.Customer:
    known = visible_customer(external_userid)
    caller = _holding_caller()
    _check_hold(known, reason)
    wiring.customer_journal().released(known, place_of(known), caller.actor, clock.now())
    try:
        wiring.accountability().lift_hold(external_userid, reason)
    except ContactsBusyError as busy:
        raise _busy() from busy
    return models.Customer.model_validate(visible_customer(external_userid))


@router.put(
    "/v1/customers/<external_userid>/owner",
    operation_id="assignOwner",
    summary="Make an active follower the accountable owner; this outranks the customer master as it is now.",
    tags=["customers"],
    responses=_DECIDED,
)
def assign_owner(external_userid: CustomerId, request: Annotated[models.OwnerRequest, Body()]) -> models.Customer:
    visible_customer(external_userid)
    caller = current_caller()
    if not caller.decides:
        raise NotAllowedError("Owners are assigned by head office and by operators.")
    if not caller.sees(wiring.member_places().paths_of([request.userid]).get(request.userid, ROOT_PATH)):
        raise NoSuchThingError("member")
    try:
        decision = wiring.accountability().assign_owner(external_userid, request.userid, caller.actor, clock.now())
    except ContactsBusyError as busy:
        raise _busy() from busy
    if decision is Decision.NOT_FOLLOWING:
        detail = "The member is no active follower of this customer; choose one of its followers."
        raise ProblemError(HTTPStatus.CONFLICT, "not-following", detail)
    assigned = visible_customer(external_userid)
    wiring.customer_journal().assigned(assigned, place_of(assigned), caller.actor)
    return models.Customer.model_validate(assigned)


def _holding_caller() -> Caller:
    caller = current_caller()
    if not caller.roles & _MAY_HOLD:
        raise NotAllowedError("Customers are held and released by head office, operators and compliance.")
    return caller


def _check_hold(customer: CustomerView, reason: HoldReason) -> None:
    if customer.hold is not None and customer.hold.reason is not reason:
        detail = "Another hold stands: it is lifted by its own reason before anything else is said of this customer."
        raise ProblemError(HTTPStatus.CONFLICT, "another-hold", detail)


def _busy() -> ProblemError:
    return ProblemError(HTTPStatus.CONFLICT, "customer-changed", "The customer is being changed by others; repeat.")
