"""What the API says, on the wire; what only one family says is in its own ``*_models``."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, WithJsonSchema

from scrm import clock
from scrm.handover.edges import AttemptOutcome, ChunkKind, EdgeState, TransferApi
from scrm.handover.four_eyes import DecisionState
from scrm.handover.four_eyes import PendingDecision as Decision
from scrm.handover.model import CaseOutcome, CaseState, ChangeKind, DigestOutcome, SignalSource
from scrm.handover.userid import Userid
from scrm.org import queries
from scrm.org.model import Lifecycle, OperatingMode
from scrm.org.rejections import ReviewState

Timestamp = Annotated[
    datetime,
    PlainSerializer(clock.to_iso, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-11-21T08:00:00.000Z"]}),
]


class Reply(BaseModel):
    model_config = ConfigDict(from_attributes=True, frozen=True, defer_build=True)


class ProblemField(Reply):
    """One invalid part: where it is (``query.limit``) and what kind of fault it has (``less_than_equal``)."""

    where: str
    kind: str


class Problem(Reply):
    """Problem details, RFC 9457. ``type`` is stable and meant for programs."""

    type: str = Field(examples=["urn:scrm:problem:not-found"])
    title: str
    status: int
    detail: str
    fields: list[ProblemField] | None = None


class Totals(Reply):
    """Edges by state; the sum of the states is ``total``."""

    total: int
    by_state: dict[str, int]


class Case(Reply):
    """One staff change whose customers are handed over (客户继承)."""

    case_id: str
    handover_userid: str
    handover_name: str
    node_id: str
    node_name: str
    change: ChangeKind
    state: CaseState
    opened_at: Timestamp
    start_at: Timestamp | None = Field(description="The earliest moment of a transfer.")
    last_day: date | None = Field(description="The member's last day in the old place, in Shanghai.")
    closed_at: Timestamp | None
    successor_userids: list[str]
    customers: Totals
    groups: Totals


class Signal(Reply):
    """Something that told us of the change; ``note`` says what it changed, or why it changed nothing."""

    source: SignalSource
    kind: str
    event_id: str
    occurred_at: Timestamp
    note: str


class PlanReview(Reply):
    """A second person's word on the plan with this checksum."""

    by: str
    at: Timestamp
    checksum: str
    customers: int
    approved: bool
    reason: str = Field(description="Why it was rejected; empty otherwise.")


class TakerShare(Reply):
    """What followed the customers to one new owner. ``counts`` by part and outcome, such as ``relation.written``."""

    takeover_userid: str
    counts: dict[str, int]
    card: DigestOutcome | None = Field(description="The one card about the case that he gets; null: not yet.")


class CaseDetail(Reply):
    summary: Case
    outcome: CaseOutcome | None = Field(description="How it ended; null while it is open.")
    close_reason: str = Field(description="Why a person closed it; empty otherwise.")
    signals: list[Signal]
    plan_made_by: str = Field(description="Who made the plan or changed it last; he may not approve it.")
    review: PlanReview | None = Field(description="The word of whoever looked at this plan; null before.")
    package: dict[str, int] = Field(description="What followed the customers: the counts of all new owners, summed.")
    package_checksum: str = Field(description="SHA-256 of all packages; empty when nothing follows anybody.")
    lost_tag_ids: list[str] = Field(description="Corp tags that a customer had and that exist no more.")
    takers: list[TakerShare]
    escalated_until: Timestamp | None = Field(description="The manager was told of a person's work up to then.")
    reminded_at: Timestamp | None = Field(description="When he was last reminded of what is late.")


class Attempt(Reply):
    """One call for this customer or group, and what became of it."""

    takeover_userid: str
    api: TransferApi
    called_at: Timestamp
    errcode: int
    outcome: AttemptOutcome
    decided_at: Timestamp | None


class Edge(Reply):
    """One customer (``external_userid``) or group chat (``chat_id``) on its way to a new owner."""

    target_id: str
    state: EdgeState
    cause: str = Field(description="Why it is manual, ineligible, kept or with the next taker; empty otherwise.")
    errcode: int = Field(description="What WeCom answered last, 0 if nothing was wrong.")
    takeover_userid: str
    reason: str = Field(description="Why this taker was chosen.")
    attempts: list[Attempt]
    owner_userid: str = Field(description="Who must act while the state is manual.")
    due_at: Timestamp | None
    updated_at: Timestamp | None


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


class AuditEntry(Reply):
    """Who did what on which thing; ``entry_hash`` covers it and ``previous_hash``."""

    chain_id: str
    sequence: int
    entry_id: str
    actor: str
    action: str
    subject: str
    node_path: str
    outcome: str
    at: str
    recorded_at: str
    previous_hash: str
    entry_hash: str


class Node(Reply):
    node_id: str
    name: str
    path: str


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


class NodeRequest(BaseModel):
    """What shall be set at a node; ``version`` is that of the node you read."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    lifecycle: Lifecycle | None = None
    mode: OperatingMode | None = None
    branch_code: str = Field("", pattern=r"^[A-Za-z0-9_-]{0,32}$", description="The bank's own number of the branch.")
    version: int


class ReviewRequest(BaseModel):
    """What was done about a rejected message. No personal data: it is kept for good."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    note: str = Field("", max_length=200)


class Me(Reply):
    """Who the API takes the caller for, and what he sees: everything at or below ``node``."""

    subject: str
    node: Node
    roles: list[str]


class SyncRequest(BaseModel):
    """What to compare with WeCom: everything."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    scope: Literal["all"] = "all"


class Sync(Reply):
    """A requested sync; ``run_id`` is in the logs and messages of everything it causes."""

    run_id: str
    scope: Literal["all"]
    requested_at: str


class ReassignRequest(BaseModel):
    """Which open customers or group chats of a case are offered to whom."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    kind: ChunkKind = ChunkKind.CUSTOMERS
    target_ids: list[Annotated[str, Field(min_length=1, max_length=64)]] = Field(min_length=1, max_length=100)
    takeover_userid: Userid


class CloseRequest(BaseModel):
    """Why a case ends although not everybody was moved. No personal data: it is kept for good."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    reason: str = Field(min_length=1, max_length=500)


class PendingDecision(Reply):
    """What somebody wants done and another person confirms or refuses."""

    decision_id: str
    operation: str = Field(description="``reassign``, ``close`` or ``certificate_download``.")
    case_id: str
    parameters: dict[str, Any]
    made_by: str
    made_at: Timestamp
    expires_at: Timestamp
    state: DecisionState
    decided_by: str
    decided_at: Timestamp | None
    reason: str = Field(description="Why it was refused or no longer applied; empty otherwise.")
    done_at: Timestamp | None = Field(description="When it was carried out, or the permission was used.")

    @classmethod
    def of(cls, decision: Decision) -> Self:
        named = {name: getattr(decision, name) for name in cls.model_fields if hasattr(decision, name)}
        wish = decision.wish
        return cls(operation=wish.operation, case_id=wish.case_id, parameters=dict(wish.parameters), **named)


class RefusalRequest(BaseModel):
    """Why a decision is not to be carried out. No personal data: it is kept for good."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    reason: str = Field(min_length=1, max_length=500)


class Page(Reply):
    cursor: str | None = Field(description="Continues the list; null at its end. A page may be short, even empty.")


class CasePage(Page):
    items: list[Case]


class EdgePage(Page):
    items: list[Edge]


class NodePage(Page):
    items: list[NodeRow]


class RejectionPage(Page):
    items: list[Rejection]


class AuditPage(Page):
    items: list[AuditEntry]


class DecisionPage(Page):
    items: list[PendingDecision]
