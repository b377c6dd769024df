"""Review cases: seen and worked on by compliance at their desk and by head office, looked at by auditors (S71, O7)."""

from collections.abc import Callable
from dataclasses import replace
from enum import StrEnum
from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Header, Path, Query

from scrm import clock
from scrm.node_paths import ROOT_NODE_ID
from scrm.review.desk import Reviewer
from scrm.review.errors import (
    CaseChangedError,
    ReviewNotAllowedError,
    StaleReviewCaseError,
    UnknownReviewCaseError,
)
from scrm.review.model import ReviewCase, ReviewKind, ReviewState, Severity
from scrm.review.queries import CaseQuery
from scrm.runtime.http import review_models as models
from scrm.runtime.http.caller import Caller, Role
from scrm.runtime.http.problems import NoSuchThingError, NotAllowedError, ProblemError, sentence
from scrm.runtime.http.review_access import reading_caller, reviewing_caller
from scrm.runtime.http.routing import (
    Cursor,
    IdempotencyKey,
    Limit,
    NodeId,
    json_reply,
    list_of,
    responses,
    router,
    scope,
)
from scrm.runtime.http.wire import Asked
from scrm.runtime.wiring import admin_api as wiring

_ANY = "*"
ReviewId = Annotated[str, Path(max_length=64, description="The review case's id.")]
IfMatch = Annotated[
    str,
    Header(
        alias="If-Match",
        min_length=1,
        max_length=64,
        description="The ETag of the case as it was read, or *; another one in the store answers 412.",
    ),
]
_STEP = responses(
    HTTPStatus.OK,
    models.ReviewDetail,
    HTTPStatus.NOT_FOUND,
    HTTPStatus.CONFLICT,
    HTTPStatus.PRECONDITION_FAILED,
)


class Only(StrEnum):
    OVERDUE = "overdue"
    MINE = "mine"
    HEAD_OFFICE = "head_office"


type Step = Callable[[Reviewer], ReviewCase]


@router.get(
    "/v1/review-cases",
    operation_id="listReviewCases",
    summary="Cases to review, what is due first first; closed ones the latest first.",
    tags=["review"],
    responses=list_of(models.ReviewPage),
)
def list_review_cases(
    state: Annotated[ReviewState | None, Query(description="Everything that is not closed if absent.")] = None,
    kind: ReviewKind | None = None,
    severity: Severity | None = None,
    only: Annotated[Only | None, Query(description="Overdue, the caller's own, or what head office reviews.")] = None,
    node_id: NodeId = None,
    cursor: Cursor = None,
    limit: Limit = 20,
) -> models.ReviewPage:
    caller, now = reading_caller(), clock.now()
    query = CaseQuery(
        scope_path=scope(node_id),
        is_closed=state is ReviewState.CLOSED,
        state=state,
        kind=kind,
        severity=severity,
        claimed_by=caller.actor if only is Only.MINE else "",
        due_before=now if only is Only.OVERDUE else None,
        at_head_office=only is Only.HEAD_OFFICE,
    )
    if query.at_head_office and caller.node.node_id != ROOT_NODE_ID:
        raise NotAllowedError("What was escalated is head office's.")
    page = wiring.review_desk().cases.listed(query, cursor, limit)
    return models.ReviewPage(items=[models.ReviewRow.of(case, now) for case in page.items], cursor=page.cursor)


@router.get(
    "/v1/review-cases/<case_id>",
    operation_id="getReviewCase",
    summary="One case with its hits and steps, and where its message lies.",
    tags=["review"],
    responses=responses(HTTPStatus.OK, models.ReviewDetail, HTTPStatus.NOT_FOUND),
)
def get_review_case(case_id: ReviewId) -> Response[models.ReviewDetail]:
    return _shown(_visible(case_id, reading_caller()))


@router.post(
    "/v1/review-cases/<case_id>/claim",
    operation_id="claimReviewCase",
    summary="Take an open case.",
    tags=["review"],
    responses=_STEP,
)
def claim(
    case_id: ReviewId, key: IdempotencyKey, seen: IfMatch, request: Annotated[models.NothingAsked, Body()]
) -> Response[models.ReviewDetail]:
    desk = wiring.review_desk()
    return _stepped(case_id, "claim", key, seen, request, lambda reviewer: desk.claim(case_id, reviewer))


@router.post(
    "/v1/review-cases/<case_id>/release",
    operation_id="releaseReviewCase",
    summary="Give a case back that the caller has.",
    tags=["review"],
    responses=_STEP,
)
def release(
    case_id: ReviewId, key: IdempotencyKey, seen: IfMatch, request: Annotated[models.RemarkRequest, Body()]
) -> Response[models.ReviewDetail]:
    desk = wiring.review_desk()
    return _stepped(
        case_id, "release", key, seen, request, lambda reviewer: desk.release(case_id, reviewer, request.note)
    )


@router.post(
    "/v1/review-cases/<case_id>/decide",
    operation_id="decideReviewCase",
    summary="Say what the message is: the case is closed, or waits for a second reviewer.",
    tags=["review"],
    responses=_STEP,
)
def decide(
    case_id: ReviewId, key: IdempotencyKey, seen: IfMatch, request: Annotated[models.DecideRequest, Body()]
) -> Response[models.ReviewDetail]:
    desk = wiring.review_desk()
    return _stepped(
        case_id,
        "decide",
        key,
        seen,
        request,
        lambda reviewer: desk.decide(case_id, reviewer, request.disposition, request.note),
    )


@router.post(
    "/v1/review-cases/<case_id>/confirm",
    operation_id="confirmReviewCase",
    summary="Agree with what somebody else decided: the case is closed.",
    tags=["review"],
    responses=_STEP,
)
def confirm(
    case_id: ReviewId, key: IdempotencyKey, seen: IfMatch, request: Annotated[models.RemarkRequest, Body()]
) -> Response[models.ReviewDetail]:
    desk = wiring.review_desk()
    return _stepped(
        case_id, "confirm", key, seen, request, lambda reviewer: desk.confirm(case_id, reviewer, request.note)
    )


@router.post(
    "/v1/review-cases/<case_id>/send-back",
    operation_id="sendBackReviewCase",
    summary="Disagree with what somebody else decided: the case is open again.",
    tags=["review"],
    responses=_STEP,
)
def send_back(
    case_id: ReviewId, key: IdempotencyKey, seen: IfMatch, request: Annotated[models.WhyRequest, Body()]
) -> Response[models.ReviewDetail]:
    desk = wiring.review_desk()
    return _stepped(
        case_id, "send-back", key, seen, request, lambda reviewer: desk.send_back(case_id, reviewer, request.note)
    )


@router.post(
    "/v1/review-cases/<case_id>/escalate",
    operation_id="escalateReviewCase",
    summary="Hand a case that the caller has to head office.",
    tags=["review"],
    responses=_STEP,
)
def escalate(
    case_id: ReviewId, key: IdempotencyKey, seen: IfMatch, request: Annotated[models.WhyRequest, Body()]
) -> Response[models.ReviewDetail]:
    desk = wiring.review_desk()
    return _stepped(
        case_id, "escalate", key, seen, request, lambda reviewer: desk.escalate(case_id, reviewer, request.note)
    )


@router.post(
    "/v1/review-cases/<case_id>/reassign",
    operation_id="reassignReviewCase",
    summary="Give a case to another reviewer, whoever has it. For head office and its compliance.",
    tags=["review"],
    responses=_STEP,
)
def reassign(
    case_id: ReviewId, key: IdempotencyKey, seen: IfMatch, request: Annotated[models.ReassignRequest, Body()]
) -> Response[models.ReviewDetail]:
    caller = reviewing_caller()
    if Role.HEAD_OFFICE not in caller.roles and caller.node.node_id != ROOT_NODE_ID:
        raise NotAllowedError("A case is given to somebody else by head office and by its compliance officers.")
    desk, to = wiring.review_desk(), f"operator:{request.to}"
    return _stepped(
        case_id, "reassign", key, seen, request, lambda reviewer: desk.reassign(case_id, reviewer, to, request.note)
    )


def _visible(case_id: str, caller: Caller) -> ReviewCase:
    try:
        return wiring.review_desk().visible(case_id, caller.node.path)
    except UnknownReviewCaseError as unknown:
        raise NoSuchThingError("review case") from unknown


def _shown(case: ReviewCase) -> Response[models.ReviewDetail]:
    reply = json_reply(HTTPStatus.OK, models.ReviewDetail.of(case, clock.now()))
    reply.headers["ETag"] = _etag(case)
    return reply


def _etag(case: ReviewCase) -> str:
    return f'"{case.version}"'


def _stepped(
    case_id: str, name: str, key: str, if_match: str, request: Asked, step: Step
) -> Response[models.ReviewDetail]:
    """The case after a step, which a repeat with the same key does not do again."""
    caller = reviewing_caller()
    _visible_or_left(case_id, caller)
    reviewer = Reviewer(caller.actor, caller.node.path, _version_in(if_match))

    def carry_out() -> None:
        try:
            step(reviewer)
        except UnknownReviewCaseError as unknown:
            raise NoSuchThingError("review case") from unknown
        except CaseChangedError as changed:
            raise ProblemError(HTTPStatus.PRECONDITION_FAILED, "case-changed", sentence(changed)) from changed
        except StaleReviewCaseError as stale:
            raise ProblemError(HTTPStatus.CONFLICT, "case-changed", sentence(stale)) from stale
        except ReviewNotAllowedError as refused:
            raise ProblemError(HTTPStatus.CONFLICT, "review-refused", str(refused)) from refused

    wiring.decided_once().decide(f"{caller.subject} {case_id} {name}", key, request, carry_out)
    return _shown(_visible_or_left(case_id, caller))


def _visible_or_left(case_id: str, caller: Caller) -> ReviewCase:
    """A case that the caller sees, or, as he left it, one that he handed to head office."""
    case = wiring.review_desk().cases.case(case_id)
    if case is None or not caller.sees(case.node_path):
        raise NoSuchThingError("review case")
    if caller.sees(case.desk_path):
        return case
    own = [number for number, step in enumerate(case.steps, 1) if step.actor == caller.actor]
    if not own:
        raise NoSuchThingError("review case")
    steps = case.steps[: own[-1]]
    blank = replace(case, state=ReviewState.OPEN, claimed_by="", disposition=None, decided_by="", closed_at=None)
    return replace(blank, steps=steps, version=1 + len(steps))


def _version_in(if_match: str) -> int | None:
    """The version that an ETag names, None for ``*``."""
    if if_match.strip() == _ANY:
        return None
    digits = if_match.strip().removeprefix("W/").strip('"')
    if not digits.isdecimal():
        detail = "If-Match holds the ETag of the case as it was read, or *."
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid-etag", detail)
    return int(digits)
