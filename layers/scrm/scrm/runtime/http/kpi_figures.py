"""Figures of KPIs that the bank tells (S4, S5): by node and month, each change a new version."""

from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Body

from scrm import clock
from scrm.runtime.http import target_models as models
from scrm.runtime.http.problems import NotAllowedError, ProblemError
from scrm.runtime.http.routing import current_caller, responses, router, scope
from scrm.runtime.wiring import admin_api as wiring
from scrm.targets.figures import MonthFigure, month_of
from scrm.targets.stages import Figure


@router.put(
    "/v1/kpi-figures",
    operation_id="tellKpiFigures",
    summary="Tell figures of a month, 500 at once at most; what changes is a new version. For head office.",
    tags=["targets"],
    responses=responses(HTTPStatus.OK, models.FiguresTold, HTTPStatus.NOT_FOUND),
)
def tell_kpi_figures(request: Annotated[models.FiguresRequest, Body()]) -> models.FiguresTold:
    caller = current_caller()
    if not caller.operates_the_corp:
        raise NotAllowedError("Figures of KPIs are told by head office.")
    now = clock.now()
    if request.as_of > now.astimezone(clock.BUSINESS_ZONE).date() or month_of(request.as_of) < request.month:
        detail = "as_of is a day of the month that is told or a later one, and not in the future."
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, "wrong-day", detail)
    for node_id in sorted({row.node_id for row in request.rows}):
        scope(node_id)
    told = [
        MonthFigure(
            node_id=row.node_id,
            kpi=row.kpi,
            month=request.month,
            figure=Figure(row.numerator, row.denominator, request.as_of),
            source=request.source,
            told_by=caller.actor,
            told_at=now,
        )
        for row in request.rows
    ]
    return models.FiguresTold(rows=len(told), changed=wiring.targets().figures.tell(told))
