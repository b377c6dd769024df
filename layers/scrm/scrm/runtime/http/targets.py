"""A year's targets (S6 to S9, O8): plans that a second person approves, and how far a node has come."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Path, Query

from scrm import clock
from scrm.aws import cursors
from scrm.node_paths import ROOT_PATH, branch_of
from scrm.org.nodes import ids_on
from scrm.runtime.http import target_models as models
from scrm.runtime.http.caller import Caller
from scrm.runtime.http.problems import NotAllowedError, ProblemError, sentence
from scrm.runtime.http.routing import (
    Cursor,
    IdempotencyKey,
    Limit,
    current_caller,
    json_reply,
    responses,
    router,
    scope,
)
from scrm.runtime.wiring import admin_api as wiring
from scrm.runtime.wiring.targets import AdminTargets
from scrm.targets.errors import InvalidPlanError
from scrm.targets.plans import NodeTargets, PlanRefusedError, PlanVersion, StalePlanError, UnknownPlanError

PlanId = Annotated[str, Path(max_length=64, description="The plan's id.", examples=["2027-aum"])]
NodeInPath = Annotated[str, Path(max_length=64, description="The organisation node's id.")]
Number = Annotated[int, Path(ge=1, description="The version's number.")]
Version = Annotated[int | None, Query(ge=1, description="Absent: the version in force.")]
Year = Annotated[int, Query(ge=2020, le=2100)]
_DECIDED = responses(HTTPStatus.OK, models.PlanVersion, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT)


@router.get(
    "/v1/targets",
    operation_id="listTargetPlans",
    summary="The versions of all plans of a year.",
    tags=["targets"],
    responses=responses(HTTPStatus.OK, models.PlanVersionList),
)
def list_target_plans(year: Year) -> models.PlanVersionList:
    current_caller()
    found = _targets().plans.store.of_year(year)
    return models.PlanVersionList(items=[models.PlanVersion.of(one) for one in found])


@router.post(
    "/v1/targets",
    operation_id="draftTargetPlan",
    summary="Write a plan, or the next version of one. For head office; somebody else approves it.",
    tags=["targets"],
    status_code=HTTPStatus.CREATED,
    responses=responses(HTTPStatus.CREATED, models.PlanVersion, HTTPStatus.CONFLICT),
)
def draft_target_plan(
    key: IdempotencyKey, request: Annotated[models.PlanRequest, Body()]
) -> Response[models.PlanVersion]:
    del key  # the same terms of the same person are the same version anyway
    caller = _planning()
    _check_nodes({share.node_id for share in request.shares})
    made = _decided(lambda: _targets().plans.draft(request.terms(), caller.actor, clock.now()))
    return json_reply(HTTPStatus.CREATED, made)


@router.post(
    "/v1/targets/<plan_id>/versions/<version>/approval",
    operation_id="approveTargetPlan",
    summary="Approve a version that somebody else wrote: from then on it is frozen and in force.",
    tags=["targets"],
    responses=_DECIDED,
)
def approve_target_plan(plan_id: PlanId, version: Number, key: IdempotencyKey) -> models.PlanVersion:
    del key  # a decision that was made by the caller already is answered as it is
    caller = _planning()
    return _decided(lambda: _targets().plans.approve(plan_id, version, caller.actor, clock.now()))


@router.post(
    "/v1/targets/<plan_id>/versions/<version>/rejection",
    operation_id="rejectTargetPlan",
    summary="Reject a draft, or take your own back, with the reason.",
    tags=["targets"],
    responses=_DECIDED,
)
def reject_target_plan(
    plan_id: PlanId, version: Number, key: IdempotencyKey, request: Annotated[models.DecisionNote, Body()]
) -> models.PlanVersion:
    del key
    caller = _planning()
    return _decided(lambda: _targets().plans.reject(plan_id, version, caller.actor, request.note, clock.now()))


@router.get(
    "/v1/targets/<plan_id>/nodes/<node_id>",
    operation_id="getNodeTargets",
    summary="What a node has to reach by month, quarter and year, and how that is split below it.",
    tags=["targets"],
    responses=responses(HTTPStatus.OK, models.NodeTargets, HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND),
)
def get_node_targets(
    plan_id: PlanId, node_id: NodeInPath, version: Version = None, cursor: Cursor = None, limit: Limit = 20
) -> models.NodeTargets:
    path, targets = scope(node_id), _targets()
    plan = _read(lambda: _version(targets, plan_id, version))
    found = _read(lambda: targets.views.of_node(plan, ids_on(path)))
    terms = targets.views.documents.terms(plan.plan_id, plan.terms_sha256)
    listed, following = _page(found, f"targets/{plan_id}/{plan.version}/{node_id}", cursor, limit)
    begins = terms.begins(branch_of(path))
    return models.NodeTargets(
        plan=models.PlanVersion.of(plan),
        node_id=node_id,
        first_month=begins,
        frozen_late=plan.is_late(begins),
        baseline_value=terms.baseline.value if current_caller().sees(ROOT_PATH) else None,
        baseline_as_of=terms.baseline.as_of,
        metrics=models.metrics_of(found.targets),
        below=[models.BelowTargets(below_id=one, metrics=models.metrics_of(found.below[one])) for one in listed],
        cursor=following,
    )


@router.get(
    "/v1/targets/<plan_id>/nodes/<node_id>/progress",
    operation_id="getNodeProgress",
    summary="A node against its targets: to date, pace, what misses, and where the year will end.",
    tags=["targets"],
    responses=responses(HTTPStatus.OK, models.NodeProgress, HTTPStatus.NOT_FOUND),
)
def get_node_progress(plan_id: PlanId, node_id: NodeInPath, version: Version = None) -> models.NodeProgress:
    path, targets = scope(node_id), _targets()
    plan = _read(lambda: _version(targets, plan_id, version))
    node = _read(lambda: targets.views.of_node(plan, ids_on(path)))
    terms = targets.views.documents.terms(plan.plan_id, plan.terms_sha256)
    confidence, begins = targets.confidence(), targets.progress.begins(terms, (node_id, path))
    rows = targets.progress.of(plan, terms, node.targets, (node_id, path), clock.now(), confidence)
    return models.NodeProgress(
        plan=models.PlanVersion.of(plan),
        node_id=node_id,
        first_month=begins,
        frozen_late=plan.is_late(begins),
        confidence_percent=round(confidence * 100),
        rows=[models.ProgressRow.of(row) for row in rows],
    )


def _targets() -> AdminTargets:
    return wiring.targets()


def _planning() -> Caller:
    caller = current_caller()
    if not caller.operates_the_corp:
        raise NotAllowedError("Targets of the bank are written and approved by head office.")
    return caller


def _check_nodes(node_ids: set[str]) -> None:
    """Shares are of the nodes next below the root."""
    for node_id in sorted(node_ids):
        node = wiring.org_queries().node(node_id)
        if node is None or node.path != f"{ROOT_PATH}{node_id}/":
            detail = f"Node {node_id} is no branch: shares name nodes next below head office."
            raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, "not-a-branch", detail)


def _version(targets: AdminTargets, plan_id: str, version: int | None) -> PlanVersion:
    if version is None:
        return targets.views.in_force(plan_id)
    return targets.views.version(plan_id, version)


def _page(found: NodeTargets, list_name: str, cursor: str | None, limit: int) -> tuple[list[str], str | None]:
    last = cursors.text(cursors.decode(list_name, cursor), "below_id")
    names = sorted(name for name in found.below if name > last)
    more = len(names) > limit
    return names[:limit], cursors.encode(list_name, {"below_id": names[limit - 1]}) if more else None


def _read[Found](read: Callable[[], Found]) -> Found:
    try:
        return read()
    except UnknownPlanError as unknown:
        raise ProblemError(HTTPStatus.NOT_FOUND, "no-targets", sentence(unknown)) from unknown


def _decided(decide: Callable[[], PlanVersion]) -> models.PlanVersion:
    try:
        return models.PlanVersion.of(_read(decide))
    except InvalidPlanError as invalid:
        detail = f"{invalid.field}: {sentence(invalid)}"
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid-plan", detail) from invalid
    except PlanRefusedError as refused:
        raise ProblemError(HTTPStatus.CONFLICT, "plan-refused", sentence(refused)) from refused
    except StalePlanError as stale:
        raise ProblemError(HTTPStatus.CONFLICT, "plan-changed", sentence(stale)) from stale
