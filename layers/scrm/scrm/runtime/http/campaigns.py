"""Campaigns: made and submitted by one person, approved by another, then they run by themselves."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Path, Query
from pydantic import BaseModel

from scrm import clock
from scrm.campaign import model
from scrm.campaign.desk import CampaignDesk
from scrm.campaign.terms import CampaignState, Purpose
from scrm.runtime.http import campaign_models as models
from scrm.runtime.http.caller import Caller, Role
from scrm.runtime.http.campaign_requests import CampaignId, refusals, visible_campaign
from scrm.runtime.http.content_requests import issuing_caller, once
from scrm.runtime.http.operation import Operation
from scrm.runtime.http.problems import NotAllowedError
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

RingName = Annotated[str, Path(max_length=32, description="The ring's name.")]
_CHANGED = responses(HTTPStatus.OK, models.Campaign, HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT)


@router.get(
    "/v1/campaigns",
    operation_id="listCampaigns",
    summary="Campaigns at or below a node, newest first.",
    tags=["campaigns"],
    responses=list_of(models.CampaignPage),
)
def list_campaigns(
    state: Annotated[CampaignState | None, Query(description="Only those in this state.")] = None,
    purpose: Annotated[Purpose | None, Query(description="Only those of this purpose.")] = None,
    node_id: NodeId = None,
    cursor: Cursor = None,
    limit: Limit = 20,
) -> models.CampaignPage:
    page = wiring.campaigns().store.list(scope(node_id), state, cursor, limit, purpose)
    return models.CampaignPage(items=[models.Campaign.of(each) for each in page.items], cursor=page.cursor)


@router.post(
    "/v1/campaigns",
    operation_id="createCampaign",
    summary="Make a campaign, a draft. For operators of head office and of branches.",
    tags=["campaigns"],
    status_code=HTTPStatus.CREATED,
    responses=responses(HTTPStatus.CREATED, models.Campaign, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT),
)
def create_campaign(
    key: IdempotencyKey, request: Annotated[models.CampaignRequest, Body()]
) -> Response[models.Campaign]:
    caller = issuing_caller("Making a campaign")
    node_path = scope(request.node_id or None)
    definition = request.to_definition(request.node_id or caller.node.node_id)
    with refusals():
        made = once(
            "campaign",
            key,
            request,
            lambda: wiring.campaigns().desk.create(definition, node_path, caller.actor, key, clock.now()).campaign_id,
        )
    operation: Operation = router.context[OPERATION]
    operation.subject = made
    return json_reply(HTTPStatus.CREATED, models.Campaign.of(visible_campaign(made)))


@router.get(
    "/v1/campaigns/<campaign_id>",
    operation_id="getCampaign",
    summary="One campaign: definition, frozen audience, review, rings.",
    tags=["campaigns"],
    responses=responses(HTTPStatus.OK, models.Campaign, HTTPStatus.NOT_FOUND),
)
def get_campaign(campaign_id: CampaignId) -> models.Campaign:
    return models.Campaign.of(visible_campaign(campaign_id))


@router.put(
    "/v1/campaigns/<campaign_id>",
    operation_id="editCampaign",
    summary="Replace a draft's definition over the version that was read; a submission is taken back by it.",
    tags=["campaigns"],
    responses=_CHANGED,
)
def edit_campaign(campaign_id: CampaignId, request: Annotated[models.CampaignEdit, Body()]) -> models.Campaign:
    known = visible_campaign(campaign_id)
    actor = issuing_caller("Changing a campaign").actor
    definition = request.campaign.to_definition(request.campaign.node_id or known.definition.node_id)
    with refusals():
        desk = wiring.campaigns().desk
        return models.Campaign.of(desk.edit(campaign_id, definition, request.version, actor, clock.now()))


@router.post(
    "/v1/campaigns/<campaign_id>/submit",
    operation_id="submitCampaign",
    summary="Have the audience frozen and ask for approval; read the campaign again until it has a submission.",
    tags=["campaigns"],
    responses=_CHANGED,
)
def submit(campaign_id: CampaignId, key: IdempotencyKey) -> models.Campaign:
    caller = issuing_caller("Submitting a campaign")
    return _step(
        "submit", campaign_id, key, models.NoBody(), lambda desk: desk.submit(campaign_id, caller.actor, _now())
    )


@router.post(
    "/v1/campaigns/<campaign_id>/approve",
    operation_id="approveCampaign",
    summary="Let this audience and this content go; never for who made or submitted it.",
    tags=["campaigns"],
    responses=_CHANGED,
)
def approve(
    campaign_id: CampaignId, key: IdempotencyKey, request: Annotated[models.ApprovalRequest, Body()]
) -> models.Campaign:
    actor = issuing_caller("Approving a campaign").actor
    seen = request.snapshot_id
    return _step("approve", campaign_id, key, request, lambda desk: desk.approve(campaign_id, seen, actor, _now()))


@router.post(
    "/v1/campaigns/<campaign_id>/reject",
    operation_id="rejectCampaign",
    summary="Send a submission back to its maker, or take an approval back before the start.",
    tags=["campaigns"],
    responses=_CHANGED,
)
def reject(
    campaign_id: CampaignId, key: IdempotencyKey, request: Annotated[models.RejectionRequest, Body()]
) -> models.Campaign:
    actor = _with_role("Rejecting a campaign", Role.COMPLIANCE, Role.HEAD_OFFICE, Role.OPERATOR).actor
    seen, reason = request.snapshot_id, request.reason
    return _step(
        "reject", campaign_id, key, request, lambda desk: desk.reject(campaign_id, seen, reason, actor, _now())
    )


@router.post(
    "/v1/campaigns/<campaign_id>/schedule",
    operation_id="scheduleCampaign",
    summary="Name the moment at which an approved campaign starts.",
    tags=["campaigns"],
    responses=_CHANGED,
)
def schedule(
    campaign_id: CampaignId, key: IdempotencyKey, request: Annotated[models.ScheduleRequest, Body()]
) -> models.Campaign:
    actor = issuing_caller("Scheduling a campaign").actor
    starts_at = request.starts_at
    return _step(
        "schedule", campaign_id, key, request, lambda desk: desk.schedule(campaign_id, starts_at, actor, _now())
    )


@router.post(
    "/v1/campaigns/<campaign_id>/pause",
    operation_id="pauseCampaign",
    summary="Nothing new leaves until it is resumed; what lies with members stays there.",
    tags=["campaigns"],
    responses=_CHANGED,
)
def pause(
    campaign_id: CampaignId, key: IdempotencyKey, request: Annotated[models.ReasonRequest, Body()]
) -> models.Campaign:
    actor = _with_role("Pausing a campaign", Role.COMPLIANCE, Role.HEAD_OFFICE, Role.OPERATOR).actor
    reason = request.reason
    return _step("pause", campaign_id, key, request, lambda desk: desk.pause(campaign_id, reason, actor, _now()))


@router.post(
    "/v1/campaigns/<campaign_id>/resume",
    operation_id="resumeCampaign",
    summary="Go on where it was paused.",
    tags=["campaigns"],
    responses=_CHANGED,
)
def resume(campaign_id: CampaignId, key: IdempotencyKey) -> models.Campaign:
    actor = issuing_caller("Resuming a campaign").actor
    return _step("resume", campaign_id, key, models.NoBody(), lambda desk: desk.resume(campaign_id, actor, _now()))


@router.post(
    "/v1/campaigns/<campaign_id>/recall",
    operation_id="recallCampaign",
    summary="Kill switch: nothing new leaves from now on, and what members have not confirmed is cancelled.",
    tags=["campaigns"],
    responses=_CHANGED,
)
def recall(
    campaign_id: CampaignId, key: IdempotencyKey, request: Annotated[models.ReasonRequest, Body()]
) -> models.Campaign:
    actor = _with_role("Recalling a campaign", Role.COMPLIANCE, Role.HEAD_OFFICE, Role.OPERATOR).actor
    reason = request.reason
    return _step("recall", campaign_id, key, request, lambda desk: desk.recall(campaign_id, reason, actor, _now()))


@router.post(
    "/v1/campaigns/<campaign_id>/close",
    operation_id="closeCampaign",
    summary="Close a campaign at once of which every customer has his end; else it closes by itself.",
    tags=["campaigns"],
    responses=_CHANGED,
)
def close(campaign_id: CampaignId, key: IdempotencyKey) -> models.Campaign:
    actor = issuing_caller("Closing a campaign").actor
    return _step("close", campaign_id, key, models.NoBody(), lambda desk: desk.close(campaign_id, actor, _now()))


@router.post(
    "/v1/campaigns/<campaign_id>/rings/<ring>/go",
    operation_id="letNextRingStart",
    summary="Let the ring after this one start as soon as its hold has passed.",
    tags=["campaigns"],
    responses=_CHANGED,
)
def go(campaign_id: CampaignId, ring: RingName, key: IdempotencyKey) -> models.Campaign:
    actor = issuing_caller("Letting the next ring start").actor
    return _step(
        f"go {ring}", campaign_id, key, models.NoBody(), lambda desk: desk.go(campaign_id, ring, actor, _now())
    )


@router.post(
    "/v1/campaigns/<campaign_id>/test-send",
    operation_id="testCampaign",
    summary="Send what was submitted to a few of the bank's own people, outside every cap and count.",
    tags=["campaigns"],
    responses=responses(
        HTTPStatus.OK, models.TestSend, HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT
    ),
)
def test_send(
    campaign_id: CampaignId, key: IdempotencyKey, request: Annotated[models.TestSendRequest, Body()]
) -> models.TestSend:
    visible_campaign(campaign_id)
    actor = issuing_caller("Testing a campaign").actor

    def send() -> str:
        desk = wiring.campaigns().desk
        return desk.test_send(campaign_id, request.external_userids, key, actor, _now()).campaign_id

    with refusals():
        test_id = once(f"{campaign_id} test", key, request, send)
    return models.TestSend(campaign_id=test_id, customers=len(dict.fromkeys(request.external_userids)))


def _step(
    name: str, campaign_id: str, key: str, request: BaseModel, take: Callable[[CampaignDesk], model.Campaign]
) -> models.Campaign:
    """Take a step of a campaign that the caller sees, once per key, and show the campaign as it is then."""
    visible_campaign(campaign_id)
    with refusals():
        once(f"{campaign_id} {name}", key, request, lambda: take(wiring.campaigns().desk).state.value)
    return models.Campaign.of(visible_campaign(campaign_id))


def _with_role(what: str, *roles: Role) -> Caller:
    caller = current_caller()
    if not caller.roles & set(roles):
        raise NotAllowedError(f"{what} needs one of the roles {', '.join(sorted(roles))}.")
    return caller


_now = clock.now
