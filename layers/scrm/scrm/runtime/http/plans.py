"""Plans of handovers: looked at by everybody who sees the case, approved by somebody who is not their maker."""

from datetime import date
from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Body, Query

from scrm import clock
from scrm.handover.model import HandoverCase
from scrm.handover.userid import Userid
from scrm.ids import fold_userid
from scrm.node_paths import branch_path, covers
from scrm.runtime.http import models, plan_models
from scrm.runtime.http.case_routing import CaseId, decided, decision, visible_case
from scrm.runtime.http.problems import NoSuchThingError, NotAllowedError
from scrm.runtime.http.routing import IdempotencyKey, MemberUserid, current_caller, responses, router
from scrm.runtime.wiring import admin_api as wiring

_MOST_NAMED = 20


@router.get(
    "/v1/cases/<case_id>/preview",
    operation_id="previewCase",
    summary="The plan of a case in numbers: as it is stored, else as it would be made now.",
    tags=["handover"],
    responses=responses(HTTPStatus.OK, plan_models.PlanPreview, HTTPStatus.NOT_FOUND),
)
def preview_case(case_id: CaseId) -> plan_models.PlanPreview:
    visible_case(case_id)
    return plan_models.PlanPreview.model_validate(wiring.previews().of_case(case_id, clock.now()))


@router.get(
    "/v1/members/<userid>/preview",
    operation_id="previewDeparture",
    summary="What would be planned if a member left; nothing is opened. His open case, if he has one.",
    tags=["handover"],
    responses=responses(HTTPStatus.OK, plan_models.PlanPreview, HTTPStatus.NOT_FOUND),
)
def preview_departure(
    userid: MemberUserid,
    successor_userid: Annotated[
        list[Userid] | None, Query(max_length=_MOST_NAMED, description="Who shall take over, in order; may repeat.")
    ] = None,
    last_day: Annotated[date | None, Query(description="The last working day, in Shanghai.")] = None,
) -> plan_models.PlanPreview:
    previews = wiring.previews()
    member = previews.member(fold_userid(userid))
    if member is None or not current_caller().sees(member.node_path):
        raise NoSuchThingError("member")
    found = previews.of_departure(member, successor_userid or [], last_day, clock.now())
    if not current_caller().sees(found.node_path):
        raise NoSuchThingError("member")
    return plan_models.PlanPreview.model_validate(found)


@router.post(
    "/v1/cases/<case_id>/approval",
    operation_id="approvePlan",
    summary="Let the plan start that you have seen. For those placed at the case's branch or above, not for its maker.",
    tags=["handover"],
    responses=decision(),
)
def approve(
    case_id: CaseId, key: IdempotencyKey, request: Annotated[plan_models.ApprovalRequest, Body()]
) -> models.CaseDetail:
    _check_place(case_id)

    def decide(actor: str) -> HandoverCase:
        return wiring.plan_reviews().approve(case_id, request.checksum, actor, clock.now())

    return decided(case_id, key, request, decide)


@router.post(
    "/v1/cases/<case_id>/rejection",
    operation_id="rejectPlan",
    summary="Send a plan back with a reason: its customers wait for another plan.",
    tags=["handover"],
    responses=decision(),
)
def reject(
    case_id: CaseId, key: IdempotencyKey, request: Annotated[plan_models.PlanRejectionRequest, Body()]
) -> models.CaseDetail:
    _check_place(case_id)

    def decide(actor: str) -> HandoverCase:
        return wiring.plan_reviews().reject(case_id, request.checksum, request.reason, actor, clock.now())

    return decided(case_id, key, request, decide)


@router.post(
    "/v1/cases/<case_id>/plan",
    operation_id="replanCase",
    summary="Have a case planned anew with other successors while nothing has started; you are the plan's maker.",
    tags=["handover"],
    responses=decision(),
)
def replan(
    case_id: CaseId, key: IdempotencyKey, request: Annotated[plan_models.PlanRequest, Body()]
) -> models.CaseDetail:
    def decide(actor: str) -> HandoverCase:
        return wiring.plan_reviews().replan(case_id, request.successor_userids, actor, clock.now())

    return decided(case_id, key, request, decide)


def _check_place(case_id: str) -> None:
    """Whoever looks at a plan answers for the branch, not for one of its teams."""
    case = visible_case(case_id)
    if not covers(current_caller().node.path, branch_path(case.summary.node_path)):
        raise NotAllowedError("A plan is approved by somebody placed at the case's branch or above it.")
