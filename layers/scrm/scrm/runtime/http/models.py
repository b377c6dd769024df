"""Handover cases, their customers and groups, and what people decide about them, on the wire."""

from datetime import date
from typing import Annotated, Any, Self

from pydantic import Field

from scrm.handover.edges import AttemptOutcome, ChunkKind, EdgeState, TransferApi
from scrm.handover.four_eyes import DecisionState
from scrm.handover.four_eyes import PendingDecision as Decision
from scrm.handover.model import CaseOutcome, CaseState, ChangeKind, DigestOutcome, SignalSource
from scrm.handover.userid import Userid
from scrm.runtime.http.wire import Asked, Page, Reply, Timestamp


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


class ReassignRequest(Asked):
    """Which open customers or group chats of a case are offered to whom."""

    kind: ChunkKind = ChunkKind.CUSTOMERS
    target_ids: list[Annotated[str, Field(min_length=1, max_length=64)]] = Field(min_length=1, max_length=100)
    takeover_userid: Userid


class CloseRequest(Asked):
    """Why a case ends although not everybody was moved. No personal data: it is kept for good."""

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


class RefusalRequest(Asked):
    """Why a decision is not to be carried out. No personal data: it is kept for good."""

    reason: str = Field(min_length=1, max_length=500)


class CasePage(Page):
    items: list[Case]


class EdgePage(Page):
    items: list[Edge]


class DecisionPage(Page):
    items: list[PendingDecision]
