"""Reviews of uplift (S14 to S19, S36): registered before their answer can be known, read with both figures."""

from collections.abc import Mapping
from fractions import Fraction
from http import HTTPStatus
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Path, Query

from scrm import clock
from scrm.aws import cursors
from scrm.runtime.http import uplift_models as models
from scrm.runtime.http import uplift_settings
from scrm.runtime.http.campaign_requests import visible_campaign
from scrm.runtime.http.problems import NoSuchThingError, NotAllowedError, ProblemError, sentence
from scrm.runtime.http.routing import (
    Cursor,
    IdempotencyKey,
    Limit,
    current_caller,
    json_reply,
    list_of,
    responses,
    router,
    scope,
)
from scrm.runtime.wiring import admin_api as wiring
from scrm.uplift.returns import returns
from scrm.uplift.reviews import Review, UnknownReviewError, listed
from scrm.uplift.terms import InvalidTermsError, ReviewKind, Stratum
from scrm.uplift.waiting import Wait, waits_of

ReviewId = Annotated[str, Path(max_length=64, description="The review's id.")]
Version = Annotated[int | None, Query(ge=1, description="Of the result; absent: the latest.")]
By = Annotated[Stratum, Query(description="What the segments are.")]


@router.get(
    "/v1/uplift-reviews",
    operation_id="listUpliftReviews",
    summary="The reviews at and below the caller's node, the latest registered first.",
    tags=["uplift"],
    responses=responses(HTTPStatus.OK, models.UpliftReviewList),
)
def list_uplift_reviews() -> models.UpliftReviewList:
    caller = current_caller()
    found = [one for one in wiring.uplift().desk.store.all() if caller.sees(one.node_path)]
    return models.UpliftReviewList(items=[models.UpliftReview.of(one) for one in listed(found)])


@router.post(
    "/v1/uplift-reviews",
    operation_id="registerUpliftReview",
    summary="Write down what will be asked; from then on it is frozen. The same terms are the same review.",
    tags=["uplift"],
    status_code=HTTPStatus.CREATED,
    responses=responses(HTTPStatus.CREATED, models.UpliftReview, HTTPStatus.NOT_FOUND),
)
def register_uplift_review(
    key: IdempotencyKey, request: Annotated[models.UpliftReviewRequest, Body()]
) -> Response[models.UpliftReview]:
    del key  # the same terms are the same review anyway
    caller = current_caller()
    if not caller.operates_the_corp:
        raise NotAllowedError("Reviews are registered by head office and by operators placed at the root node.")
    path = scope(request.node_id)
    try:
        terms = request.terms(path, _share_of(request))
    except InvalidTermsError as invalid:
        detail = f"{invalid.field}: {sentence(invalid)}"
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid-terms", detail) from invalid
    made = wiring.uplift().desk.register(terms, caller.actor, clock.now())
    return json_reply(HTTPStatus.CREATED, models.UpliftReview.of(made))


@router.get(
    "/v1/uplift-reviews/<review_id>",
    operation_id="getUpliftReview",
    summary="What a review asks, and how far it is.",
    tags=["uplift"],
    responses=responses(HTTPStatus.OK, models.UpliftReview, HTTPStatus.NOT_FOUND),
)
def get_uplift_review(review_id: ReviewId) -> models.UpliftReview:
    return models.UpliftReview.of(_visible(review_id))


@router.get(
    "/v1/uplift-reviews/<review_id>/waiting",
    operation_id="getUpliftWaiting",
    summary="What a review without a result waits for: the window, the month that answers, what is not published.",
    tags=["uplift"],
    responses=responses(HTTPStatus.OK, models.UpliftWaiting, HTTPStatus.NOT_FOUND),
)
def get_uplift_waiting(review_id: ReviewId) -> models.UpliftWaiting:
    found = _visible(review_id)
    return models.UpliftWaiting(
        review=models.UpliftReview.of(found),
        waits=[models.UpliftWait.model_validate(one) for one in _waits(found)],
    )


@router.get(
    "/v1/uplift-reviews/<review_id>/result",
    operation_id="getUpliftResult",
    summary="What it found of everybody: the naive figure beside the adjusted one, and what may be said.",
    tags=["uplift"],
    responses=responses(HTTPStatus.OK, models.UpliftResult, HTTPStatus.NOT_FOUND),
)
def get_uplift_result(review_id: ReviewId, version: Version = None) -> models.UpliftResult:
    found = _visible(review_id)
    told = _result(found, version)
    terms = wiring.uplift().documents.terms(found.terms_sha256)
    asked = {
        "months_of_level": terms.months_of_level,
        "month_after": terms.month_after,
        "bar": terms.bar.uplift,
        "confidence": terms.confidence,
    }
    return models.UpliftResult.model_validate({**told, **asked, "review": models.UpliftReview.of(found)})


@router.get(
    "/v1/uplift-reviews/<review_id>/segments",
    operation_id="listUpliftSegments",
    summary="What it found by branch, tier or age band; small segments tell no percentage.",
    tags=["uplift"],
    responses=list_of(models.UpliftSegmentPage),
)
def list_uplift_segments(
    review_id: ReviewId,
    by: By = Stratum.BRANCH,
    version: Version = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> models.UpliftSegmentPage:
    found = _visible(review_id)
    number = version or found.versions
    try:
        rows = wiring.uplift().documents.segments(review_id, number)
    except UnknownReviewError as unknown:
        raise NoSuchThingError("result") from unknown
    wanted = [row for row in rows if str(row["segment"]).startswith(f"{by.value}=")]
    page = cursors.page_of(wanted, f"uplift/{review_id}/{number}/{by.value}", cursor, limit)
    items = [models.UpliftFinding.model_validate(row) for row in page.items]
    return models.UpliftSegmentPage(items=items, cursor=page.cursor)


@router.get(
    "/v1/uplift-reviews/<review_id>/returns",
    operation_id="getUpliftReturns",
    summary="What it brings and costs in a year, by what the bank says a unit of each KPI is worth.",
    tags=["uplift"],
    responses=responses(HTTPStatus.OK, models.UpliftReturns, HTTPStatus.NOT_FOUND),
)
def get_uplift_returns(review_id: ReviewId, version: Version = None) -> models.UpliftReturns:
    found = _visible(review_id)
    told = _result(found, version)
    settings = uplift_settings.current().settings
    worth = {kpi: Fraction(one.numerator_fen, one.denominator) for kpi, one in settings.worth.items()}
    made = returns(told["findings"], worth, sum(item.fen for item in settings.yearly_costs))
    return models.UpliftReturns(
        review=models.UpliftReview.of(found),
        version=told["version"],
        rows=[models.UpliftReturn.model_validate(row) for row in made.rows],
        cost_fen=made.cost_fen,
        net_fen=made.net_fen,
        net_fen_low=made.net_fen_low,
        net_fen_high=made.net_fen_high,
    )


def _visible(review_id: str) -> Review:
    found = wiring.uplift().desk.store.find(review_id)
    if found is None or not current_caller().sees(found.node_path):
        raise NoSuchThingError("review")
    return found


def _waits(found: Review) -> list[Wait]:
    uplift, today = wiring.uplift(), clock.now().astimezone(clock.BUSINESS_ZONE).date()
    return waits_of(found, uplift.documents.terms(found.terms_sha256), uplift.published, today)


def _result(found: Review, version: int | None) -> Mapping[str, Any]:
    if not found.versions:
        waits = "; ".join(f"{one.reason.value} {one.subject}" for one in _waits(found))
        raise ProblemError(HTTPStatus.NOT_FOUND, "no-result-yet", f"There is no result yet. It waits for: {waits}.")
    try:
        return wiring.uplift().documents.result(found.review_id, version or found.versions)
    except UnknownReviewError as unknown:
        raise NoSuchThingError("result") from unknown


def _share_of(request: models.UpliftReviewRequest) -> float:
    """What a campaign planned to send to; 0 for a review of another kind."""
    if request.kind is not ReviewKind.HOLDOUT:
        return 0.0
    kept_back = visible_campaign(request.campaign_id).definition.holdout_percent
    if kept_back == 0:
        detail = "The campaign keeps nobody back (holdout_percent is 0): ask what it changed by a review of kind added."
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, "no-holdout", detail)
    return 1 - kept_back / 100
