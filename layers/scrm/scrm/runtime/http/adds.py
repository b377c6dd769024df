"""Added customers as they were judged (O10): listed, explained, appealed, and appeals decided by somebody else."""

from collections import ChainMap
from collections.abc import Callable
from datetime import date
from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Body, Path, Query

from scrm import clock
from scrm.adds.appeals import Appeal
from scrm.adds.model import AddPlace, Judgement, State
from scrm.runtime.http import adds_models as models
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
from scrm.runtime.kpi_joins import business_month
from scrm.runtime.wiring import adds as wiring
from scrm.runtime.wiring.admin_api import audit_log
from scrm.two_persons import RequestState

AddRef = Annotated[
    str, Path(max_length=64, description="As the list gives it: ``2027-03-10.10.add_aaaaaaaaaaaaaaaaaaaaaaaaaa``.")
]
Day = Annotated[date, Query(description="The business day of the adds.")]
Verdict = Annotated[State | None, Query(description="Only those judged so.")]
Month = Annotated[
    str | None, Query(pattern=r"^[1-9]\d{3}-(0[1-9]|1[0-2])$", description="The month of the adds; this one if absent.")
]
AppealState = Annotated[RequestState | None, Query(description="Only those that stand so.")]
_DECIDED = responses(HTTPStatus.OK, models.AddAppeal, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT)


@router.get(
    "/v1/adds",
    operation_id="listJudgedAdds",
    summary="A day's added customers as they were judged last, by member; a page may be short.",
    tags=["adds"],
    responses=list_of(models.JudgedAddPage),
)
def list_judged_adds(
    day: Day, state: Verdict = None, node_id: NodeId = None, cursor: Cursor = None, limit: Limit = 20
) -> models.JudgedAddPage:
    adds = _adds()
    page = adds.judged.page(scope(node_id), day, state, cursor, limit)
    branches = sorted({each.evidence.add.place.branch_id for each in page.items})
    appeals = ChainMap(*(dict(adds.appeals.store.of_day(day, branch_id)) for branch_id in branches))
    items = [models.JudgedAdd.of(each, appeals.get(each.evidence.add.add_id)) for each in page.items]
    return models.JudgedAddPage(items=items, cursor=page.cursor)


@router.get(
    "/v1/adds/<add_ref>",
    operation_id="getJudgedAdd",
    summary="One added customer: each rule's answer, what it saw, and the appeal if there is one.",
    tags=["adds"],
    responses=responses(HTTPStatus.OK, models.ExplainedAdd, HTTPStatus.NOT_FOUND),
)
def get_judged_add(add_ref: AddRef) -> models.ExplainedAdd:
    return models.ExplainedAdd.of(_visible_add(add_ref), _adds().appeals.store.find(add_ref))


@router.get(
    "/v1/add-appeals",
    operation_id="listAddAppeals",
    summary="Appeals about a month's adds, by day; a page may be short.",
    tags=["adds"],
    responses=list_of(models.AddAppealPage),
)
def list_add_appeals(
    month: Month = None,
    state: AppealState = None,
    node_id: NodeId = None,
    cursor: Cursor = None,
    limit: Limit = 20,
) -> models.AddAppealPage:
    page = _adds().appeals.store.page(scope(node_id), month or business_month(), state, cursor, limit)
    return models.AddAppealPage(items=[models.AddAppeal.of(each) for each in page.items], cursor=page.cursor)


@router.post(
    "/v1/adds/<add_ref>/appeal",
    operation_id="appealAdd",
    summary="Say with the reason that an excluded add counts; somebody else decides.",
    tags=["adds"],
    responses=_DECIDED,
)
def appeal_add(
    add_ref: AddRef, key: IdempotencyKey, request: Annotated[models.AppealRequest, Body()]
) -> models.AddAppeal:
    del key  # one appeal an add: the same person's once more is the same
    found, caller = _visible_add(add_ref), _deciding()
    return _decided(lambda: _adds().appeals.ask(found, request.reason, caller.actor, clock.now()))


@router.post(
    "/v1/adds/<add_ref>/approval",
    operation_id="approveAddAppeal",
    summary="Approve somebody else's appeal, with the reason: the next judging counts the add. For head office.",
    tags=["adds"],
    responses=_DECIDED,
)
def approve_add_appeal(
    add_ref: AddRef, key: IdempotencyKey, request: Annotated[models.AppealDecision, Body()]
) -> models.AddAppeal:
    del key  # a decision that was made by the caller already is answered as it is
    found, caller = _visible_appeal(add_ref), _head_office()
    return _decided(lambda: _adds().appeals.approve(found, caller.actor, clock.now(), request.note))


@router.post(
    "/v1/adds/<add_ref>/rejection",
    operation_id="rejectAddAppeal",
    summary="Reject somebody else's appeal, with the reason. For head office.",
    tags=["adds"],
    responses=_DECIDED,
)
def reject_add_appeal(
    add_ref: AddRef, key: IdempotencyKey, request: Annotated[models.AppealDecision, Body()]
) -> models.AddAppeal:
    del key
    found, caller = _visible_appeal(add_ref), _head_office()
    return _decided(lambda: _adds().appeals.reject(found, caller.actor, request.note, clock.now()))


def _adds() -> wiring.AdminAdds:
    return wiring.admin_adds(audit_log())


def _visible_add(add_ref: str) -> Judgement:
    place = AddPlace.of(add_ref)
    found = _adds().judged.find(place) if place else None
    if found is None or not current_caller().sees(found.evidence.add.node_path):
        raise NoSuchThingError("judged add")
    return found


def _visible_appeal(add_ref: str) -> Appeal:
    found = _adds().appeals.store.find(add_ref) if AddPlace.of(add_ref) else None
    if found is None or not current_caller().sees(found.wanted.node_path):
        raise NoSuchThingError("appeal")
    return found


def _deciding() -> Caller:
    caller = current_caller()
    if not caller.decides:
        raise NotAllowedError("Adds are appealed by head office and by operators.")
    return caller


def _head_office() -> Caller:
    caller = current_caller()
    if not caller.operates_the_corp:
        raise NotAllowedError("Appeals are decided by head office.")
    return caller


def _decided(decide: Callable[[], Appeal]) -> models.AddAppeal:
    return models.AddAppeal.of(decided("appeal", decide))
