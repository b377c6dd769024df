"""The content calendar of a node: day by channel by KPI, and the week's mix (S29)."""

from datetime import date
from http import HTTPStatus
from typing import Annotated, Self

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Path, Query
from pydantic import Field

from scrm import clock
from scrm.content import calendar
from scrm.content.calendar import CalendarChannel
from scrm.runtime.http.content_requests import issuing_caller, once
from scrm.runtime.http.problems import NoSuchThingError, ProblemError
from scrm.runtime.http.routing import IdempotencyKey, NodeId, current_caller, json_reply, responses, router, scope
from scrm.runtime.http.wire import Asked, NodeText, Reply
from scrm.runtime.wiring import admin_api as wiring

_PLANNING = "Planning the calendar"
Week = Annotated[
    str | None, Query(pattern=r"^\d{4}-W\d{2}$", description="ISO week in Shanghai, ``2026-W48``; absent: this week.")
]


class CalendarEntryRequest(Asked):
    """What goes out on a day."""

    day: date
    channel: CalendarChannel
    target_kpi: str = Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")
    activity_id: str = Field(default="", max_length=64)
    note: str = Field(default="", max_length=200)
    node_id: NodeText | None = None


class CalendarEntry(Reply):
    entry_id: str
    node_id: str
    day: date
    channel: CalendarChannel
    target_kpi: str
    activity_id: str
    note: str
    made_by: str

    @classmethod
    def of(cls, found: calendar.CalendarEntry) -> Self:
        planned = found.planned
        return cls(
            entry_id=found.entry_id,
            node_id=planned.node_id,
            day=planned.day,
            channel=planned.channel,
            target_kpi=planned.target_kpi,
            activity_id=planned.activity_id,
            note=planned.note,
            made_by=found.made_by,
        )


class KpiShare(Reply):
    """How many of the week's entries work for a KPI."""

    target_kpi: str
    entries: int
    of: int


class CalendarWeek(Reply):
    """Monday to Sunday: the node's own plans and those of the nodes above it."""

    week: str
    first_day: date
    entries: list[CalendarEntry]
    mix: list[KpiShare]

    @classmethod
    def of(cls, found: calendar.CalendarWeek) -> Self:
        total = len(found.entries)
        return cls(
            week=f"{found.year}-W{found.week:02d}",
            first_day=found.monday,
            entries=[CalendarEntry.of(each) for each in found.entries],
            mix=[KpiShare(target_kpi=kpi, entries=number, of=total) for kpi, number in found.mix.items()],
        )


@router.get(
    "/v1/calendar",
    operation_id="getCalendarWeek",
    summary="What customers of a node hear in a week, and for which KPI.",
    tags=["content"],
    responses=responses(HTTPStatus.OK, CalendarWeek, HTTPStatus.NOT_FOUND),
)
def get_week(week: Week = None, node_id: NodeId = None) -> CalendarWeek:
    path = scope(node_id)
    if week is None:
        today = clock.now().astimezone(clock.BUSINESS_ZONE).isocalendar()
        year, number = today.year, today.week
    else:
        year, number = int(week[:4]), int(week[6:])
    try:
        return CalendarWeek.of(wiring.content_library().calendar.week(path, year, number))
    except ValueError as error:
        raise ProblemError(
            HTTPStatus.UNPROCESSABLE_ENTITY, "no-such-week", "That year does not have that ISO week."
        ) from error


@router.post(
    "/v1/calendar",
    operation_id="planContent",
    summary="Put something into a node's calendar. For operators of head office and of branches.",
    tags=["content"],
    status_code=HTTPStatus.CREATED,
    responses=responses(HTTPStatus.CREATED, CalendarEntry, HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND),
)
def plan(key: IdempotencyKey, request: Annotated[CalendarEntryRequest, Body()]) -> Response[CalendarEntry]:
    caller = issuing_caller(_PLANNING)
    node_id = _node_of(request.node_id)
    activity_id, library = request.activity_id, wiring.content_library()
    if activity_id and library.queries.activity(activity_id, caller.node.path) is None:
        raise NoSuchThingError("activity")

    planned = calendar.Planned(
        node_id=node_id,
        day=request.day,
        channel=request.channel,
        target_kpi=request.target_kpi,
        activity_id=activity_id,
        note=request.note,
    )

    def carry_out() -> str:
        return CalendarEntry.of(library.calendar.plan(planned, caller.actor, key)).model_dump_json()

    answer = once(f"calendar {node_id}", key, request, carry_out)
    return json_reply(HTTPStatus.CREATED, CalendarEntry.model_validate_json(answer))


@router.delete(
    "/v1/calendar/<day>/<entry_id>",
    operation_id="dropContent",
    summary="Take an entry out of a node's calendar; the week as it is then.",
    tags=["content"],
    responses=responses(HTTPStatus.OK, CalendarWeek, HTTPStatus.NOT_FOUND),
)
def drop(
    day: Annotated[date, Path(description="The entry's day.")],
    entry_id: Annotated[str, Path(max_length=64, description="The entry's id.")],
    node_id: NodeId = None,
) -> CalendarWeek:
    issuing_caller(_PLANNING)
    path, node, library = scope(node_id), _node_of(node_id), wiring.content_library()
    if not library.calendar.drop(node, day, entry_id):
        raise NoSuchThingError("entry")
    found = day.isocalendar()
    return CalendarWeek.of(library.calendar.week(path, found.year, found.week))


def _node_of(node_id: str | None) -> str:
    """The node whose calendar is meant: one that the caller sees."""
    scope(node_id)
    return node_id or current_caller().node.node_id
