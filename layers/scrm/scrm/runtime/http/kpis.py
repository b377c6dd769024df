"""KPIs (S4, S5, S10): what each is, and its figures from a node down to members and facts."""

from collections.abc import Callable
from datetime import date
from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Path, Query

from scrm.kpi.errors import UnknownKpiError
from scrm.kpi.figures import Period
from scrm.runtime.http import kpi_models as models
from scrm.runtime.http.problems import ProblemError, sentence
from scrm.runtime.http.routing import Cursor, Limit, current_caller, responses, router, scope
from scrm.runtime.kpi_joins import business_month
from scrm.runtime.wiring import admin_api as wiring

_MOST_DAYS = 92
KpiInPath = Annotated[str, Path(max_length=32, description="The KPI's name.", examples=["staff_usage_rate"])]
NodeInPath = Annotated[str, Path(max_length=64, description="The organisation node's id.")]
Month = Annotated[str | None, Query(pattern=r"^[1-9]\d{3}-(0[1-9]|1[0-2])$", description="Absent: this month.")]


@router.get(
    "/v1/kpis",
    operation_id="listKpis",
    summary="The catalogue: every definition in force in a month, the leading version of each KPI first.",
    tags=["kpi"],
    responses=responses(HTTPStatus.OK, models.KpiList),
)
def list_kpis(month: Month = None) -> models.KpiList:
    current_caller()
    asked, catalogue = month or business_month(), wiring.kpi_figures().catalogue()
    items = [models.Kpi.of(one, catalogue, asked) for one in catalogue.in_force(asked)]
    return models.KpiList(month=asked, hide_below=catalogue.hide_below, items=items)


@router.get(
    "/v1/kpis/<kpi>/nodes/<node_id>",
    operation_id="getKpiOfNode",
    summary="A KPI of a node in a month, what is next below the node, and the facts and feeds behind it.",
    tags=["kpi"],
    responses=responses(HTTPStatus.OK, models.KpiDrill, HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND),
)
def get_kpi_of_node(
    kpi: KpiInPath, node_id: NodeInPath, month: Month = None, cursor: Cursor = None, limit: Limit = 20
) -> models.KpiDrill:
    scope(node_id)
    asked, reader = month or business_month(), wiring.kpi_figures()
    own = _read(lambda: reader.of_node(node_id, asked, [kpi]))
    page = wiring.org_queries().children(node_id, cursor, limit)
    below = reader.of_nodes([node.node_id for node in page.items], asked, [kpi])
    made_of = {part.name: part for one in own for part in reader.made_of(one.definition, asked)}
    return models.KpiDrill(
        node_id=node_id,
        month=asked,
        figures=[models.KpiFigure.of(one) for one in own],
        made_of=[models.MadeOf.model_validate(part) for part in made_of.values()],
        items=[
            models.FigureBelow(
                node_id=node.node_id,
                name=node.name,
                figures=[models.KpiFigure.of(one) for one in below[node.node_id]],
            )
            for node in page.items
        ],
        cursor=page.cursor,
    )


@router.get(
    "/v1/kpis/<kpi>/nodes/<node_id>/members",
    operation_id="getKpiOfMembers",
    summary="A KPI of the members directly in a node, where it is counted by member.",
    tags=["kpi"],
    responses=responses(HTTPStatus.OK, models.MemberFigures, HTTPStatus.NOT_FOUND),
)
def get_kpi_of_members(kpi: KpiInPath, node_id: NodeInPath, month: Month = None) -> models.MemberFigures:
    scope(node_id)
    asked = month or business_month()
    found = _read(lambda: wiring.kpi_figures().of_members(kpi, node_id, asked))
    items = [models.MemberFigure(userid=userid, figure=models.KpiFigure.of(one)) for userid, one in found.items()]
    return models.MemberFigures(node_id=node_id, month=asked, items=items)


@router.get(
    "/v1/kpis/<kpi>/nodes/<node_id>/days",
    operation_id="getKpiByDay",
    summary="A KPI of a node day by day, 92 days at most.",
    tags=["kpi"],
    responses=responses(HTTPStatus.OK, models.DayFigures, HTTPStatus.NOT_FOUND),
)
def get_kpi_by_day(
    kpi: KpiInPath, node_id: NodeInPath, first_day: Annotated[date, Query()], last_day: Annotated[date, Query()]
) -> models.DayFigures:
    scope(node_id)
    if not 0 <= (last_day - first_day).days < _MOST_DAYS:
        detail = f"Ask for 1 to {_MOST_DAYS} days, the first day first."
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, "wrong-days", detail)
    found = _read(lambda: wiring.kpi_figures().of_days(kpi, node_id, Period(first_day, last_day)))
    return models.DayFigures.told(kpi, node_id, sorted(found.items()))


def _read[Found](read: Callable[[], Found]) -> Found:
    try:
        return read()
    except UnknownKpiError as unknown:
        raise ProblemError(HTTPStatus.NOT_FOUND, "unknown-kpi", sentence(unknown)) from unknown
