"""What review cases add up to: load, time, ends, what the lexicon misses, how often each entry was right (S71, O7)."""

from datetime import date, timedelta
from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query

from scrm import clock
from scrm.review import figures
from scrm.review.overdue import MOST
from scrm.review.queries import CaseQuery
from scrm.runtime.http import review_report_models as models
from scrm.runtime.http.problems import ProblemError
from scrm.runtime.http.review_access import reading_caller
from scrm.runtime.http.routing import NodeId, responses, router, scope
from scrm.runtime.wiring import admin_api as wiring

_USUAL_DAYS = 30
_MOST_DAYS = 366


@router.get(
    "/v1/review-reports",
    operation_id="getReviewReport",
    summary="Closed cases by branch and kind over up to 366 days, what the lexicon misses, what is open now.",
    tags=["review"],
    responses=responses(HTTPStatus.OK, models.ReviewReport, HTTPStatus.NOT_FOUND),
)
def get_review_report(
    first_day: Annotated[date | None, Query(description="In Shanghai; 30 days up to the last if absent.")] = None,
    last_day: Annotated[date | None, Query(description="In Shanghai; today if absent.")] = None,
    node_id: NodeId = None,
) -> models.ReviewReport:
    reading_caller()
    now, scope_path = clock.now(), scope(node_id)
    last = last_day or now.astimezone(clock.BUSINESS_ZONE).date()
    first = first_day or last - timedelta(days=_USUAL_DAYS - 1)
    if not timedelta(0) <= last - first < timedelta(days=_MOST_DAYS):
        detail = f"A report is over 1 to {_MOST_DAYS} days, the first before the last."
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid-period", detail)
    cases = wiring.review_desk().cases
    tallies = list(cases.tallies(scope_path, first, last))
    waiting = cases.listed(CaseQuery(scope_path), None, MOST).items
    return models.ReviewReport(
        first_day=first,
        last_day=last,
        desks=[models.DeskReport.of(each) for each in figures.by_desk(tallies)],
        sampling=models.ShareText.of(figures.sampling(tallies)),
        open=len(waiting),
        overdue=sum(case.is_overdue(now) for case in waiting),
    )


@router.get(
    "/v1/review-reports/precision",
    operation_id="getLexiconPrecision",
    summary="How often the hits of each entry of a version of the lexicon were what it looks for, by closed cases.",
    tags=["review"],
    responses=responses(HTTPStatus.OK, models.PrecisionReport),
)
def get_lexicon_precision(
    lexicon_version: Annotated[int, Query(ge=1, le=99_999_999, description="The version that found the hits.")],
) -> models.PrecisionReport:
    reading_caller()
    return models.PrecisionReport.of(lexicon_version, wiring.review_desk().cases.verdicts(lexicon_version))
