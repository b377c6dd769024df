"""What operators ask about the organisation: read models and the port that answers."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from scrm.org.model import Cover, MemberDetail, OrgNode
from scrm.org.nodes import EffectiveSetting
from scrm.org.rejections import Rejection, ReviewState
from scrm.paging import Page


@dataclass(frozen=True, slots=True)
class NodeDetail:
    """A node, and what holds there by its own word or that of the nodes above."""

    node: OrgNode
    effective: EffectiveSetting


@dataclass(frozen=True, slots=True)
class CoverRow:
    """A leave that is not over, and where the member belongs."""

    cover: Cover
    node_id: str
    node_path: str


class OrgQueries(Protocol):
    """Reads of the organisation's table. A foreign cursor raises InvalidCursorError."""

    def node(self, node_id: str) -> OrgNode | None: ...

    def node_detail(self, node_id: str) -> NodeDetail | None: ...

    def children(self, node_id: str, cursor: str | None, limit: int) -> Page[OrgNode]:
        """The nodes right below, closed ones too, by id."""

    def members(self, node_id: str, cursor: str | None, limit: int) -> Page[MemberDetail]:
        """The node's own members with attributes and cover, by userid."""

    def detail(self, userid: str) -> MemberDetail | None:
        """One member with attributes and cover."""

    def covers(self, node_path: str, today: date, cursor: str | None, limit: int) -> Page[CoverRow]:
        """Leaves of today and later of members at or below ``node_path``, those that end first come first."""

    def rejections(
        self, node_path: str, cursor: str | None, limit: int, state: ReviewState | None = None
    ) -> Page[Rejection]:
        """Rejected messages at or below ``node_path``, newest first."""

    def rejection(self, rejection_id: str) -> Rejection | None: ...


class RejectionReviews(Protocol):
    """What people make of rejected messages."""

    def review(self, rejection_id: str, actor: str, at: datetime, note: str = "") -> Rejection | None:
        """Mark as looked at; who came first stays the one who did. None when there is no such rejection."""
