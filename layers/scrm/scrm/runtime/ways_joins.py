"""Joins contact ways to the organisation and to the contact queue."""

from typing import Final, Protocol

from scrm import clock
from scrm.aws.queues import Queue
from scrm.node_paths import covers
from scrm.org.acting import business_day
from scrm.org.model import Cover, Member, OrgNode
from scrm.ways.messages import ContactWayChanged
from scrm.ways.ports import Successors

_LONGEST_CHAIN: Final = 8  # of covers and successors of one person


class Staff(Protocol):
    """Of the organisation's table."""

    def member(self, userid: str) -> Member | None: ...

    def cover(self, userid: str) -> Cover | None: ...


class StandIns:
    """Implements `scrm.ways.ports.ServingStaff`.

    On leave his cover stands in for a member, if he has one who may; who left or went to another node has his
    successor. A member on leave without a cover still gets customers.
    """

    def __init__(self, staff: Staff, successors: Successors) -> None:
        self._staff = staff
        self._successors = successors

    def stand_in(self, userid: str, node_path: str) -> str | None:
        asked: set[str] = set()
        wanted: str | None = userid
        for _ in range(_LONGEST_CHAIN):
            if wanted is None or wanted in asked:
                return None
            asked.add(wanted)
            member = self._serving(wanted, node_path)
            if member is not None:
                return self._cover_of(member, node_path) or member.userid
            wanted = self._successors.successor_of(wanted)
        return None

    def _serving(self, userid: str, node_path: str) -> Member | None:
        member = self._staff.member(userid)
        return member if member and member.can_take_over and covers(node_path, member.node_path) else None

    def _cover_of(self, member: Member, node_path: str) -> str | None:
        cover = self._staff.cover(member.userid)
        if cover is None or not cover.cover_userid or not cover.holds_on(business_day(clock.now())):
            return None
        found = self._serving(cover.cover_userid, node_path)
        return found.userid if found else None


class Places(Protocol):
    """Of the organisation's table."""

    def member(self, userid: str) -> Member | None: ...

    def node(self, node_id: str) -> OrgNode | None: ...


class OrgWayPlaces:
    """Implements `scrm.ways.ports.WayPlaces`."""

    def __init__(self, org: Places) -> None:
        self._org = org

    def member_path(self, userid: str) -> str | None:
        member = self._org.member(userid)
        return member.node_path if member and member.can_take_over else None

    def node_path(self, node_id: str) -> str | None:
        node = self._org.node(node_id)
        return node.path if node and node.closed_at is None else None


class QueuedWayNews:
    """Implements `scrm.ways.ports.WayNews`: contact_sync makes WeCom's way equal."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue

    def changed(self, way_id: str) -> None:
        self._queue.send([ContactWayChanged(way_id=way_id)])
