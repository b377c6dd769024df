"""Who of the members that serve customers has a seat of the archive (S70)."""

from http import HTTPStatus
from typing import Self

from scrm.archive.seats import SeatReport
from scrm.runtime.http.routing import NodeId, responses, router, scope
from scrm.runtime.http.wire import Reply
from scrm.runtime.wiring import admin_api as wiring


class MemberWithoutSeat(Reply):
    userid: str
    node_path: str


class ArchiveSeats(Reply):
    """``with_seat`` of ``members`` are archived. Not ``is_complete``: the first 5,000 members; ask for a node below."""

    members: int
    with_seat: int
    without: list[MemberWithoutSeat]
    is_complete: bool

    @classmethod
    def of(cls, found: SeatReport) -> Self:
        return cls(
            members=found.members,
            with_seat=found.with_seat,
            without=[MemberWithoutSeat(userid=one.userid, node_path=one.node_path) for one in found.without],
            is_complete=found.is_complete,
        )


@router.get(
    "/v1/archive/seats",
    operation_id="getArchiveSeats",
    summary="Who of a node's members that serve customers is archived, and who has no seat; as of WeCom's daily list.",
    tags=["archive"],
    responses=responses(HTTPStatus.OK, ArchiveSeats, HTTPStatus.NOT_FOUND),
)
def get_seats(node_id: NodeId = None) -> ArchiveSeats:
    return ArchiveSeats.of(wiring.archive_seats().below(scope(node_id)))
