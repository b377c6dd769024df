"""Decide who takes over what, and cut it into calls (S61)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import batched

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
from scrm.handover.ports import (
    CaseRepository,
    CustomerBook,
    HandoverQueue,
    Journal,
    StaffDirectory,
    StaffMember,
    Transfers,
)
from scrm.handover.settings import HandoverSettings


@dataclass(frozen=True, slots=True)
class Succession:
    """Who takes over, and why him; an empty userid means nobody can."""

    userid: str
    reason: str


@dataclass(frozen=True, slots=True)
class SuccessionPolicy:
    """The successor HR named if WeCom would accept him, else the least loaded colleague of the branch."""

    cases: CaseRepository
    staff: StaffDirectory
    customers: CustomerBook

    def choose(self, case: HandoverCase) -> Succession:
        named = case.requested_successor
        if named and self._may_take(self.staff.staff_member(named), case):
            return Succession(named, "named_by_hr")
        candidates = [member for member in self.staff.colleagues(case.node_path) if self._may_take(member, case)]
        if not candidates:
            return Succession("", "nobody_in_branch")
        load, userid = min((self.customers.load_of(member.userid), member.userid) for member in candidates)
        prefix = "named_successor_unusable_" if named else ""
        return Succession(userid, f"{prefix}least_loaded_of_branch_{load}")

    def _may_take(self, member: StaffMember | None, case: HandoverCase) -> bool:
        """Never the leaver himself, never someone without the right, never someone who leaves too."""
        if member is None or not member.can_take_over or member.userid == case.handover_userid:
            return False
        latest = self.cases.latest_case_of(member.userid)
        return latest is None or latest[0].state is CaseState.CLOSED or _came_back(member, latest[0])


def _came_back(member: StaffMember, case: HandoverCase) -> bool:
    return member.rejoined_at is not None and case.closed_at is not None and member.rejoined_at > case.closed_at


@dataclass(frozen=True, slots=True)
class HandoverPlanning:
    """Use case: plan a case once the leaver's account is gone, then ask for the calls.

    Killed anywhere, it continues: chunks already stored are kept and only customers in none of them are added.
    """

    cases: CaseRepository
    staff: StaffDirectory
    customers: CustomerBook
    transfers: Transfers
    queue: HandoverQueue
    journal: Journal
    settings: HandoverSettings

    def plan(self, case_id: str, now: datetime) -> HandoverCase:
        """Bring the case to ``transferring``, or leave it waiting while the account lives."""
        case = self.cases.case(case_id)
        if case is None:
            raise UnknownCaseError(case_id)
        if case.state.is_planned:
            self._request_open(case, now)
            return case
        try:
            account_exists = self.transfers.account_exists(case.handover_userid)
        except TransferPostponedError as postponed:
            return self.cases.save_case(replace(case, due_at=postponed.not_before))
        if account_exists:
            waiting = replace(
                case, state=CaseState.WAITING_FOR_ACCOUNT, due_at=now + self.settings.account_check_interval
            )
            return self.cases.save_case(waiting)
        return self._plan_chunks(case, now)

    def _plan_chunks(self, case: HandoverCase, now: datetime) -> HandoverCase:
        succession = SuccessionPolicy(self.cases, self.staff, self.customers).choose(case)
        chunks = list(self.cases.chunks(case.case_id))
        for chunk in self._missing_chunks(case, succession.userid, chunks, now):
            self.cases.add_chunk(chunk)
            chunks.append(chunk)
        successors = tuple(sorted({chunk.takeover_userid for chunk in chunks if chunk.takeover_userid}))
        for userid in successors:
            self.cases.remember_takeover(userid, case.case_id)
        planned = replace(
            case,
            state=CaseState.TRANSFERRING,
            planned_at=now,
            due_at=now + self.settings.retry_interval,
            successors=successors,
            successor_reason=succession.reason,
            customer_totals=totals(chunks, ChunkKind.CUSTOMERS),
            group_totals=totals(chunks, ChunkKind.GROUPS),
        )
        self.journal.planned(planned)
        saved = self.cases.save_case(planned)
        self._request_open(saved, now, chunks)
        return saved

    def _request_open(self, case: HandoverCase, now: datetime, chunks: Sequence[Chunk] | None = None) -> None:
        known = self.cases.chunks(case.case_id) if chunks is None else iter(chunks)
        self.queue.request_transfers([chunk for chunk in known if is_due(chunk, now)])

    def _missing_chunks(
        self, case: HandoverCase, successor: str, existing: Sequence[Chunk], now: datetime
    ) -> Iterator[Chunk]:
        covered = {edge.target_id for chunk in existing for edge in chunk.edges}
        owner = self.staff.manager_of(case.node_path, leaver=case.handover_userid)
        yield from _cut(
            case,
            ChunkKind.CUSTOMERS,
            successor,
            (
                self._edge(customer.external_userid, customer.ineligible_cause, successor, owner, now)
                for customer in self.customers.customers_of(case.handover_userid)
                if customer.external_userid not in covered
            ),
            self.settings,
            existing,
        )
        groups = _cut(
            case,
            ChunkKind.GROUPS,
            successor,
            (
                self._edge(chat_id, "", successor, owner, now)
                for chat_id in self.customers.groups_of(case.handover_userid)
                if chat_id not in covered
            ),
            self.settings,
            existing,
        )
        for chunk in groups:
            days = chunk.number // self.settings.group_chunks_per_day
            yield replace(chunk, not_before=now + timedelta(days=days)) if days else chunk

    def _edge(self, target_id: str, ineligible_cause: str, successor: str, owner: str, now: datetime) -> Edge:
        if ineligible_cause:
            return Edge(target_id, EdgeState.INELIGIBLE, ineligible_cause, updated_at=now)
        if not successor:
            return Edge(
                target_id,
                EdgeState.MANUAL,
                EdgeCause.NO_SUCCESSOR,
                owner_userid=owner,
                due_at=self.settings.manual_due(now),
                updated_at=now,
            )
        return Edge(target_id, updated_at=now)


def _cut(
    case: HandoverCase,
    kind: ChunkKind,
    successor: str,
    edges: Iterator[Edge],
    settings: HandoverSettings,
    existing: Sequence[Chunk],
) -> Iterator[Chunk]:
    """Chunks of at most one call's ids, numbered after those there are; what needs no call stands apart."""
    number = max((chunk.number for chunk in existing if chunk.kind is kind), default=-1) + 1
    callable_edges: list[Edge] = []
    settled_edges: list[Edge] = []
    for edge in edges:
        (settled_edges if edge.state.is_settled else callable_edges).append(edge)
    for part in batched(callable_edges, settings.ids_per_call, strict=False):
        yield Chunk(case.case_id, kind, number, successor, part)
        number += 1
    for part in batched(settled_edges, settings.ids_per_call, strict=False):
        yield Chunk(case.case_id, kind, number, "", part, ChunkState.SETTLED)
        number += 1


def is_due(chunk: Chunk, now: datetime) -> bool:
    """Whether the chunk wants a call now: not yet made, or made with an unknown outcome."""
    return chunk.state in {ChunkState.PLANNED, ChunkState.INTENDED} and (
        chunk.not_before is None or chunk.not_before <= now
    )
