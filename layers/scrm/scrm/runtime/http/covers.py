"""Leaves: who covers whom, from when to when, and what goes to him meanwhile."""

from http import HTTPStatus

from scrm import clock
from scrm.ids import fold_userid
from scrm.org.acting import business_day
from scrm.runtime.http import cover_models
from scrm.runtime.http.problems import NoSuchThingError
from scrm.runtime.http.routing import (
    Cursor,
    Limit,
    MemberUserid,
    NodeId,
    current_caller,
    list_of,
    responses,
    router,
    scope,
)
from scrm.runtime.wiring import admin_api as wiring


@router.get(
    "/v1/covers",
    operation_id="listCovers",
    summary="Members on leave today or later and who covers them; leaves that end first come first.",
    tags=["organisation"],
    responses=list_of(cover_models.CoverPage),
)
def list_covers(node_id: NodeId = None, cursor: Cursor = None, limit: Limit = 20) -> cover_models.CoverPage:
    today = business_day(clock.now())
    page = wiring.org_queries().covers(scope(node_id), today, cursor, limit)
    rows = [cover_models.Cover.of(row, today) for row in page.items]
    return cover_models.CoverPage(items=rows, cursor=page.cursor)


@router.get(
    "/v1/members/<userid>/cover",
    operation_id="getMemberCover",
    summary="A member's latest leave: who acts for him, and which tasks and cases go to him.",
    tags=["organisation"],
    responses=responses(HTTPStatus.OK, cover_models.MemberCover, HTTPStatus.NOT_FOUND),
)
def get_member_cover(userid: MemberUserid) -> cover_models.MemberCover:
    now = clock.now()
    found = wiring.cover_views().of_member(fold_userid(userid), current_caller().sees, now)
    if found is None:
        raise NoSuchThingError("leave")
    return cover_models.MemberCover.of_detail(found, business_day(now))
