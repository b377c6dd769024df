"""Ask WeCom what really happened until every edge is settled (S62, S64)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from scrm.handover.approval import has_started, is_overdue, needs_approval
from scrm.handover.edges import (
    AttemptOutcome,
    Chunk,
    ChunkKind,
    EdgeCause,
    EdgeState,
    TransferApi,
    is_due,
    totals,
)
from scrm.handover.errors import TransferPostponedError, UnknownCaseError
from scrm.handover.follow_up import FollowedUp, FollowUp, Told
from scrm.handover.look import Look
from scrm.handover.model import CaseOutcome, CaseState, HandoverCase
from scrm.handover.owners import with_present_owners
from scrm.handover.planning import waits_for_account, waits_too_long
from scrm.handover.ports import (
    MOST_CHUNKS_TOGETHER,
    CaseRepository,
    ContactRecords,
    CustomerBook,
    HandoverQueue,
    Journal,
    StaffDirectory,
    Transfers,
)
from scrm.handover.regroup import Regrouped, Regrouping, api_for
from scrm.handover.rules import QUOTA_USED, TAKEOVER_FULL, EdgeRules, manager_of
from scrm.handover.settings import HandoverSettings
from scrm.handover.succession import SuccessorPool

if TYPE_CHECKING:
    from scrm.handover.certificate import Certification

_BATCH = 10
_UNPLANNED = frozenset(
    {
        CaseState.UNCONFIRMED,
        CaseState.PLANNING,
        CaseState.SCHEDULED,
        CaseState.WAITING_FOR_ACCOUNT,
    }
)
_TAKER_FAULTS = frozenset({EdgeCause.TAKEOVER_FULL, EdgeCause.TAKEOVER_UNUSABLE})


@dataclass(frozen=True, slots=True)
class PollResult:
    """What one look changed, for the metrics."""

    settled: int = 0
    needs_attention: int = 0
    fell_back: int = 0
    closed: bool = False
    ageing: bool = False
    approval_overdue: bool = False
    waits_for_account: bool = False
    told: Told = field(default_factory=Told)


@dataclass(frozen=True, slots=True)
class HandoverReconcile:
    """Use case of the schedule and of the transfer_fail hint. Running twice changes nothing."""

    cases: CaseRepository
    staff: StaffDirectory
    customers: CustomerBook
    transfers: Transfers
    queue: HandoverQueue
    contacts: ContactRecords
    journal: Journal
    certification: Callable[[], "Certification"]
    follow_up: FollowUp
    settings: HandoverSettings
    finished: Callable[[HandoverCase, Sequence[Chunk]], object] = lambda _case, _chunks: None

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
        """Bring one case as far as WeCom's answers allow. Raises StaleVersionError."""
        loaded = self.cases.load(case_id)
        if loaded is None:
            raise UnknownCaseError(case_id)
        case, chunks = loaded
        if not case.is_open:
            return PollResult()
        if _sleeps(case, chunks) and case.cancelled_at is None:
            return self._wake(case, chunks, now())
        try:
            return self._look(case, chunks, now)
        except TransferPostponedError as postponed:
            self.cases.save(replace(case, due_at=postponed.not_before))
            return PollResult()

    def _wake(self, case: HandoverCase, chunks: Sequence[Chunk], now: datetime) -> PollResult:
        """A case that waits for a day, a person or the account: the worker sees whether it may go on."""
        ageing = waits_too_long(case, self.settings, now)
        told, words = self.follow_up.escalate(case, chunks, manager_of(self.staff, case), now, waits=ageing)
        self.cases.save(replace(told, due_at=max(now, case.due_at or now) + self.settings.retry_interval))
        self.queue.request_plan(case.case_id)
        overdue = is_overdue(case, self.settings, now)
        return PollResult(waits_for_account=ageing, approval_overdue=overdue, told=words)

    def _look(self, case: HandoverCase, chunks: Sequence[Chunk], now: Callable[[], datetime]) -> PollResult:
        """Calls are asked for before the results are: their path may be free while that of the results is not."""
        self.queue.request_transfers([chunk for chunk in chunks if is_due(chunk, now())])
        case = self._with_account(case, chunks, now())
        rules = EdgeRules(manager_of(self.staff, case), self.settings)
        looked_at = Look(case, self.transfers, rules, self.settings, now).at(chunks)
        if case.state is CaseState.ATTENTION:
            looked_at = with_present_owners(looked_at, self.staff, rules, now())
        case = replace(case, unusable={**case.unusable, **_unusable(looked_at)})
        regrouped = self._regroup(case, looked_at, rules, now())
        replaced = {chunk.key: chunk for chunk in (*regrouped.changed, *regrouped.added)}
        latest = [replaced.pop(chunk.key, chunk) for chunk in looked_at] + list(replaced.values())
        self._tell_contacts(case, chunks, latest, now())
        ageing = waits_too_long(case, self.settings, now())
        followed = self.follow_up.look(case, latest, rules.manager, now(), waits=ageing)
        latest = followed.chunks
        ended = self._advance(followed, now())
        if ended.state is not case.state and ended.state in {CaseState.ATTENTION, CaseState.CLOSED}:
            self.journal.ended(ended)
            self._tell_used_quotas(ended, latest, now())
        if ended.is_open:
            self._store(ended, chunks, latest)
        else:
            self._close(case, ended, chunks, latest)
        self.queue.request_transfers(regrouped.added)
        self.queue.request_deliveries(followed.deliveries)
        result = _result(case, ended, chunks, latest, waits_too_long=ageing)
        return replace(result, approval_overdue=is_overdue(ended, self.settings, now()), told=followed.told)

    def _with_account(self, case: HandoverCase, chunks: Sequence[Chunk], now: datetime) -> HandoverCase:
        """Ask for the account while calls wait for its deletion: the callback that tells of it may be lost."""
        wants = any(chunk.in_state(EdgeState.PLANNED, EdgeState.FALLBACK) for chunk in chunks)
        if not wants or not waits_for_account(case, self.settings, now):
            return case
        if self.transfers.account_exists(case.handover_userid):
            return case
        self.queue.request_plan(case.case_id)  # for customers who came after the last plan
        return case.with_account_deleted(now)

    def _regroup(self, case: HandoverCase, chunks: Sequence[Chunk], rules: EdgeRules, now: datetime) -> Regrouped:
        if case.cancelled_at is not None or not any(chunk.in_state(EdgeState.FALLBACK) for chunk in chunks):
            return Regrouped()
        pool = SuccessorPool(case, self.cases, self.staff, self.customers, self.settings)
        return Regrouping(pool, rules, self.settings).regroup(chunks, api_for(case), now)

    def _close(self, case: HandoverCase, ended: HandoverCase, before: Sequence[Chunk], latest: Sequence[Chunk]) -> None:
        """Facts, proof, end: the certificate is of what is stored, so whoever was killed writes the same one again.

        Until then the case is open and due, and counts as many looks as before: a repeat is the same look.
        """
        facts = self._store(replace(ended, state=case.state, polls=case.polls, due_at=ended.closed_at), before, latest)
        certified = self.certification().issue(facts, latest)
        self.finished(certified, latest)
        self.cases.close(replace(certified, state=CaseState.CLOSED, polls=ended.polls, due_at=None))

    def _store(self, case: HandoverCase, before: Sequence[Chunk], latest: Sequence[Chunk]) -> HandoverCase:
        """Chunks that only learnt something may be stored apart; those between which edges move go with the case."""
        known = {chunk.key: chunk for chunk in before}
        added = [chunk for chunk in latest if chunk.key not in known]
        changed = [chunk for chunk in latest if chunk.key in known and chunk != known[chunk.key]]
        if len(changed) + len(added) > MOST_CHUNKS_TOGETHER:
            moved = [chunk for chunk in changed if len(chunk.edges) < len(known[chunk.key].edges)]
            self.cases.save_chunks([chunk for chunk in changed if chunk not in moved])
            changed = moved
        return self.cases.save(case, changed, added)

    def _tell_contacts(
        self, case: HandoverCase, before: Sequence[Chunk], latest: Sequence[Chunk], at: datetime
    ) -> None:
        """Before the chunks are saved: a crash in between repeats the message, which is harmless; never loses it."""
        known = {(chunk.kind, edge.target_id) for chunk in before for edge in chunk.in_state(EdgeState.DONE)}
        for chunk in latest:
            done = [e.target_id for e in chunk.in_state(EdgeState.DONE) if (chunk.kind, e.target_id) not in known]
            if done and chunk.kind is ChunkKind.CUSTOMERS:
                self.contacts.customers_taken_over(case, chunk.takeover_userid, done, _api_of(chunk), at)
            elif done:
                self.contacts.groups_taken_over(case, done, at)
        if self.settings.refusals_use_quota:
            refused = _newly_refused(before, latest)
            if refused:
                self.contacts.quota_counted(case, refused, at, full=False)

    def _tell_used_quotas(self, case: HandoverCase, chunks: Sequence[Chunk], at: datetime) -> None:
        """WeCom's 40128 tells of transfers that we did not make: other cases need not ask again."""
        edges = (edge for chunk in chunks if chunk.kind is ChunkKind.CUSTOMERS for edge in chunk.edges)
        used = [edge.target_id for edge in edges if edge.errcode == QUOTA_USED]
        if used:
            self.contacts.quota_counted(case, used, at, full=True)

    def _advance(self, followed: FollowedUp, now: datetime) -> HandoverCase:
        case, chunks = followed.case, followed.chunks
        counted = replace(
            case,
            successors=tuple(sorted({chunk.takeover_userid for chunk in chunks if chunk.takeover_userid})),
            customer_totals=totals(chunks, ChunkKind.CUSTOMERS),
            group_totals=totals(chunks, ChunkKind.GROUPS),
            polls=case.polls + 1,
            closed_at=None,
            outcome=CaseOutcome.CLOSED_BY_PERSON if case.outcome is CaseOutcome.CLOSED_BY_PERSON else None,
        )
        if any(not edge.state.is_settled for chunk in chunks for edge in chunk.edges):
            held = needs_approval(case, chunks, self.settings)
            state = CaseState.AWAITING_APPROVAL if held else CaseState.TRANSFERRING
            due_at = followed.sooner(self._next_look(case, chunks, now, held=held))
            return replace(counted, state=state, due_at=due_at)
        if any(chunk.in_state(EdgeState.MANUAL) for chunk in chunks):
            due_at = followed.sooner(now + self.settings.attention_interval)
            return replace(counted, state=CaseState.ATTENTION, due_at=due_at)
        if followed.holds_end:
            due_at = followed.sooner(now + self.settings.attention_interval)
            return replace(counted, state=CaseState.TRANSFERRING, due_at=due_at)
        outcome = counted.outcome or (CaseOutcome.CANCELLED if case.cancelled_at else CaseOutcome.COMPLETED)
        return replace(counted, state=CaseState.CLOSED, outcome=outcome, closed_at=case.closed_at or now, due_at=None)

    def _next_look(self, case: HandoverCase, chunks: Sequence[Chunk], now: datetime, *, held: bool) -> datetime:
        """Chunks that still want a call bring the next look forward, waiting ones follow the poll times.

        ``held``: a person or the account has to be waited for before more calls are made.
        """
        soon = now + self.settings.retry_interval
        held = held or waits_for_account(case, self.settings, now)
        wanted: list[datetime] = []
        for chunk in chunks:
            if chunk.in_state(EdgeState.FALLBACK):
                wanted.append(soon)
            elif chunk.in_state(EdgeState.PLANNED):
                wanted.append(now + self.settings.account_check_interval if held else chunk.not_before or soon)
            if chunk.in_state(EdgeState.WAITING) and chunk.submitted_at is not None:
                wanted.append(self.settings.poll_after(chunk.submitted_at, now))
        return max(min(wanted, default=soon), soon)


def _sleeps(case: HandoverCase, chunks: Sequence[Chunk]) -> bool:
    """Nothing of it is at WeCom yet, so there is nothing to look at."""
    return case.state in _UNPLANNED or (case.state is CaseState.AWAITING_APPROVAL and not has_started(chunks))


def _api_of(chunk: Chunk) -> TransferApi:
    return chunk.api or TransferApi.RESIGNED


def _newly_refused(before: Sequence[Chunk], latest: Sequence[Chunk]) -> list[str]:
    """Customers whose on-job transfer this look saw refused; their edges may be in another chunk by now."""

    def refusals(chunks: Sequence[Chunk]) -> set[tuple[str, datetime]]:
        return {
            (edge.target_id, attempt.called_at)
            for chunk in chunks
            if chunk.kind is ChunkKind.CUSTOMERS
            for edge in chunk.edges
            for attempt in edge.attempts
            if attempt.api is TransferApi.ON_JOB and attempt.outcome is AttemptOutcome.REFUSED
        }

    return sorted({customer for customer, _ in refusals(latest) - refusals(before)})


def _unusable(chunks: Sequence[Chunk]) -> dict[str, int]:
    """Takers that WeCom refused: nobody else of this case is offered to them."""
    return {
        edge.attempts[-1].takeover_userid: edge.errcode or TAKEOVER_FULL
        for chunk in chunks
        for edge in chunk.in_state(EdgeState.FALLBACK)
        if edge.cause in _TAKER_FAULTS and edge.attempts
    }


def _result(
    before: HandoverCase,
    after: HandoverCase,
    chunks: Sequence[Chunk],
    latest: Sequence[Chunk],
    *,
    waits_too_long: bool,
) -> PollResult:
    def count(state: EdgeState, of: Sequence[Chunk]) -> int:
        return sum(len(chunk.in_state(state)) for chunk in of)

    still = before.state is CaseState.ATTENTION and after.state is CaseState.ATTENTION
    return PollResult(
        settled=max(0, count(EdgeState.DONE, latest) - count(EdgeState.DONE, chunks)),
        needs_attention=max(0, count(EdgeState.MANUAL, latest) - count(EdgeState.MANUAL, chunks)),
        fell_back=count(EdgeState.PLANNED, [chunk for chunk in latest if chunk.version == 0 and chunk not in chunks]),
        closed=not after.is_open,
        ageing=still,
        waits_for_account=waits_too_long,
    )
