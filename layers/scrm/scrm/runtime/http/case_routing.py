"""What the operations on cases share: who sees a case, who may decide about it, and how a second person comes in."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path
from pydantic import BaseModel

from scrm import clock
from scrm.handover.errors import until_current
from scrm.handover.four_eyes import Wish
from scrm.handover.model import HandoverCase
from scrm.handover.queries import CaseDetail
from scrm.runtime.http import models
from scrm.runtime.http.caller import Caller
from scrm.runtime.http.problems import NoSuchThingError, NotAllowedError
from scrm.runtime.http.routing import current_caller, json_reply, responses
from scrm.runtime.wiring import admin_api as wiring

CaseId = Annotated[str, Path(max_length=64, description="The case's id.", examples=["case_aaaaaaaaaaaaaaaaaaaaaaaaaa"])]


def decision() -> dict[int, Any]:
    return responses(
        HTTPStatus.OK, models.CaseDetail, HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT
    )


def or_waiting(answers: dict[int, Any]) -> dict[int, Any]:
    """What may have to wait for a second person answers 202 then."""
    waiting = responses(HTTPStatus.ACCEPTED, models.PendingDecision)
    return {**answers, HTTPStatus.ACCEPTED.value: waiting[HTTPStatus.ACCEPTED.value]}


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
