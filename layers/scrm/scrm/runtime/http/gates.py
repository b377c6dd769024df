"""Stages and gates of nodes (S10 to S13): where a node stands and why, and overrides that a second person approves."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Body, Path, Query

from scrm import clock
from scrm.runtime.http import target_models as models
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
from scrm.runtime.wiring import admin_api as wiring
from scrm.targets.figures import month_of
from scrm.targets.overrides import GateOverrides, Override, WantedOverride

OverrideId = Annotated[str, Path(max_length=64, description="The override's id.")]
NodeInPath = Annotated[str, Path(max_length=64, description="The organisation node's id.")]
AsOfMonth = Annotated[
    str | None, Query(pattern=r"^[1-9]\d{3}-(0[1-9]|1[0-2])$", description="``2027-03``; absent: this month.")
]
_DECIDED = responses(HTTPStatus.OK, models.GateOverride, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT)


@router.get(
    "/v1/gates/<node_id>",
    operation_id="getGates",
    summary="The stage of a node with its evidence, and which KPIs are open, overridden or locked there.",
    tags=["targets"],
    responses=responses(HTTPStatus.OK, models.GateReply, HTTPStatus.NOT_FOUND),
)
def get_gates(node_id: NodeInPath, month: AsOfMonth = None) -> models.GateReply:
    path, now = scope(node_id), clock.now()
    as_of = month or month_of(now.astimezone(clock.BUSINESS_ZONE).date())
    return models.GateReply.told(node_id, as_of, wiring.targets().gates.look(node_id, path, now, as_of))


@router.get(
    "/v1/gate-overrides",
    operation_id="listGateOverrides",
    summary="Overrides of gates: asked for, approved, rejected, revoked.",
    tags=["targets"],
    responses=list_of(models.OverridePage),
)
def list_gate_overrides(node_id: NodeId = None, cursor: Cursor = None, limit: Limit = 20) -> models.OverridePage:
    page = _overrides().store.page(scope(node_id), cursor, limit)
    return models.OverridePage(items=[models.GateOverride.of(found) for found in page.items], cursor=page.cursor)


@router.post(
    "/v1/gate-overrides",
    operation_id="askForGateOverride",
    summary="Ask that a KPI counts at a node although its stage says no, with the reason; somebody else approves it.",
    tags=["targets"],
    responses=_DECIDED,
)
def ask_for_gate_override(
    key: IdempotencyKey, request: Annotated[models.OverrideRequest, Body()]
) -> models.GateOverride:
    del key  # the same request of the same person is the same override anyway
    path, caller = scope(request.node_id), _deciding()
    wanted = WantedOverride(request.kpi, request.node_id, path, request.valid_until, request.reason)
    return _decided(lambda: _overrides().ask(wanted, caller.actor, clock.now()))


@router.post(
    "/v1/gate-overrides/<override_id>/approval",
    operation_id="approveGateOverride",
    summary="Approve an override that somebody else asked for. For head office.",
    tags=["targets"],
    responses=_DECIDED,
)
def approve_gate_override(override_id: OverrideId, key: IdempotencyKey) -> models.GateOverride:
    del key  # a decision that was made by the caller already is answered as it is
    found, caller = _visible(override_id), _head_office()
    return _decided(lambda: _overrides().approve(found, caller.actor, clock.now()))


@router.post(
    "/v1/gate-overrides/<override_id>/rejection",
    operation_id="rejectGateOverride",
    summary="Reject an override, with the reason.",
    tags=["targets"],
    responses=_DECIDED,
)
def reject_gate_override(
    override_id: OverrideId, key: IdempotencyKey, request: Annotated[models.DecisionNote, Body()]
) -> models.GateOverride:
    del key
    found, caller = _visible(override_id), _head_office()
    return _decided(lambda: _overrides().reject(found, caller.actor, request.note, clock.now()))


@router.post(
    "/v1/gate-overrides/<override_id>/revocation",
    operation_id="revokeGateOverride",
    summary="End an approved override before its time, with the reason.",
    tags=["targets"],
    responses=_DECIDED,
)
def revoke_gate_override(
    override_id: OverrideId, key: IdempotencyKey, request: Annotated[models.DecisionNote, Body()]
) -> models.GateOverride:
    del key
    found, caller = _visible(override_id), _head_office()
    return _decided(lambda: _overrides().revoke(found, caller.actor, request.note, clock.now()))


def _overrides() -> GateOverrides:
    return wiring.targets().overrides


def _visible(override_id: str) -> Override:
    found = _overrides().store.find(override_id)
    if found is None or not current_caller().sees(found.wanted.node_path):
        raise NoSuchThingError("override")
    return found


def _deciding() -> Caller:
    caller = current_caller()
    if not caller.decides:
        raise NotAllowedError("Overrides are asked for by head office and by operators.")
    return caller


def _head_office() -> Caller:
    caller = current_caller()
    if not caller.operates_the_corp:
        raise NotAllowedError("Overrides of gates are decided by head office.")
    return caller


def _decided(decide: Callable[[], Override]) -> models.GateOverride:
    return models.GateOverride.of(decided("override", decide))
