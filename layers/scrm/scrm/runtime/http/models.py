"""What the API says, on the wire."""

from datetime import date, datetime
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, WithJsonSchema

from scrm import clock
from scrm.handover.edges import AttemptOutcome, ChunkKind, EdgeState, TransferApi
from scrm.handover.model import CaseOutcome, CaseState, ChangeKind, SignalSource
from scrm.handover.userid import Userid
from scrm.org import queries
from scrm.org.model import Lifecycle, OperatingMode
from scrm.org.queries import ReviewState
from scrm.settings.handover import HandoverDocument

Timestamp = Annotated[
    datetime,
    PlainSerializer(clock.to_iso, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-11-21T08:00:00.000Z"]}),
]


class _Reply(BaseModel):
    model_config = ConfigDict(from_attributes=True, frozen=True)


class ProblemField(_Reply):
    """One invalid part: where it is (``query.limit``) and what kind of fault it has (``less_than_equal``)."""

    where: str
    kind: str


class Problem(_Reply):
    """Problem details, RFC 9457. ``type`` is stable and meant for programs."""

    type: str = Field(examples=["urn:scrm:problem:not-found"])
    title: str
    status: int
    detail: str
    fields: list[ProblemField] | None = None


class Totals(_Reply):
    """Edges by state; the sum of the states is ``total``."""

    total: int
    by_state: dict[str, int]


class Case(_Reply):
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


class Signal(_Reply):
    """Something that told us of the change; ``note`` says what it changed, or why it changed nothing."""

    source: SignalSource
    kind: str
    event_id: str
    occurred_at: Timestamp
    note: str


class CaseDetail(_Reply):
    summary: Case
    outcome: CaseOutcome | None = Field(description="How it ended; null while it is open.")
    close_reason: str = Field(description="Why a person closed it; empty otherwise.")
    signals: list[Signal]


class Attempt(_Reply):
    """One call for this customer or group, and what became of it."""

    takeover_userid: str
    api: TransferApi
    called_at: Timestamp
    errcode: int
    outcome: AttemptOutcome
    decided_at: Timestamp | None


class Edge(_Reply):
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


class Rejection(_Reply):
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


class AuditEntry(_Reply):
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


class Node(_Reply):
    node_id: str
    name: str
    path: str


class NodeDetail(_Reply):
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


class NodeRow(_Reply):
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

    model_config = ConfigDict(extra="forbid", frozen=True)

    lifecycle: Lifecycle | None = None
    mode: OperatingMode | None = None
    branch_code: str = Field("", pattern=r"^[A-Za-z0-9_-]{0,32}$", description="The bank's own number of the branch.")
    version: int


class ReviewRequest(BaseModel):
    """What was done about a rejected message. No personal data: it is kept for good."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    note: str = Field("", max_length=200)


class Me(_Reply):
    """Who the API takes the caller for, and what he sees: everything at or below ``node``."""

    subject: str
    node: Node
    roles: list[str]


class SyncRequest(BaseModel):
    """What to compare with WeCom: everything."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    scope: Literal["all"] = "all"


class Sync(_Reply):
    """A requested sync; ``run_id`` is in the logs and messages of everything it causes."""

    run_id: str
    scope: Literal["all"]
    requested_at: str


class ReassignRequest(BaseModel):
    """Which open customers or group chats of a case are offered to whom."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: ChunkKind = ChunkKind.CUSTOMERS
    target_ids: list[Annotated[str, Field(min_length=1, max_length=64)]] = Field(min_length=1, max_length=100)
    takeover_userid: Userid


class CloseRequest(BaseModel):
    """Why a case ends although not everybody was moved. No personal data: it is kept for good."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    reason: str = Field(min_length=1, max_length=500)


class HandoverSettings(_Reply):
    """What is in force for handovers; a process takes up a change within a minute."""

    version: int = Field(description="Rises with every change, 0 before the first; a change names the one it replaces.")
    is_valid: bool = Field(description="False: what is stored does not fit, the defaults are shown; store it anew.")
    given: list[str] = Field(description="The fields that the bank decided; the others have the defaults of the code.")
    settings: HandoverDocument


class SettingsRequest(BaseModel):
    """The whole document: a field that is left out takes its default, now and after an upgrade."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: int = Field(ge=0, description="The version that was read; another one in force answers 409.")
    settings: HandoverDocument


class _Page(_Reply):
    cursor: str | None = Field(description="Continues the list; null at its end. A page may be short, even empty.")


class CasePage(_Page):
    items: list[Case]


class EdgePage(_Page):
    items: list[Edge]


class NodePage(_Page):
    items: list[NodeRow]


class RejectionPage(_Page):
    items: list[Rejection]


class AuditPage(_Page):
    items: list[AuditEntry]
