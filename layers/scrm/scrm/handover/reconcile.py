"""Ask WeCom what really happened until every edge is settled (S62, S64)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from scrm.handover.errors import TransferPostponedError, UnknownCaseError
from scrm.handover.model import (
    CaseState,
    Chunk,
    ChunkKind,
    ChunkState,
    Edge,
    EdgeCause,
    EdgeState,
    HandoverCase,
    totals,
)
from scrm.handover.planning import is_due
from scrm.handover.ports import (
    CaseRepository,
    ContactRecords,
    HandoverQueue,
    Journal,
    StaffDirectory,
    Transfers,
    TransferStatus,
)
from scrm.handover.settings import HandoverSettings
from scrm.handover.transfer import EdgeRules, known_owner, known_results

_BATCH = 10


@dataclass(frozen=True, slots=True)
class PollResult:
    """What one look changed, for the metrics."""

    settled: int = 0
    needs_attention: int = 0
    closed: bool = False
    ageing: bool = False


@dataclass(frozen=True, slots=True)
class HandoverReconcile:
    """Use case of the schedule and of the transfer_fail hint. Running twice changes nothing."""

    cases: CaseRepository
    staff: StaffDirectory
    transfers: Transfers
    queue: HandoverQueue
    contacts: ContactRecords
    journal: Journal
    settings: HandoverSettings

    def request_due(self, now: datetime) -> int:
        """Queue a poll for every case whose time has come; returns how many."""
        requested = 0
        batch: list[str] = []
        for case_id in self.cases.due_cases(now):
            batch.append(case_id)
            requested += 1
            if len(batch) == _BATCH:
                self.queue.request_polls(batch)
                batch = []
        if batch:
            self.queue.request_polls(batch)
        return requested

    def transfer_failed(self, takeover_userid: str) -> int:
        """A hint that names only the taker (docs/wecom.md 9): look at each of his open cases."""
        case_ids = list(self.cases.cases_taken_over_by(takeover_userid))
        if case_ids:
            self.queue.request_polls(case_ids)
        return len(case_ids)

    def poll(self, case_id: str, now: Callable[[], datetime]) -> PollResult:
        """Bring one case as far as WeCom's answers allow."""
        case = self.cases.case(case_id)
        if case is None:
            raise UnknownCaseError(case_id)
        if case.state is CaseState.CLOSED:
            return PollResult()
        if not case.state.is_planned:
            self.cases.save_case(replace(case, due_at=now() + self.settings.retry_interval))
            self.queue.request_plan(case_id)
            return PollResult(ageing=now() - case.opened_at > self.settings.account_ageing_after)
        return self._poll_chunks(case, now)

    def _poll_chunks(self, case: HandoverCase, now: Callable[[], datetime]) -> PollResult:
        chunks = list(self.cases.chunks(case.case_id))
        self.queue.request_transfers([chunk for chunk in chunks if is_due(chunk, now())])
        try:
            looked_at = [chunk for chunk in chunks if chunk.state is ChunkState.SUBMITTED]
            changed = self._look_at(case, looked_at, now)
        except TransferPostponedError as postponed:
            self.cases.save_case(replace(case, due_at=postponed.not_before))
            return PollResult()
        latest = [changed.get((chunk.kind, chunk.number), chunk) for chunk in chunks]
        updated = self._advance(case, latest, now())
        if updated.state is not case.state:
            self.journal.ended(updated)
        saved = self.cases.save_case(updated)
        return _result(case, saved, chunks, latest)

    def _look_at(
        self, case: HandoverCase, chunks: Sequence[Chunk], now: Callable[[], datetime]
    ) -> dict[tuple[ChunkKind, int], Chunk]:
        """Fetch the results once per taker and store the chunks that changed."""
        rules = EdgeRules(self.staff.manager_of(case.node_path, leaver=case.handover_userid), self.settings)
        results: dict[str, dict[str, TransferStatus]] = {}
        changed: dict[tuple[ChunkKind, int], Chunk] = {}
        for chunk in chunks:
            taker = chunk.takeover_userid
            if chunk.kind is ChunkKind.CUSTOMERS and taker not in results:
                results[taker] = known_results(self.transfers, case.handover_userid, taker)
            statuses = results.get(taker, {}) if chunk.kind is ChunkKind.CUSTOMERS else self._group_statuses(chunk)
            updated = self._settle(chunk, statuses, rules, now())
            if updated != chunk:
                self._tell_contacts(case, chunk, updated, now())
                changed[chunk.kind, chunk.number] = self.cases.save_chunk(updated)
        return changed

    def _settle(self, chunk: Chunk, statuses: Mapping[str, TransferStatus], rules: EdgeRules, at: datetime) -> Chunk:
        """Apply the results; what WeCom leaves undecided for too long becomes somebody's task."""
        overdue = chunk.submitted_at is not None and at - chunk.submitted_at > self.settings.undecided_after
        edges: dict[str, Edge] = {}
        for edge in chunk.in_state(EdgeState.WAITING):
            decided = rules.after_poll(edge, statuses.get(edge.target_id, TransferStatus.NO_RECORD), at)
            if overdue and not decided.state.is_settled:
                decided = rules.manual(edge, EdgeCause.UNDECIDED, at)
            edges[edge.target_id] = decided
        return chunk.with_edges(edges)

    def _group_statuses(self, chunk: Chunk) -> dict[str, TransferStatus]:
        return {
            edge.target_id: TransferStatus.DONE
            for edge in chunk.in_state(EdgeState.WAITING)
            if known_owner(self.transfers, edge.target_id) == chunk.takeover_userid
        }

    def _tell_contacts(self, case: HandoverCase, before: Chunk, after: Chunk, at: datetime) -> None:
        """Before the chunk is saved: a crash in between repeats the message, which is harmless; never loses it."""
        known = {edge.target_id for edge in before.in_state(EdgeState.DONE)}
        done = [edge.target_id for edge in after.in_state(EdgeState.DONE) if edge.target_id not in known]
        if done and after.kind is ChunkKind.CUSTOMERS:
            self.contacts.customers_taken_over(case, after.takeover_userid, done, at)
        elif done:
            self.contacts.groups_taken_over(case, done, at)

    def _advance(self, case: HandoverCase, chunks: Sequence[Chunk], now: datetime) -> HandoverCase:
        counted = replace(
            case,
            customer_totals=totals(chunks, ChunkKind.CUSTOMERS),
            group_totals=totals(chunks, ChunkKind.GROUPS),
            polls=case.polls + 1,
        )
        if not all(chunk.state is ChunkState.SETTLED for chunk in chunks):
            return replace(counted, due_at=self._next_look(chunks, counted.polls, now))
        if any(chunk.in_state(EdgeState.MANUAL) for chunk in chunks):
            return replace(counted, state=CaseState.ATTENTION, due_at=now + self.settings.attention_interval)
        return replace(counted, state=CaseState.CLOSED, closed_at=now, due_at=None)

    def _next_look(self, chunks: Sequence[Chunk], polls: int, now: datetime) -> datetime:
        """Chunks that still want a call bring the next look forward, waiting ones follow the poll schedule."""
        wanted = [
            chunk.not_before or now + self.settings.retry_interval
            for chunk in chunks
            if chunk.state in {ChunkState.PLANNED, ChunkState.INTENDED}
        ]
        if any(chunk.state is ChunkState.SUBMITTED for chunk in chunks):
            wanted.append(now + self.settings.poll_after(polls))
        return max(min(wanted), now + self.settings.retry_interval)


def _result(before: HandoverCase, after: HandoverCase, chunks: Sequence[Chunk], latest: Sequence[Chunk]) -> PollResult:
    def count(state: EdgeState, of: Sequence[Chunk]) -> int:
        return sum(len(chunk.in_state(state)) for chunk in of)

    return PollResult(
        settled=count(EdgeState.DONE, latest) - count(EdgeState.DONE, chunks),
        needs_attention=count(EdgeState.MANUAL, latest) - count(EdgeState.MANUAL, chunks),
        closed=after.state is CaseState.CLOSED,
        ageing=before.state is CaseState.ATTENTION and after.state is CaseState.ATTENTION,
    )
