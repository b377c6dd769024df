"""Contact ways: codes by which customers come to a node's members (S55, S63)."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from http import HTTPStatus
from typing import Annotated, Self

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Path
from pydantic import Field

from scrm import clock
from scrm.ids import fold_userid
from scrm.org.acting import business_day
from scrm.runtime.http.content_requests import issuing_caller, once
from scrm.runtime.http.problems import NoSuchThingError, ProblemError, sentence
from scrm.runtime.http.routing import (
    Cursor,
    IdempotencyKey,
    Limit,
    NodeId,
    current_caller,
    json_reply,
    list_of,
    responses,
    router,
    scope,
)
from scrm.runtime.http.wire import Asked, NodeText, Page, Reply, Timestamp
from scrm.runtime.wiring import admin_api as wiring
from scrm.ways import model
from scrm.ways.desk import MOST_PEOPLE, InvalidWayError, NewWay, StaleWayError, UnknownWayError
from scrm.ways.model import WayKind, WayProblem, WayScene, WayState
from scrm.ways.ports import WayBusyError
from scrm.wecom.limits import WAY_REMARK_LENGTH

_MAKING = "Managing contact ways"
WayId = Annotated[str, Path(max_length=64, description="The way's id, which is its ``state`` at WeCom.")]


class Wish(Asked):
    """What can be changed. ``name`` is what members see at WeCom; ``last_day`` is a day in Shanghai."""

    name: str = Field(min_length=1, max_length=WAY_REMARK_LENGTH)
    userids: list[str] = Field(default_factory=list, max_length=MOST_PEOPLE, description="Members it leads to.")
    department_ids: list[NodeText] = Field(
        default_factory=list, max_length=MOST_PEOPLE, description="Departments to whose members it leads."
    )
    skip_verify: bool = Field(default=True, description="The member need not confirm.")
    last_day: date | None = None

    def wish(self) -> model.WayWish:
        userids = tuple(map(fold_userid, self.userids))
        return model.WayWish(self.name, userids, tuple(self.department_ids), self.skip_verify, self.last_day)


class ContactWayRequest(Wish):
    """A new way; without ``node_id`` it is made for the caller's own node."""

    node_id: NodeText | None = None
    kind: WayKind = WayKind.SINGLE
    scene: WayScene = WayScene.QR


class ContactWayChange(Wish):
    """The whole way, over the revision that was read."""

    revision: int = Field(ge=1)


class ContactWay(Reply):
    """``qr_code`` is WeCom's link to the picture, empty until WeCom has made it. ``serving`` are the members whom WeCom
    was told last: covers and successors stand in for who cannot serve. ``drift`` names what somebody changed at WeCom.
    """

    way_id: str
    node_id: str
    kind: WayKind
    scene: WayScene
    name: str
    userids: list[str]
    department_ids: list[str]
    skip_verify: bool
    last_day: date | None
    state: WayState
    problem: WayProblem | None
    errcode: int
    qr_code: str
    serving: list[str]
    drift: list[str]
    looked_at: Timestamp | None
    made_at: Timestamp
    changed_by: str
    changed_at: Timestamp
    ended_at: Timestamp | None
    revision: int

    @classmethod
    def of(cls, way: model.ContactWay) -> Self:
        wish, at = way.wish, way.at_wecom
        return cls(
            way_id=way.way_id,
            node_id=way.node_id,
            kind=way.kind,
            scene=way.scene,
            name=wish.name,
            userids=list(wish.userids),
            department_ids=list(wish.department_ids),
            skip_verify=wish.skip_verify,
            last_day=wish.last_day,
            state=way.state(business_day(clock.now())),
            problem=at.problem,
            errcode=at.errcode,
            qr_code=at.qr_code,
            serving=list(at.userids),
            drift=list(at.drift),
            looked_at=at.looked_at,
            made_at=way.made_at,
            changed_by=way.changed_by,
            changed_at=way.changed_at,
            ended_at=way.ended_at,
            revision=way.revision,
        )


class CountedContactWay(ContactWay):
    """With how many customers came by it: each once, by the day in Shanghai."""

    customers: int
    customers_by_day: dict[date, int]


class ContactWayPage(Page):
    items: list[ContactWay]


@router.get(
    "/v1/contact-ways",
    operation_id="listContactWays",
    summary="A node's own contact ways, newest first.",
    tags=["contact ways"],
    responses=list_of(ContactWayPage),
)
def list_ways(node_id: NodeId = None, cursor: Cursor = None, limit: Limit = 50) -> ContactWayPage:
    scope(node_id)
    found = wiring.way_desk().store.of_node(node_id or current_caller().node.node_id, cursor, limit)
    return ContactWayPage(items=[ContactWay.of(each) for each in found.items], cursor=found.cursor)


@router.post(
    "/v1/contact-ways",
    operation_id="createContactWay",
    summary="Make a contact way; WeCom makes its code a moment later. For operators of head office and of branches.",
    tags=["contact ways"],
    status_code=HTTPStatus.CREATED,
    responses=responses(HTTPStatus.CREATED, ContactWay, HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND),
)
def create_way(key: IdempotencyKey, request: Annotated[ContactWayRequest, Body()]) -> Response[ContactWay]:
    caller = issuing_caller(_MAKING)
    path, node_id = scope(request.node_id), request.node_id or caller.node.node_id
    wanted = NewWay(node_id, path, request.kind, request.scene, request.wish(), caller.actor, key)
    with _refusals():
        answer = once(
            f"contact way {node_id}",
            key,
            request,
            lambda: ContactWay.of(wiring.way_desk().create(wanted)).model_dump_json(),
        )
    return json_reply(HTTPStatus.CREATED, ContactWay.model_validate_json(answer))


@router.get(
    "/v1/contact-ways/<way_id>",
    operation_id="getContactWay",
    summary="A contact way, and how many customers came by it.",
    tags=["contact ways"],
    responses=responses(HTTPStatus.OK, CountedContactWay, HTTPStatus.NOT_FOUND),
)
def get_way(way_id: WayId) -> CountedContactWay:
    found = ContactWay.of(_visible(way_id))
    days = wiring.way_arrivals().per_day(way_id)
    return CountedContactWay(**found.model_dump(), customers=sum(days.values()), customers_by_day=days)


@router.put(
    "/v1/contact-ways/<way_id>",
    operation_id="changeContactWay",
    summary="Change a contact way; its code stays. For operators of head office and of branches.",
    tags=["contact ways"],
    responses=responses(HTTPStatus.OK, ContactWay, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT),
)
def change_way(way_id: WayId, request: Annotated[ContactWayChange, Body()]) -> ContactWay:
    caller = issuing_caller(_MAKING)
    _visible(way_id)
    with _refusals():
        return ContactWay.of(wiring.way_desk().change(way_id, request.revision, request.wish(), caller.actor))


@router.delete(
    "/v1/contact-ways/<way_id>",
    operation_id="endContactWay",
    summary="End a contact way: its code leads to nobody any more. For operators of head office and of branches.",
    tags=["contact ways"],
    responses=responses(HTTPStatus.OK, ContactWay, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT),
)
def end_way(way_id: WayId) -> ContactWay:
    caller = issuing_caller(_MAKING)
    _visible(way_id)
    with _refusals():
        return ContactWay.of(wiring.way_desk().end(way_id, caller.actor))


def _visible(way_id: str) -> model.ContactWay:
    with _refusals():
        found = wiring.way_desk().found(way_id)
    if not current_caller().sees(found.node_path):
        raise NoSuchThingError("contact way")
    return found


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except UnknownWayError as unknown:
        raise NoSuchThingError("contact way") from unknown
    except InvalidWayError as refused:
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid-contact-way", sentence(refused)) from refused
    except (StaleWayError, WayBusyError) as stale:
        raise ProblemError(HTTPStatus.CONFLICT, "contact-way-changed", sentence(StaleWayError())) from stale
