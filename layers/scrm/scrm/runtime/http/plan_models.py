"""Plans, their previews and what is decided about them, on the wire."""

from datetime import date
from typing import Annotated

from pydantic import Field

from scrm.handover.edges import ChunkKind, EdgeState
from scrm.handover.model import CaseState
from scrm.handover.userid import MOST_SUCCESSORS, Userid
from scrm.runtime.http.models import PlanReview
from scrm.runtime.http.wire import Asked, Reply, Timestamp

Checksum = Annotated[
    str, Field(pattern=r"^[0-9a-f]{64}$", description="Of the preview that you have seen: another plan answers 409.")
]


class TakerPreview(Reply):
    """What one taker gets; ``reasons`` counts why he was chosen."""

    takeover_userid: str
    takeover_name: str
    customers: int
    groups: int
    calls: int
    reasons: dict[str, int]


class EdgeCount(Reply):
    """Customers or groups that are in one state for one cause."""

    kind: ChunkKind
    state: EdgeState
    cause: str
    errcode: int
    count: int


class PlanPreview(Reply):
    """A plan in numbers; nothing is written by looking at it."""

    case_id: str = Field(description="Empty when the member has no open case.")
    handover_userid: str
    handover_name: str
    is_stored: bool = Field(description="False: there is no plan yet, this one would be made now.")
    state: CaseState = Field(description="Where the case is, or would go next.")
    needs_approval: bool
    plan_made_by: str
    review: PlanReview | None
    start_at: Timestamp | None
    last_day: date | None
    calls: int = Field(description="Calls of WeCom that the start takes; refusals bring more.")
    days: int = Field(description="Days that the start takes at least: WeCom moves 300 groups of a member a day.")
    checksum: str = Field(description="Names this very plan; an approval gives it back.")
    takers: list[TakerPreview]
    edges: list[EdgeCount]


class ApprovalRequest(Asked):
    """The plan that may start."""

    checksum: Checksum


class PlanRejectionRequest(Asked):
    """The plan that must not start, and why. No personal data: the reason is kept for good."""

    checksum: Checksum
    reason: str = Field(min_length=1, max_length=500)


class PlanRequest(Asked):
    """Who shall take over, in the order of preference; without anybody the bank's rules choose."""

    successor_userids: list[Userid] = Field(max_length=MOST_SUCCESSORS)
