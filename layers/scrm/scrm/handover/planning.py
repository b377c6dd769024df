"""Decide who takes over what, and cut it into calls (S61)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from scrm.handover.approval import needs_approval, plan_checksum, wants_asking
from scrm.handover.edges import Chunk, ChunkKind, ChunkState, Edge, EdgeCause, EdgeState, TransferApi, is_due, totals
from scrm.handover.errors import TransferPostponedError, UnknownCaseError
from scrm.handover.model import CaseState, ChangeKind, HandoverCase
from scrm.handover.ports import (
    MOST_CHUNKS_ADDED,
    CaseRepository,
    CustomerBook,
    HandoverQueue,
    Journal,
    LeaversCustomer,
    StaffDirectory,
    Transfers,
)
from scrm.handover.regroup import api_for, next_number
from scrm.handover.replanning import Replanning
from scrm.handover.rules import EdgeRules, manager_of
from scrm.handover.settings import HandoverSettings, end_of
from scrm.handover.succession import Choice, Needs, SuccessorPool


@dataclass(frozen=True, slots=True)
class HandoverPlanning:
    """Use case: plan a case and release its calls when date and account allow.

    Killed anywhere, it continues: chunks already stored are kept and only customers in none of them are added. Chunks
    are stored together with the case that they were planned for, the last ones in one write with its new state: of two
    workers who plan at once one begins anew, and so does one whose case was decided about meanwhile.
    """

    cases: CaseRepository
    staff: StaffDirectory
    customers: CustomerBook
    transfers: Transfers
    queue: HandoverQueue
    journal: Journal
    settings: HandoverSettings

    def plan(self, case_id: str, now: datetime) -> HandoverCase:
        """Bring the case as far as it may go now; safe to repeat."""
        loaded = self.cases.load(case_id)
        if loaded is None:
            raise UnknownCaseError(case_id)
        case, chunks = loaded
        if not case.is_open or case.cancelled_at is not None:
            return case
        if case.state is CaseState.UNCONFIRMED and case.start_at is not None and now < case.start_at:
            return case
        try:
            case = self._with_account(case, now)
        except TransferPostponedError as postponed:
            return self.cases.save(replace(case, due_at=postponed.not_before))
        if case.plan_outdated:
            case, chunks = Replanning(self.cases).freed(case, chunks)
        drafting = Drafting(self.cases, self.staff, self.customers, self.settings)
        added = list(drafting.missing_chunks(case, chunks, now))
        if not added and case.state in {CaseState.TRANSFERRING, CaseState.ATTENTION}:
            self.queue.request_transfers([chunk for chunk in chunks if is_due(chunk, now)])
            return self.cases.save(case) if loaded[0].plan_outdated else case
        return self._released(case, chunks, added, now)

    def _with_account(self, case: HandoverCase, now: datetime) -> HandoverCase:
        """Whether WeCom still has the account; somebody whose last day is to come is not asked for."""
        if case.account_deleted or (case.last_day is not None and self.settings.fits_before(case.last_day, now)):
            return case
        if self.transfers.account_exists(case.handover_userid):
            return case
        return case.with_account_deleted(now)

    def _released(
        self, case: HandoverCase, stored: Sequence[Chunk], added: Sequence[Chunk], now: datetime
    ) -> HandoverCase:
        """The case in the state that its plan allows, stored with what was added; calls are asked for when it
        transfers.
        """
        chunks = [*stored, *added]
        planned = replace(
            case,
            planned_at=case.planned_at or now,
            successors=tuple(sorted({chunk.takeover_userid for chunk in chunks if chunk.takeover_userid})),
            customer_totals=totals(chunks, ChunkKind.CUSTOMERS),
            group_totals=totals(chunks, ChunkKind.GROUPS),
        )
        state, due_at = next_step(planned, chunks, self.settings, now)
        planned = replace(planned, state=state, due_at=due_at)
        if wants_asking(planned, plan_checksum(chunks) if state is CaseState.AWAITING_APPROVAL else ""):
            planned = replace(planned, due_at=now)  # the next look asks for the approval
        spread = self._groups_over_days(chunks, now) if state is CaseState.TRANSFERRING else []
        latest = {chunk.key: chunk for chunk in (*chunks, *spread)}
        new = [latest[chunk.key] for chunk in added]
        self.cases.save_chunks([latest[chunk.key] for chunk in stored if latest[chunk.key] is not chunk])
        case = self.cases.add_chunks(case, new[:-MOST_CHUNKS_ADDED])
        if case.planned_at is None:
            self.journal.planned(planned)
        saved = self.cases.save(replace(planned, version=case.version), added=new[-MOST_CHUNKS_ADDED:])
        if state is CaseState.TRANSFERRING:
            self.queue.request_transfers([chunk for chunk in latest.values() if is_due(chunk, now)])
        return saved

    def _groups_over_days(self, chunks: Sequence[Chunk], now: datetime) -> list[Chunk]:
        """A leaver's groups beyond one day's limit get a later day (docs/wecom.md 6.6)."""
        waiting = [
            chunk
            for chunk in chunks
            if chunk.kind is ChunkKind.GROUPS and chunk.state is ChunkState.PLANNED and chunk.not_before is None
        ]
        per_day = self.settings.group_chunks_per_day
        return [
            replace(chunk, not_before=now + timedelta(days=place // per_day))
            for place, chunk in enumerate(waiting)
            if place >= per_day
        ]


@dataclass(frozen=True, slots=True)
class Drafting:
    """Who takes over what of a case, cut into calls. Nothing is written: this is the preview as well."""

    cases: CaseRepository
    staff: StaffDirectory
    customers: CustomerBook
    settings: HandoverSettings

    def missing_chunks(self, case: HandoverCase, existing: Sequence[Chunk], now: datetime) -> Iterator[Chunk]:
        """Chunks for what is in none yet."""
        covered = {edge.target_id for chunk in existing for edge in chunk.edges}
        rules = EdgeRules(manager_of(self.staff, case), self.settings)
        pool = SuccessorPool(case, self.cases, self.staff, self.customers, self.settings)
        customers = (
            self._customer(case, customer, pool, rules, now)
            for customer in self.customers.customers_of(case.handover_userid)
            if customer.external_userid not in covered
        )
        yield from self._cut(case, ChunkKind.CUSTOMERS, customers, rules, existing, now)
        groups = (
            _planned(chat_id, "", Choice() if case.stays.groups_stay else pool.for_group(), now)
            for chat_id in self.customers.groups_of(case.handover_userid)
            if chat_id not in covered
        )
        yield from self._cut(case, ChunkKind.GROUPS, groups, rules, existing, now)

    def _customer(
        self, case: HandoverCase, customer: LeaversCustomer, pool: SuccessorPool, rules: EdgeRules, now: datetime
    ) -> tuple[str, Edge]:
        """Taker and edge of one customer; under a hold, or moved twice in 90 days, he waits for a person."""
        target_id = customer.external_userid
        if customer.ineligible_cause or case.stays.customers_stay:
            return _planned(target_id, customer.ineligible_cause, Choice(), now)
        if case.stays.keeps(customer.tier):
            return "", Edge(target_id).settled(EdgeState.KEPT, now, EdgeCause.STAYS_BY_POLICY)
        if customer.hold:
            return "", rules.manual(Edge(target_id), EdgeCause.ON_HOLD, now)
        since = now - self.settings.transfers_window
        moved = sum(moment > since for moment in customer.onjob_transfers)
        if api_for(case) is TransferApi.ON_JOB and moved >= self.settings.transfers_per_customer:
            return "", rules.manual(Edge(target_id), EdgeCause.QUOTA_USED, now)
        choice = pool.for_customer(followers=customer.followers, needs=Needs(customer.tier, customer.language))
        taker, edge = _planned(target_id, "", choice, now)
        tier = customer.tier if customer.tier in self.settings.tier_qualifications else ""
        return taker, replace(edge, tier=tier, language=customer.language)

    def _cut(
        self,
        case: HandoverCase,
        kind: ChunkKind,
        planned: Iterable[tuple[str, Edge]],
        rules: EdgeRules,
        existing: Sequence[Chunk],
        now: datetime,
    ) -> Iterator[Chunk]:
        """Chunks of at most one call's ids and one taker, numbered after those there are; settled edges stand apart."""
        number = next_number(existing, kind)
        stays = case.stays.customers_stay if kind is ChunkKind.CUSTOMERS else case.stays.groups_stay
        open_chunks: dict[str, list[Edge]] = {}
        for taker, edge in planned:
            part = open_chunks.setdefault(taker, [])
            if taker or edge.state.is_settled:
                part.append(edge)
            elif stays:
                part.append(edge.settled(EdgeState.KEPT, now, EdgeCause.STAYS_BY_POLICY))
            else:
                part.append(rules.manual(edge, EdgeCause.NO_SUCCESSOR, now))
            if len(part) == self.settings.ids_per_call:
                yield self._chunk(case, kind, number, taker, part)
                number += 1
                del open_chunks[taker]
        for taker, part in open_chunks.items():
            yield self._chunk(case, kind, number, taker, part)
            number += 1

    def _chunk(self, case: HandoverCase, kind: ChunkKind, number: int, taker: str, edges: Sequence[Edge]) -> Chunk:
        state = ChunkState.PLANNED if taker else ChunkState.SETTLED
        return Chunk(case.case_id, kind, number, case.handover_userid, taker, tuple(edges), state)


def next_step(
    case: HandoverCase, chunks: Sequence[Chunk], settings: HandoverSettings, now: datetime
) -> tuple[CaseState, datetime]:
    """The state that a plan brings a case into, and when to look at it again."""
    if needs_approval(case, chunks, settings):
        return CaseState.AWAITING_APPROVAL, now + settings.attention_interval
    if case.start_at is not None and case.start_at > now and not case.account_deleted:
        return CaseState.SCHEDULED, case.start_at
    if waits_for_account(case, settings, now):
        return CaseState.WAITING_FOR_ACCOUNT, now + settings.account_check_interval
    return CaseState.TRANSFERRING, now + settings.retry_interval


def waits_for_account(case: HandoverCase, settings: HandoverSettings, now: datetime) -> bool:
    """A leaver whose account lives: nothing may be started that outlives it (decision 0007)."""
    if case.account_deleted or case.change is not ChangeKind.DEPARTURE:
        return False
    return case.last_day is None or not settings.fits_before(case.last_day, now)


def waits_too_long(case: HandoverCase, settings: HandoverSettings, now: datetime) -> bool:
    """A leaver whose account should have been deleted by now."""
    if not waits_for_account(case, settings, now):
        return False
    since = end_of(case.last_day) if case.last_day else case.opened_at
    return now - max(since, case.opened_at) > settings.account_ageing_after


def _planned(target_id: str, ineligible_cause: str, choice: Choice, now: datetime) -> tuple[str, Edge]:
    if ineligible_cause:
        return "", Edge(target_id).settled(EdgeState.INELIGIBLE, now, ineligible_cause)
    return choice.userid, Edge(target_id, reason=choice.reason, updated_at=now)
