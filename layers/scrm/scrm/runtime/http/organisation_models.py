"""Nodes of the organisation, and messages of it that could not be used, on the wire."""

from typing import Self

from pydantic import Field

from scrm.org import queries
from scrm.org.model import Lifecycle, OperatingMode
from scrm.org.rejections import ReviewState
from scrm.runtime.http.wire import Asked, Page, Reply, Timestamp


class NodeDetail(Reply):
    """``lifecycle`` and ``mode`` are what operators set here, null: as above; the effective ones are what holds."""

    node_id: str
    name: str
    path: str
    parent_id: str
    manager_userid: str
    lifecycle: Lifecycle | None
    mode: OperatingMode | None
    branch_code: str
    closed_at: Timestamp | None = Field(description="When the address book no longer had the department.")
    version: int
    effective_lifecycle: Lifecycle
    effective_mode: OperatingMode

    @classmethod
    def of(cls, detail: queries.NodeDetail) -> Self:
        node, effective = detail.node, detail.effective
        return cls(
            node_id=node.node_id,
            name=node.name,
            path=node.path,
            parent_id=node.parent_id,
            manager_userid=node.manager_userid,
            lifecycle=node.lifecycle,
            mode=node.mode,
            branch_code=node.branch_code,
            closed_at=node.closed_at,
            version=node.version,
            effective_lifecycle=effective.lifecycle,
            effective_mode=effective.mode,
        )


class NodeRow(Reply):
    """A node in a list."""

    node_id: str
    name: str
    path: str
    manager_userid: str
    lifecycle: Lifecycle | None
    mode: OperatingMode | None
    branch_code: str
    closed_at: Timestamp | None


class NodeRequest(Asked):
    """What shall be set at a node; ``version`` is that of the node you read."""

    lifecycle: Lifecycle | None = None
    mode: OperatingMode | None = None
    branch_code: str = Field("", pattern=r"^[A-Za-z0-9_-]{0,32}$", description="The bank's own number of the branch.")
    version: int


class Rejection(Reply):
    """A message from outside, or a roster's row, that could not be used, and who looked at it."""

    rejection_id: str
    source: str
    received_at: Timestamp
    reason: str
    event_id: str
    state: ReviewState
    reviewed_by: str
    reviewed_at: Timestamp | None
    note: str


class ReviewRequest(Asked):
    """What was done about a rejected message. No personal data: it is kept for good."""

    note: str = Field("", max_length=200)


class NodePage(Page):
    items: list[NodeRow]


class RejectionPage(Page):
    items: list[Rejection]
