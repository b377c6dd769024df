"""Exits of pilots (S46): whether one lasts and shows a result, and the record that opens the gate to formal (S45)."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Path, Query

from scrm import clock
from scrm.node_paths import covers
from scrm.org.model import Lifecycle
from scrm.org.queries import NodeDetail
from scrm.runtime.http import pilot_models as models
from scrm.runtime.http.campaign_requests import visible_campaign
from scrm.runtime.http.problems import NoSuchThingError, NotAllowedError, ProblemError, sentence
from scrm.runtime.http.routing import IdempotencyKey, current_caller, json_reply, responses, router
from scrm.runtime.pilot_joins import UnfitReviewError, check_fits, check_proves, named
from scrm.runtime.wiring import admin_api as wiring
from scrm.targets.pilot import NamedReview
from scrm.targets.rollout import ExitNotReadyError, Looked, OpenMonthError
from scrm.uplift.terms import ReviewKind

NodeInPath = Annotated[str, Path(max_length=64, description="The organisation node's id.")]
ExitId = Annotated[str, Path(max_length=64, description="The record's id.")]
NamedInQuery = Annotated[str, Query(max_length=64, description="The pilot's review; absent: none was named.")]
Through = Annotated[
    str | None,
    Query(
        pattern=r"^[1-9]\d{3}-(0[1-9]|1[0-2])$", description="``2027-03``, the last month; absent: the last closed one."
    ),
]


@router.get(
    "/v1/nodes/<node_id>/pilot-exit",
    operation_id="getPilotExit",
    summary="Whether a pilot lasts and shows a business result: each criterion with its evidence, and the verdict.",
    tags=["targets"],
    responses=responses(HTTPStatus.OK, models.PilotExit, HTTPStatus.NOT_FOUND),
)
def get_pilot_exit(node_id: NodeInPath, review_id: NamedInQuery = "", through: Through = None) -> models.PilotExit:
    detail = _visible_node(node_id)
    found = _looked(lambda: _look(detail, review_id, through))
    gate = wiring.targets().rollout.state(detail.node.path)
    return models.PilotExit.looked(found, detail.effective.lifecycle, gate)


@router.get(
    "/v1/pilot-exits",
    operation_id="listPilotExits",
    summary="Recorded exits of pilots at and below the caller's node, the latest first.",
    tags=["targets"],
    responses=responses(HTTPStatus.OK, models.RecordedPilotExitList),
)
def list_pilot_exits() -> models.RecordedPilotExitList:
    caller = current_caller()
    found = [one for one in wiring.targets().exits.exits.all() if caller.sees(one.node_path)]
    return models.RecordedPilotExitList(items=[models.RecordedPilotExit.of(one) for one in found])


@router.post(
    "/v1/pilot-exits",
    operation_id="recordPilotExit",
    summary="Record that a pilot's exit is ready, with its evidence. The same evidence is the same record.",
    tags=["targets"],
    status_code=HTTPStatus.CREATED,
    responses=responses(HTTPStatus.CREATED, models.RecordedPilotExitDetail, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT),
)
def record_pilot_exit(
    key: IdempotencyKey, request: Annotated[models.PilotExitRequest, Body()]
) -> Response[models.RecordedPilotExitDetail]:
    del key  # the same evidence is the same record anyway
    caller, detail = current_caller(), _visible_node(request.node_id)
    if not caller.operates_the_corp:
        raise NotAllowedError("Exits are recorded by head office and by operators placed at the root node.")
    if detail.effective.lifecycle is not Lifecycle.PILOT:
        text = f"The node is in {detail.effective.lifecycle.value}: only a node in pilot has an exit to record."
        raise ProblemError(HTTPStatus.CONFLICT, "no-pilot", text)
    found = _looked(lambda: _look(detail, request.review_id, None))
    try:
        made = wiring.targets().exits.record(found.exit, detail.node.path, caller.actor, clock.now())
    except ExitNotReadyError as refused:
        raise ProblemError(HTTPStatus.CONFLICT, "exit-not-ready", sentence(refused)) from refused
    return json_reply(HTTPStatus.CREATED, models.RecordedPilotExitDetail.of(made))


@router.get(
    "/v1/pilot-exits/<exit_id>",
    operation_id="getRecordedPilotExit",
    summary="A record with all the figures it went by, as they were.",
    tags=["targets"],
    responses=responses(HTTPStatus.OK, models.RecordedPilotExitDetail, HTTPStatus.NOT_FOUND),
)
def get_recorded_pilot_exit(exit_id: ExitId) -> models.RecordedPilotExitDetail:
    found = wiring.targets().exits.exits.find(exit_id)
    if found is None or not current_caller().sees(found.node_path):
        raise NoSuchThingError("recorded exit")
    return models.RecordedPilotExitDetail.of(found)


def _look(detail: NodeDetail, review_id: str, through: str | None) -> Looked:
    review = _named(detail, review_id) if review_id else None
    return wiring.targets().exits.look(detail.node.node_id, review, clock.now(), through)


def _named(detail: NodeDetail, review_id: str) -> NamedReview:
    """Raises UnfitReviewError."""
    uplift, bar = wiring.uplift(), wiring.targets().exits.terms().result
    found = uplift.desk.store.find(review_id)
    if found is None or not current_caller().sees(found.node_path):
        raise NoSuchThingError("review")
    check_fits(found, detail.node.node_id)
    terms = uplift.documents.terms(found.terms_sha256)
    check_proves(terms)
    if found.kind is ReviewKind.HOLDOUT and not covers(detail.node.path, visible_campaign(terms.campaign_id).node_path):
        raise UnfitReviewError("the review's campaign reached customers outside the pilot: it tells nothing of it")
    result = uplift.documents.result(review_id, found.versions) if found.versions else None
    return named(found, terms, result, bar, uplift.desk.store.all())


def _looked(look: Callable[[], Looked]) -> Looked:
    try:
        return look()
    except UnfitReviewError as unfit:
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, "unfit-review", sentence(unfit)) from unfit
    except OpenMonthError as early:
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, "open-month", sentence(early)) from early


def _visible_node(node_id: str) -> NodeDetail:
    found = wiring.org_queries().node_detail(node_id)
    if found is None or not current_caller().sees(found.node.path):
        raise NoSuchThingError("organisation node")
    return found
