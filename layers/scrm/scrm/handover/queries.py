"""What operators ask about handovers: read models and the port that answers (S62).

Customers appear as ids only: the handover stores no names of theirs (R2).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

from scrm.handover.edges import Attempt, EdgeState
from scrm.handover.model import (
    OUR_PLAN,
    CaseOutcome,
    CaseState,
    Certificate,
    ChangeKind,
    DigestOutcome,
    PlanReview,
    SignalRecord,
)
from scrm.paging import Page


@dataclass(frozen=True, slots=True)
class EdgeTotals:
    """Edges counted by state as of the last look; the sum of the states is ``total`` (invariant 1)."""

    total: int = 0
    by_state: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CaseSummary:
    """One staff change as a row of a list. ``handover_name`` is the member's, who is staff."""

    case_id: str
    handover_userid: str
    handover_name: str
    node_id: str
    node_path: str
    node_name: str
    change: ChangeKind
    state: CaseState
    opened_at: datetime
    start_at: datetime | None
    last_day: date | None
    closed_at: datetime | None
    successor_userids: tuple[str, ...]
    customers: EdgeTotals
    groups: EdgeTotals


@dataclass(frozen=True, slots=True)
class TakerShare:
    """What followed the customers to one new owner, as `scrm.handover.delivery` counts it. ``card`` None: not yet."""

    takeover_userid: str
    counts: Mapping[str, int]
    card: DigestOutcome | None


@dataclass(frozen=True, slots=True)
class CaseDetail:
    """One staff change with what told us of it, and what followed its customers.

    ``package`` sums the counts of ``takers``; ``lost_tag_ids`` are tags that exist no more. ``escalated_until``: what
    became a person's work up to then is told to the manager; ``reminded_at``: his last reminder of what is late.
    """

    summary: CaseSummary
    outcome: CaseOutcome | None
    close_reason: str
    signals: tuple[SignalRecord, ...]
    certificates: tuple[Certificate, ...] = ()
    plan_made_by: str = OUR_PLAN
    review: PlanReview | None = None
    package: Mapping[str, int] = field(default_factory=dict)
    package_checksum: str = ""
    lost_tag_ids: tuple[str, ...] = ()
    takers: tuple[TakerShare, ...] = ()
    escalated_until: datetime | None = None
    reminded_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class EdgeRow:
    """One customer or group chat on its way; while it is manual, ``owner_userid`` must act until ``due_at``.

    ``target_id`` is an ``external_userid`` or a ``chat_id``; ``cause`` says why it is where it is, ``reason`` why its
    taker was chosen.
    """

    target_id: str
    state: EdgeState
    cause: str
    errcode: int
    takeover_userid: str
    reason: str
    attempts: tuple[Attempt, ...]
    owner_userid: str
    due_at: datetime | None
    updated_at: datetime | None


class CaseQueries(Protocol):
    """Reads of the case table. A cursor is None for the first page; a foreign one raises InvalidCursorError."""

    def list_cases(self, node_path: str, state: CaseState | None, cursor: str | None, limit: int) -> Page[CaseSummary]:
        """Cases at or below ``node_path``, newest first."""

    def list_cases_of(
        self, userid: str, node_path: str, state: CaseState | None, cursor: str | None, limit: int
    ) -> Page[CaseSummary]:
        """The member's cases at or below ``node_path``, newest first, by any userid he has had since they were opened.

        A page may be short, or empty, and not be the last one.
        """

    def get_case(self, case_id: str) -> CaseDetail | None: ...

    def list_edges(self, case_id: str, state: EdgeState | None, cursor: str | None, limit: int) -> Page[EdgeRow]:
        """The case's customers, chunk by chunk."""

    def list_groups(self, case_id: str, state: EdgeState | None, cursor: str | None, limit: int) -> Page[EdgeRow]:
        """The case's group chats, chunk by chunk."""
