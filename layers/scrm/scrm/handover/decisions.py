"""What people decide about a case: offer open customers to a taker of their choice, settle the rest by hand (S62)."""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from scrm.handover.approval import needs_approval
from scrm.handover.edges import Chunk, ChunkKind, Edge, EdgeCause, EdgeState
from scrm.handover.errors import DecisionRefusedError, UnknownCaseError
from scrm.handover.model import CaseOutcome, CaseState, HandoverCase
from scrm.handover.ports import (
    MOST_CHUNKS_TOGETHER,
    CaseRepository,
    CustomerLoads,
    DecisionLog,
    HandoverQueue,
    StaffDirectory,
)
from scrm.handover.regroup import next_number
from scrm.handover.settings import HandoverSettings
from scrm.handover.succession import CHOSEN_BY_OPERATOR, SuccessorPool

_RUNNING = frozenset({CaseState.TRANSFERRING, CaseState.ATTENTION})


@dataclass(frozen=True, slots=True)
class CaseDecisions:
    """Use cases of operators. Each raises DecisionRefusedError, whose text says why, and StaleVersionError.

    Repeatable: what was decided already is not decided twice.
    """

    cases: CaseRepository
    staff: StaffDirectory
    loads: CustomerLoads
    queue: HandoverQueue
    log: DecisionLog
    settings: HandoverSettings

    def reassign(
        self,
        case_id: str,
        kind: ChunkKind,
        target_ids: Collection[str],
        takeover_userid: str,
        actor: str,
        now: datetime,
    ) -> HandoverCase:
        """Offer what waits for a person to a taker of the actor's choice; at most one call's ids at a time."""
        case, chunks, moved = self._offer(case_id, kind, target_ids, takeover_userid)
        edges = tuple(_offered_again(edge, now) for edge in moved.values())
        added = Chunk(case_id, kind, next_number(chunks, kind), case.handover_userid, takeover_userid, edges)
        wanted = frozenset(moved)
        left = [chunk.without(wanted) for chunk in chunks if chunk.kind is kind and _holds(chunk, wanted)]
        self.log.decided(case, "handover.reassigned", actor, now)
        taken = {chunk.key for chunk in left}
        latest = [*(chunk for chunk in chunks if chunk.key not in taken), *left, added]
        saved = self.cases.save(self._with_offer(case, latest, actor, now), left, [added])
        if saved.state is CaseState.TRANSFERRING:
            self.queue.request_transfers([added])
        return saved

    def check_reassign(self, case_id: str, kind: ChunkKind, target_ids: Collection[str], takeover_userid: str) -> None:
        """Whether it could be done now; what waits for a second person should have a chance."""
        self._offer(case_id, kind, target_ids, takeover_userid)

    def _offer(
        self, case_id: str, kind: ChunkKind, target_ids: Collection[str], takeover_userid: str
    ) -> tuple[HandoverCase, list[Chunk], dict[str, Edge]]:
        """The case, its chunks and what is offered of them."""
        case, chunks = self._open_case(case_id)
        pool = SuccessorPool(replace(case, unusable={}), self.cases, self.staff, self.loads, self.settings)
        reason = pool.why_not(takeover_userid) or ("" if pool.is_usable(takeover_userid) else "is full")
        if reason:
            raise DecisionRefusedError(f"The member {reason} and cannot take over; choose another one.")
        return case, chunks, self._manual(chunks, kind, target_ids)

    def _with_offer(self, case: HandoverCase, chunks: Sequence[Chunk], actor: str, now: datetime) -> HandoverCase:
        """The plan is the actor's now. What has not started waits as it did; what runs goes on if it is approved."""
        edited = replace(case, plan_made_by=actor, due_at=now)
        if case.state not in _RUNNING:
            return replace(edited, review=None)
        held = needs_approval(edited, chunks, self.settings)
        return replace(edited, state=CaseState.AWAITING_APPROVAL if held else CaseState.TRANSFERRING)

    def close(self, case_id: str, reason: str, actor: str, now: datetime, seen: str = "") -> HandoverCase:
        """End a case whose open customers were settled by hand; the case keeps the reason.

        ``seen``: the `open_work` that the decision was made about; it must still be the same.
        """
        case, chunks = self._closable(case_id)
        if seen and seen != _open_work(chunks):
            raise DecisionRefusedError("Others wait for a person now than when it was decided; read the case again.")
        self.log.decided(case, "handover.closed_by_person", actor, now)
        resolved = [_resolved(chunk, now) for chunk in chunks if chunk.in_state(EdgeState.MANUAL)]
        together = MOST_CHUNKS_TOGETHER - 1
        self.cases.save_chunks(resolved[together:])
        closing = replace(case, outcome=CaseOutcome.CLOSED_BY_PERSON, close_reason=reason, due_at=now)
        saved = self.cases.save(closing, resolved[:together])
        self.queue.request_polls([case_id])
        return saved

    def open_work(self, case_id: str) -> str:
        """A checksum of what waits for a person in a case that could be closed now."""
        return _open_work(self._closable(case_id)[1])

    def _closable(self, case_id: str) -> tuple[HandoverCase, list[Chunk]]:
        case, chunks = self._open_case(case_id)
        if case.state is not CaseState.ATTENTION:
            raise DecisionRefusedError("Only a case whose open customers wait for a person can be closed by hand.")
        return case, chunks

    def _open_case(self, case_id: str) -> tuple[HandoverCase, list[Chunk]]:
        loaded = self.cases.load(case_id)
        if loaded is None:
            raise UnknownCaseError(case_id)
        if not loaded[0].is_open:
            raise DecisionRefusedError("The case is closed; nothing of it can be changed.")
        return loaded

    def _manual(self, chunks: Sequence[Chunk], kind: ChunkKind, target_ids: Collection[str]) -> dict[str, Edge]:
        if len(target_ids) > self.settings.ids_per_call:
            raise DecisionRefusedError(f"At most {self.settings.ids_per_call} at a time: that is one call of WeCom.")
        wanted = set(target_ids)
        of_kind = (chunk for chunk in chunks if chunk.kind is kind)
        manual = (edge for chunk in of_kind for edge in chunk.in_state(EdgeState.MANUAL))
        found = {edge.target_id: edge for edge in manual if edge.target_id in wanted}
        if not found or wanted - found.keys():
            raise DecisionRefusedError("Only what waits for a person can be reassigned; read the case again.")
        return found


def _offered_again(edge: Edge, now: datetime) -> Edge:
    planned = edge.settled(EdgeState.PLANNED, now, EdgeCause.CHOSEN_AGAIN, edge.errcode)
    return replace(planned, reason=CHOSEN_BY_OPERATOR)


def _resolved(chunk: Chunk, now: datetime) -> Chunk:
    manual = chunk.in_state(EdgeState.MANUAL)
    return chunk.with_edges(
        {edge.target_id: edge.settled(EdgeState.RESOLVED, now, edge.cause, edge.errcode) for edge in manual}
    )


def _holds(chunk: Chunk, target_ids: frozenset[str]) -> bool:
    return any(edge.target_id in target_ids for edge in chunk.edges)


def _open_work(chunks: Sequence[Chunk]) -> str:
    manual = sorted(edge.target_id for chunk in chunks for edge in chunk.in_state(EdgeState.MANUAL))
    return hashlib.sha256("\n".join(manual).encode()).hexdigest()
