"""Figures of KPIs by node and month (S4, S5): read, and told by the bank, of which each change is a new version."""

from collections import Counter
from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Body

from scrm import clock
from scrm.kpi.figures import diverges
from scrm.kpi.reading import Reading
from scrm.org.nodes import ids_on
from scrm.runtime.http import kpi_models
from scrm.runtime.http import target_models as models
from scrm.runtime.http.kpis import Month
from scrm.runtime.http.problems import NotAllowedError, ProblemError
from scrm.runtime.http.routing import NodeId, current_caller, responses, router, scope
from scrm.runtime.kpi_joins import business_month
from scrm.runtime.wiring import admin_api as wiring
from scrm.targets.figures import MonthFigure, month_before, month_of
from scrm.targets.stages import Figure

_LINKED = ("product_holding", "aum")


@router.get(
    "/v1/kpi-figures",
    operation_id="getKpiFigures",
    summary="Every KPI of a node in a month, by each version of its definition that is in force.",
    tags=["kpi"],
    responses=responses(HTTPStatus.OK, kpi_models.NodeFigures, HTTPStatus.NOT_FOUND),
)
def get_kpi_figures(node_id: NodeId = None, month: Month = None) -> kpi_models.NodeFigures:
    node, asked, reader = ids_on(scope(node_id))[-1], month or business_month(), wiring.kpi_figures()
    found = reader.of_node(node, asked)
    before = reader.of_node(node, month_before(asked, 1), _LINKED)
    holding, aum = (_pair(kpi, before, found) for kpi in _LINKED)
    return kpi_models.NodeFigures(
        node_id=node,
        month=asked,
        holds_more_has_less=diverges(holding, aum),
        items=[kpi_models.KpiFigure.of(one) for one in found],
    )


def _pair(kpi: str, *months: list[Reading]) -> tuple[Figure, Figure] | None:
    """The figures of a KPI a month before and now; of the same definition, or they tell nothing of each other."""
    leading = [next((one for one in month if one.definition.kpi == kpi and one.is_leading), None) for month in months]
    before, after = ((one.definition, one.figure) if one else (None, None) for one in leading)
    if before[1] is None or after[1] is None or before[0] != after[0]:
        return None
    return before[1], after[1]


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
    _check_each_once(request)
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


def _check_each_once(request: models.FiguresRequest) -> None:
    """Of two figures of one KPI nobody knows which holds, and told again both would be new versions again."""
    counts = Counter((row.node_id, row.kpi) for row in request.rows)
    [((node_id, kpi), times)] = counts.most_common(1)
    if times > 1:
        detail = f"Node {node_id} has {kpi} {times} times: tell each figure of the month once."
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, "told-twice", detail)
