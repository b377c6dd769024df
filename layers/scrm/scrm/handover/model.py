"""Vocabulary of contact inheritance (客户继承): case, chunk, edge, and the states they go through.

A *case* is one staff change. An *edge* is one customer or group chat of that case. Edges travel in
*chunks* of at most 100, because one WeCom call takes 100 ids: a chunk is one call, one stored item.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from scrm import ids


class CaseState(StrEnum):
    """``waiting_for_account``: WeCom still has the account, the resigned API would refuse (40097)."""

    WAITING_FOR_ACCOUNT = "waiting_for_account"
    PLANNING = "planning"
    TRANSFERRING = "transferring"
    ATTENTION = "attention"
    CLOSED = "closed"

    @property
    def is_planned(self) -> bool:
        return self in {CaseState.TRANSFERRING, CaseState.ATTENTION, CaseState.CLOSED}


class EdgeState(StrEnum):
    """``manual`` is open: it has an owner and a due date. ``ineligible`` cannot be moved by anyone."""

    PLANNED = "planned"
    WAITING = "waiting"
    DONE = "done"
    MANUAL = "manual"
    INELIGIBLE = "ineligible"

    @property
    def is_settled(self) -> bool:
        """Nothing more is asked of WeCom."""
        return self in {EdgeState.DONE, EdgeState.MANUAL, EdgeState.INELIGIBLE}


class EdgeCause(StrEnum):
    """Why an edge is manual or ineligible, in words an operator acts on."""

    CUSTOMER_REFUSED = "customer_refused"
    TAKEOVER_FULL = "takeover_full"
    QUOTA_USED = "quota_used"
    NO_SUCCESSOR = "no_successor"
    REJECTED_BY_WECOM = "rejected_by_wecom"
    UNDECIDED = "undecided"
    HALF_ADDED = "half_added"
    DELETED_BY_CUSTOMER = "deleted_by_customer"


class ChunkKind(StrEnum):
    CUSTOMERS = "customers"
    GROUPS = "groups"


class ChunkState(StrEnum):
    """``intended`` is stored before the call: found again, the call's outcome is unknown and is looked up."""

    PLANNED = "planned"
    INTENDED = "intended"
    SUBMITTED = "submitted"
    SETTLED = "settled"


class SignalSource(StrEnum):
    HR = "hr"
    CALLBACK = "callback"


@dataclass(frozen=True, slots=True)
class DepartureSignal:
    """Something told us that a member leaves. Several sources tell one departure with several times."""

    corp_id: str
    userid: str
    source: SignalSource
    kind: str
    event_id: str
    occurred_at: datetime
    successor_userid: str = ""


@dataclass(frozen=True, slots=True)
class SignalRecord:
    """A signal as the case keeps it."""

    source: SignalSource
    kind: str
    event_id: str
    occurred_at: datetime

    @classmethod
    def of(cls, signal: DepartureSignal) -> "SignalRecord":
        return cls(signal.source, signal.kind, signal.event_id, signal.occurred_at)


@dataclass(frozen=True, slots=True)
class HandoverCase:
    """One departure. ``version`` rises with every write, a stale one is refused by the repository.

    ``due_at`` is when the case wants to be looked at next; None when it is closed.
    ``customer_totals`` and ``group_totals`` count edges by state as of the last look.
    """

    case_id: str
    corp_id: str
    handover_userid: str
    handover_name: str
    node_id: str
    node_path: str
    node_name: str
    state: CaseState
    opened_at: datetime
    due_at: datetime | None
    signals: tuple[SignalRecord, ...]
    requested_successor: str = ""
    successors: tuple[str, ...] = ()
    successor_reason: str = ""
    customer_totals: Mapping[str, int] = field(default_factory=dict)
    group_totals: Mapping[str, int] = field(default_factory=dict)
    planned_at: datetime | None = None
    closed_at: datetime | None = None
    polls: int = 0
    version: int = 0

    def with_signal(self, signal: DepartureSignal, now: datetime) -> "HandoverCase":
        """Attach a signal once. A successor named before planning counts; a later one does not."""
        if any(known.event_id == signal.event_id for known in self.signals):
            return self
        successor = self.requested_successor
        if signal.successor_userid and not self.state.is_planned:
            successor = signal.successor_userid
        due_at = now if not self.state.is_planned else self.due_at
        return replace(
            self, signals=(*self.signals, SignalRecord.of(signal)), requested_successor=successor, due_at=due_at
        )


def case_id_of(corp_id: str, userid: str, ordinal: int) -> str:
    """The n-th departure of one member: the cause is the departure, not the message that told it."""
    return ids.derive("case", corp_id, ids.fold_userid(userid), str(ordinal))


@dataclass(frozen=True, slots=True)
class Edge:
    """One customer (``external_userid``) or group (``chat_id``) on its way to a new owner.

    ``owner_userid`` and ``due_at`` are set while it is manual: who must act, until when.
    """

    target_id: str
    state: EdgeState = EdgeState.PLANNED
    cause: str = ""
    errcode: int = 0
    owner_userid: str = ""
    due_at: datetime | None = None
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Chunk:
    """At most 100 edges that go to one taker in one call."""

    case_id: str
    kind: ChunkKind
    number: int
    takeover_userid: str
    edges: tuple[Edge, ...]
    state: ChunkState = ChunkState.PLANNED
    attempt: int = 0
    not_before: datetime | None = None
    intended_at: datetime | None = None
    submitted_at: datetime | None = None
    version: int = 0

    def with_edges(self, changed: Mapping[str, Edge]) -> "Chunk":
        """The chunk with some edges replaced; settles when no edge is left open at WeCom."""
        edges = tuple(changed.get(edge.target_id, edge) for edge in self.edges)
        settled = all(edge.state.is_settled for edge in edges)
        return replace(self, edges=edges, state=ChunkState.SETTLED if settled else self.state)

    def in_state(self, state: EdgeState) -> tuple[Edge, ...]:
        return tuple(edge for edge in self.edges if edge.state is state)


def totals(chunks: Iterable[Chunk], kind: ChunkKind) -> dict[str, int]:
    """Edges of one kind by state, with ``total``: the sum of the states is the total (invariant 1)."""
    counted = Counter(edge.state.value for chunk in chunks if chunk.kind is kind for edge in chunk.edges)
    return {"total": counted.total(), **counted}
