"""What people decide about a plan before it starts: approve it, reject it, or make another one (S61)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from scrm.handover.approval import NOT_CALLED, has_started, plan_checksum, plan_size
from scrm.handover.edges import Chunk, ChunkState, EdgeCause
from scrm.handover.errors import DecisionRefusedError, UnknownCaseError
from scrm.handover.model import CaseState, HandoverCase, PlanReview
from scrm.handover.ports import (
    CaseRepository,
    CustomerLoads,
    DecisionLog,
    HandoverQueue,
    StaffDirectory,
)
from scrm.handover.replanning import given_back, save_together
from scrm.handover.rules import EdgeRules, manager_of
from scrm.handover.settings import HandoverSettings
from scrm.handover.succession import SuccessorPool


@dataclass(frozen=True, slots=True)
class PlanReviews:
    """Use cases of operators. Each raises DecisionRefusedError, whose text says why, and StaleVersionError.

    Repeatable. The case stays where it is until the worker has planned it again, so nothing starts by half.
    """

    cases: CaseRepository
    staff: StaffDirectory
    loads: CustomerLoads
    queue: HandoverQueue
    log: DecisionLog
    settings: HandoverSettings

    def approve(self, case_id: str, checksum: str, actor: str, now: datetime) -> HandoverCase:
        """Let the plan start that the actor has seen: ``checksum`` is the one of its preview."""
        case, chunks = self._reviewed(case_id, checksum, actor)
        review = PlanReview(actor, now, checksum, plan_size(chunks), approved=True)
        self.log.decided(case, "handover.plan_approved", actor, now)
        saved = self.cases.save(replace(case, review=review, due_at=now))
        self.queue.request_plan(case_id)
        return saved

    def reject(self, case_id: str, checksum: str, reason: str, actor: str, now: datetime) -> HandoverCase:
        """Say why the plan must not start: its customers wait for a person, who makes another plan or offers them."""
        case, chunks = self._reviewed(case_id, checksum, actor)
        review = PlanReview(actor, now, checksum, plan_size(chunks), approved=False, reason=reason)
        if any(chunk.state is ChunkState.INTENDED for chunk in chunks):
            raise DecisionRefusedError("A call of this case was interrupted and is being looked up; repeat in an hour.")
        self.log.decided(case, "handover.plan_rejected", actor, now)
        rules = EdgeRules(manager_of(self.staff, case), self.settings)
        stopped = [_stopped(chunk, rules, now) for chunk in chunks if chunk.in_state(*NOT_CALLED)]
        return self._saved(replace(case, review=review, state=CaseState.ATTENTION, due_at=now), stopped)

    def replan(self, case_id: str, successors: Sequence[str], actor: str, now: datetime) -> HandoverCase:
        """Plan anew with these successors, in their order, while nothing has started; the actor is the plan's maker.

        Chunks give their customers back, and what is in none the worker plans.
        """
        case, chunks = self._open_case(case_id)
        if has_started(chunks) or case.cancelled_at is not None:
            raise DecisionRefusedError("Transfers of this case have begun; reassign what waits for a person instead.")
        self._check_successors(case, successors)
        self.log.decided(case, "handover.replanned", actor, now)
        state = case.state if case.state is CaseState.UNCONFIRMED else CaseState.PLANNING
        wanted = replace(case.replanned(successors, actor), state=state, due_at=now)
        saved = self._saved(wanted, [chunk.without(given_back(chunk)) for chunk in chunks if given_back(chunk)])
        self.queue.request_plan(case_id)
        return saved

    def _check_successors(self, case: HandoverCase, successors: Sequence[str]) -> None:
        pool = SuccessorPool(case, self.cases, self.staff, self.loads, self.settings)
        for place, userid in enumerate(successors, 1):
            reason = pool.why_not(userid) or ("" if pool.is_usable(userid) else "is full")
            if reason:
                raise DecisionRefusedError(f"Successor {place} {reason} and cannot take over; choose another one.")

    def _reviewed(self, case_id: str, checksum: str, actor: str) -> tuple[HandoverCase, list[Chunk]]:
        case, chunks = self._open_case(case_id)
        if case.state is not CaseState.AWAITING_APPROVAL or case.cancelled_at is not None:
            raise DecisionRefusedError("No plan of this case waits for approval; read the case again.")
        if case.plan_outdated:
            raise DecisionRefusedError("HR named other successors and the plan is being made anew; read it again soon.")
        if actor == case.plan_made_by:
            raise DecisionRefusedError("You made this plan; somebody else has to look at it.")
        if checksum != plan_checksum(chunks):
            raise DecisionRefusedError("The plan is another one than you have seen; read its preview again.")
        return case, chunks

    def _open_case(self, case_id: str) -> tuple[HandoverCase, list[Chunk]]:
        loaded = self.cases.load(case_id)
        if loaded is None:
            raise UnknownCaseError(case_id)
        if not loaded[0].is_open or loaded[0].outcome is not None:
            raise DecisionRefusedError("The case is closed; nothing of it can be changed.")
        return loaded

    def _saved(self, case: HandoverCase, changed: Sequence[Chunk]) -> HandoverCase:
        return save_together(self.cases, case, changed)


def _stopped(chunk: Chunk, rules: EdgeRules, now: datetime) -> Chunk:
    """What was not called waits for a person."""
    waiting = chunk.in_state(*NOT_CALLED)
    return chunk.with_edges({edge.target_id: rules.manual(edge, EdgeCause.PLAN_REJECTED, now) for edge in waiting})
