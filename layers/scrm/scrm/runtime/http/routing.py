"""What the modules of routes share: the router, parameters, answers, and who may see what (invariant 7)."""

import functools
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.openapi.params import Header, Path, Query
from pydantic import BaseModel

from scrm import clock
from scrm.handover.errors import until_current
from scrm.handover.four_eyes import Wish
from scrm.handover.model import HandoverCase
from scrm.handover.queries import CaseDetail
from scrm.runtime.http import models
from scrm.runtime.http.caller import Caller
from scrm.runtime.http.operation import Operation
from scrm.runtime.http.problems import CONTENT_TYPE, NoSuchThingError, NotAllowedError
from scrm.runtime.wiring import admin_api as wiring

OPERATION = "operation"
_READ_LIMIT = 100
_JSON = "application/json"

Limit = Annotated[int, Query(ge=1, le=_READ_LIMIT, description="Rows a page at most.")]
Cursor = Annotated[str | None, Query(max_length=2048, description="The cursor of the page before.")]
NodeId = Annotated[
    str | None, Query(max_length=64, description="Only at or below this organisation node; the caller's own if absent.")
]
CaseId = Annotated[str, Path(max_length=64, description="The case's id.", examples=["case_aaaaaaaaaaaaaaaaaaaaaaaaaa"])]
MemberUserid = Annotated[str, Path(max_length=64, description="The member's userid.")]
IdempotencyKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        description="Chosen by the client, new for each new request: a repeat gets the answer of the first.",
    ),
]

# Each module of a family registers its own operations when it is imported; `families` says when that is.
router = APIGatewayHttpResolver(
    enable_validation=True, serializer=functools.partial(json.dumps, ensure_ascii=False, separators=(",", ":"))
)


def responses(status: HTTPStatus, model: type[Any], *problems: HTTPStatus) -> dict[int, Any]:
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


def list_of(model: type[Any]) -> dict[int, Any]:
    return responses(HTTPStatus.OK, model, HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND)


def decision() -> dict[int, Any]:
    return responses(
        HTTPStatus.OK, models.CaseDetail, HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT
    )


def or_waiting(answers: dict[int, Any]) -> dict[int, Any]:
    """What may have to wait for a second person answers 202 then."""
    waiting = responses(HTTPStatus.ACCEPTED, models.PendingDecision)
    return {**answers, HTTPStatus.ACCEPTED.value: waiting[HTTPStatus.ACCEPTED.value]}


def json_reply[Body: BaseModel](status: HTTPStatus, body: Body) -> Response[Any]:
    return Response(status.value, _JSON, body)


def current_caller() -> Caller:
    operation: Operation = router.context[OPERATION]
    if operation.caller is None:
        raise NotAllowedError("The caller is not caller.")
    return operation.caller


def scope(node_id: str | None) -> str:
    """The node path to read at: the caller's own, or that of a node below it."""
    caller = current_caller()
    if node_id is None:
        return caller.node.path
    node = wiring.org_queries().node(node_id)
    if node is None or not caller.sees(node.path):
        raise NoSuchThingError("organisation node")
    return node.path


def decided(case_id: str, key: str, request: BaseModel, decide: Callable[[str], HandoverCase]) -> models.CaseDetail:
    """The case after the decision of somebody who sees it and may decide."""
    visible_case(case_id)
    caller = deciding_caller()
    wiring.decided_once().decide(f"{caller.subject} {case_id}", key, request, lambda: decide(caller.actor))
    return models.CaseDetail.model_validate(visible_case(case_id))


def wish_of(operation: str, case_id: str, request: BaseModel) -> Wish:
    """What a request wants done about a case that the caller sees."""
    node_path = visible_case(case_id).summary.node_path
    return Wish(operation, case_id, node_path, request.model_dump(mode="json"))


def decided_by_two(
    wish: Wish, key: str, request: BaseModel, check: Callable[[], Mapping[str, Any]], decide: Callable[[str], object]
) -> Response[models.CaseDetail | models.PendingDecision]:
    """The case after the decision, or 202 and the decision when the bank's settings want a second person for it.

    ``check`` refuses what could not be done now, and adds to the wish's parameters what must still be so then.
    """
    caller, four_eyes = deciding_caller(), wiring.four_eyes()

    def ask_or_decide() -> object:
        if four_eyes.applies(wish.operation):
            whole = replace(wish, parameters={**wish.parameters, **check()})
            waiting = four_eyes.ask(whole, caller.actor, clock.now(), key)
            if waiting is not None:
                return waiting
        return decide(caller.actor)

    waits = wiring.decided_once().decide(f"{caller.subject} {wish.case_id}", key, request, ask_or_decide)
    if waits:
        return json_reply(HTTPStatus.ACCEPTED, visible_decision(waits))
    return json_reply(HTTPStatus.OK, models.CaseDetail.model_validate(visible_case(wish.case_id)))


def permission_for(wish: Wish) -> Response[Any] | None:
    """None when the caller may do it now, which uses up a confirmed permission; else 202 and the decision."""
    actor = current_caller().actor
    waiting = until_current(lambda: wiring.four_eyes().ask(wish, actor, clock.now()))
    return None if waiting is None else json_reply(HTTPStatus.ACCEPTED, models.PendingDecision.of(waiting))


def visible_decision(decision_id: str) -> models.PendingDecision:
    found = wiring.four_eyes().store.find(decision_id)
    if found is None or not current_caller().sees(found.wish.node_path):
        raise NoSuchThingError("decision")
    return models.PendingDecision.of(found)


def deciding_caller() -> Caller:
    """The caller, if he may decide about the cases he sees."""
    caller = current_caller()
    if not caller.decides:
        raise NotAllowedError("Deciding about a case is for head office and for operators.")
    return caller


def visible_case(case_id: str) -> CaseDetail:
    case = wiring.case_queries().get_case(case_id)
    if case is None or not current_caller().sees(case.summary.node_path):
        raise NoSuchThingError("case")
    return case
