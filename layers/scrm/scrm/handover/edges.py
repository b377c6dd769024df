"""Edges, their attempts, and the chunks they travel in.

An *edge* is one customer or group chat of a case. Edges travel in *chunks* of at most 100, because one WeCom call takes
100 ids: a chunk is one call, one stored item. Where an attempt fails, its edges are regrouped into a new chunk for the
next successor; an edge is in exactly one chunk at any moment.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

# A run that announced its calls is over after this time, finished or dead: longer than the worker's time limit. Until
# then a second message about the chunk keeps its hands off, else it would repeat a call that is being made.
LONGEST_RUN = timedelta(minutes=3)


class EdgeState(StrEnum):
    """``fallback`` waits for the next successor; ``manual`` is open: it has an owner and a due date.

    ``ineligible`` cannot be moved by anyone, ``kept`` stays with the member on purpose, ``resolved`` was settled by a
    person with a reason.
    """

    PLANNED = "planned"
    WAITING = "waiting"
    FALLBACK = "fallback"
    DONE = "done"
    MANUAL = "manual"
    INELIGIBLE = "ineligible"
    KEPT = "kept"
    RESOLVED = "resolved"

    @property
    def is_settled(self) -> bool:
        """Nothing more is asked of WeCom by itself."""
        return self not in {EdgeState.PLANNED, EdgeState.WAITING, EdgeState.FALLBACK}


class EdgeCause(StrEnum):
    """Why an edge is where it is, in words an operator acts on."""

    CUSTOMER_REFUSED = "customer_refused"
    TAKEOVER_FULL = "takeover_full"
    TAKEOVER_UNUSABLE = "takeover_unusable"
    QUOTA_USED = "quota_used"
    NO_SUCCESSOR = "no_successor"
    REJECTED_BY_WECOM = "rejected_by_wecom"
    UNDECIDED = "undecided"
    ACCOUNT_DELETED = "account_deleted"
    IN_ANOTHER_TRANSFER = "in_another_transfer"
    ON_HOLD = "on_hold"
    HALF_ADDED = "half_added"
    DELETED_BY_CUSTOMER = "deleted_by_customer"
    NOT_FOLLOWING = "not_following"
    STAYS_BY_POLICY = "stays_by_policy"
    CANCELLED = "cancelled"
    CHOSEN_AGAIN = "chosen_again"
    PLAN_REJECTED = "plan_rejected"


class ChunkKind(StrEnum):
    CUSTOMERS = "customers"
    GROUPS = "groups"


class ChunkState(StrEnum):
    """``intended`` is stored before the call: found again, the call's outcome is unknown and is looked up."""

    PLANNED = "planned"
    INTENDED = "intended"
    SUBMITTED = "submitted"
    SETTLED = "settled"


class TransferApi(StrEnum):
    """Which of WeCom's two inheritances: of a member who is there, or of one whose account is deleted."""

    ON_JOB = "on_job"
    RESIGNED = "resigned"


class AttemptOutcome(StrEnum):
    """How one call for one edge ended. ``void``: WeCom no longer knows of it."""

    STARTED = "started"
    DONE = "done"
    REFUSED = "refused"
    TAKEOVER_FULL = "takeover_full"
    REJECTED = "rejected"
    VOID = "void"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Attempt:
    """Evidence of one attempt to move an edge: the call, what WeCom answered, what became of it and when we saw it.

    ``errcode`` is WeCom's answer for this id, 0 = started.
    """

    takeover_userid: str
    api: TransferApi
    called_at: datetime
    errcode: int = 0
    outcome: AttemptOutcome = AttemptOutcome.STARTED
    decided_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Edge:
    """One customer (``external_userid``) or group (``chat_id``) on its way to a new owner.

    ``reason`` says why its taker was chosen. ``tier`` is kept where it asks something of the next taker too,
    ``language`` where one is known. ``owner_userid`` and ``due_at`` are set while it is manual: who must act,
    until when.
    """

    target_id: str
    state: EdgeState = EdgeState.PLANNED
    cause: str = ""
    errcode: int = 0
    owner_userid: str = ""
    due_at: datetime | None = None
    updated_at: datetime | None = None
    reason: str = ""
    attempts: tuple[Attempt, ...] = ()
    tier: str = ""
    language: str = ""

    def started(self, attempt: Attempt) -> "Edge":
        """WeCom accepted the call for this edge, or its outcome is not known yet."""
        return replace(
            self,
            state=EdgeState.WAITING,
            cause="",
            errcode=attempt.errcode,
            updated_at=attempt.called_at,
            attempts=(*self.attempts, attempt),
        )

    def ended(self, outcome: AttemptOutcome, at: datetime) -> "Edge":
        """The edge with the outcome of its last attempt written down."""
        if not self.attempts:
            return self
        last = replace(self.attempts[-1], outcome=outcome, decided_at=at)
        return replace(self, attempts=(*self.attempts[:-1], last))

    def fall_back(self, cause: EdgeCause, at: datetime, errcode: int = 0) -> "Edge":
        return replace(
            self,
            state=EdgeState.FALLBACK,
            cause=cause,
            errcode=errcode,
            owner_userid="",
            due_at=None,
            updated_at=at,
        )

    def settled(self, state: EdgeState, at: datetime, cause: str = "", errcode: int = 0) -> "Edge":
        """Settled without an owner: done, ineligible, kept or resolved."""
        return replace(self, state=state, cause=cause, errcode=errcode, owner_userid="", due_at=None, updated_at=at)

    def manual(self, cause: str, owner_userid: str, due_at: datetime, at: datetime, errcode: int = 0) -> "Edge":
        return replace(
            self,
            state=EdgeState.MANUAL,
            cause=cause,
            errcode=errcode,
            owner_userid=owner_userid,
            due_at=due_at,
            updated_at=at,
        )


@dataclass(frozen=True, slots=True)
class Chunk:
    """At most 100 edges that go to one taker in one call.

    ``api`` is the one its call was made with, None before. ``not_before`` postpones the call. ``package`` is the
    checksum of what follows its customers, collected before the call, empty when there is nothing; edges done up to
    ``delivered_until`` have it.
    """

    case_id: str
    kind: ChunkKind
    number: int
    handover_userid: str
    takeover_userid: str
    edges: tuple[Edge, ...]
    state: ChunkState = ChunkState.PLANNED
    api: TransferApi | None = None
    not_before: datetime | None = None
    intended_at: datetime | None = None
    submitted_at: datetime | None = None
    package: str = ""
    delivered_until: datetime | None = None
    version: int = 0

    @property
    def key(self) -> tuple[ChunkKind, int]:
        return self.kind, self.number

    def with_edges(self, changed: Mapping[str, Edge]) -> "Chunk":
        """The chunk with some edges replaced; settles when nothing of it is planned or waiting."""
        edges = tuple(changed.get(edge.target_id, edge) for edge in self.edges)
        return replace(self, edges=edges, state=self.state if _is_open(edges) else ChunkState.SETTLED)

    def without(self, target_ids: frozenset[str]) -> "Chunk":
        """The chunk after some edges were moved to another one."""
        edges = tuple(edge for edge in self.edges if edge.target_id not in target_ids)
        return replace(self, edges=edges, state=self.state if _is_open(edges) else ChunkState.SETTLED)

    def in_state(self, *states: EdgeState) -> tuple[Edge, ...]:
        return tuple(edge for edge in self.edges if edge.state in states)


def _is_open(edges: Iterable[Edge]) -> bool:
    return any(edge.state in {EdgeState.PLANNED, EdgeState.WAITING} for edge in edges)


def is_due(chunk: Chunk, now: datetime) -> bool:
    """Whether the chunk wants a call now: not yet made, or made by a run that must be dead, with an unknown outcome."""
    if chunk.not_before is not None and chunk.not_before > now:
        return False
    if chunk.state is ChunkState.INTENDED:
        return chunk.intended_at is None or chunk.intended_at + LONGEST_RUN <= now
    return chunk.state is ChunkState.PLANNED


def totals(chunks: Iterable[Chunk], kind: ChunkKind) -> dict[str, int]:
    """Edges of one kind by state, with ``total``: the sum of the states is the total (invariant 1)."""
    counted = Counter(edge.state.value for chunk in chunks if chunk.kind is kind for edge in chunk.edges)
    return {"total": counted.total(), **counted}
