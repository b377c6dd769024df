"""Monthly reports (S7, S19): one self-contained page for managers, and its figures for spreadsheets."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Path
from pydantic import Field

from scrm import clock
from scrm.kpi.errors import ReportRefusedError
from scrm.org.nodes import ids_on
from scrm.runtime.http.problems import NoSuchThingError, ProblemError, sentence
from scrm.runtime.http.routing import IdempotencyKey, json_reply, responses, router, scope
from scrm.runtime.http.target_models import Month, NodeText
from scrm.runtime.http.wire import Asked, Reply
from scrm.runtime.kpi_joins import business_month
from scrm.runtime.wiring import kpi_reports as wiring

MonthInPath = Annotated[
    str, Path(pattern=r"^[1-9]\d{3}-(0[1-9]|1[0-2])$", description="The month.", examples=["2027-03"])
]
NodeInPath = Annotated[str, Path(max_length=64, description="The organisation node's id.")]


class KpiReportRequest(Asked):
    """Absent node: the caller's own."""

    month: Month
    node_id: NodeText | None = None


class KpiReport(Reply):
    """Links to the files by form (``html``, ``xlsx``, ``csv``, ``parquet``), good for five minutes."""

    month: str
    node_id: str
    links: dict[str, str] = Field(description="The page, the tables as XLSX and CSV; of the whole bank also Parquet.")


@router.post(
    "/v1/kpi-reports",
    operation_id="makeKpiReport",
    summary="Make a node's monthly report from the figures as they are told now, over the one that is there.",
    tags=["kpi"],
    status_code=HTTPStatus.CREATED,
    responses=responses(HTTPStatus.CREATED, KpiReport, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT),
)
def make_kpi_report(key: IdempotencyKey, request: Annotated[KpiReportRequest, Body()]) -> Response[KpiReport]:
    del key  # made again it is the same report, of the figures of that moment
    node_id = ids_on(scope(request.node_id))[-1]
    if request.month > business_month():
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, "wrong-month", "The month has not begun.")
    try:
        links = wiring.desk(wiring.MOST_NODES_HERE).make(node_id, request.month, clock.now())
    except ReportRefusedError as refused:
        raise ProblemError(HTTPStatus.CONFLICT, "report-refused", sentence(refused)) from refused
    return json_reply(HTTPStatus.CREATED, _told(request.month, node_id, links))


@router.get(
    "/v1/kpi-reports/<month>/nodes/<node_id>",
    operation_id="getKpiReport",
    summary="Links to a node's monthly report as it was made last.",
    tags=["kpi"],
    responses=responses(HTTPStatus.OK, KpiReport, HTTPStatus.NOT_FOUND),
)
def get_kpi_report(month: MonthInPath, node_id: NodeInPath) -> KpiReport:
    scope(node_id)
    links = wiring.desk(wiring.MOST_NODES_HERE).kept.links(month, node_id)
    if not links:
        raise NoSuchThingError("report of this month")
    return _told(month, node_id, links)


def _told(month: str, node_id: str, links: Mapping[str, str]) -> KpiReport:
    return KpiReport(month=month, node_id=node_id, links=dict(links))
