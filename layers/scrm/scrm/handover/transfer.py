"""Make one chunk's call: store the intent, call once, store the answer (invariant 8)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from scrm.handover.errors import (
    AccountStillActiveError,
    OutcomeUnknownError,
    TransferPostponedError,
    TransferRefusedError,
    UnknownCaseError,
)
from scrm.handover.model import CaseState, Chunk, ChunkKind, ChunkState, Edge, EdgeCause, EdgeState, HandoverCase
from scrm.handover.ports import CaseRepository, StaffDirectory, Transfers, TransferStatus
from scrm.handover.settings import HandoverSettings

STARTED = 0
ALREADY_RUNNING = frozenset({40100, 40129, 90507})
ALREADY_OVER = frozenset({90504, 90508})
TAKEOVER_FULL = 40099
QUOTA_USED = 40128


class TransferOutcome(StrEnum):
    SUBMITTED = "submitted"
    POSTPONED = "postponed"
    NOTHING_TO_DO = "nothing_to_do"
    ACCOUNT_STILL_ACTIVE = "account_still_active"

    @property
    def metric(self) -> str:
        """``TransferSubmitted`` and so on."""
        return f"Transfer{self.value.title().replace('_', '')}"


@dataclass(frozen=True, slots=True)
class EdgeRules:
    """How WeCom's answers become edges; a manual edge always gets an owner and a due date."""

    owner_userid: str
    settings: HandoverSettings

    def after_call(self, edge: Edge, errcode: int, kind: ChunkKind, now: datetime) -> Edge:
        """Apply one id's errcode of a transfer call. 0 means started, never done (docs/wecom.md 6.2)."""
        if errcode == STARTED or errcode in ALREADY_RUNNING:
            return replace(edge, state=EdgeState.WAITING, errcode=errcode, updated_at=now)
        if kind is ChunkKind.GROUPS and errcode in ALREADY_OVER:
            return replace(edge, state=EdgeState.WAITING, errcode=errcode, updated_at=now)
        causes = {TAKEOVER_FULL: EdgeCause.TAKEOVER_FULL, QUOTA_USED: EdgeCause.QUOTA_USED}
        return self.manual(edge, causes.get(errcode, EdgeCause.REJECTED_BY_WECOM), now, errcode)

    def after_poll(self, edge: Edge, status: TransferStatus, now: datetime) -> Edge:
        """Apply one row of the transfer results."""
        if status is TransferStatus.DONE:
            return replace(edge, state=EdgeState.DONE, cause="", errcode=0, updated_at=now)
        if status is TransferStatus.REFUSED:
            return self.manual(edge, EdgeCause.CUSTOMER_REFUSED, now)
        if status is TransferStatus.TAKEOVER_LIMIT:
            return self.manual(edge, EdgeCause.TAKEOVER_FULL, now)
        return edge

    def manual(self, edge: Edge, cause: EdgeCause, now: datetime, errcode: int = 0) -> Edge:
        return replace(
            edge,
            state=EdgeState.MANUAL,
            cause=cause,
            errcode=errcode,
            owner_userid=self.owner_userid,
            due_at=self.settings.manual_due(now),
            updated_at=now,
        )


@dataclass(frozen=True, slots=True)
class ChunkTransfer:
    """Use case: submit one chunk. Safe to repeat at any point of an earlier run."""

    cases: CaseRepository
    staff: StaffDirectory
    transfers: Transfers
    settings: HandoverSettings

    def submit(self, case_id: str, kind: ChunkKind, number: int, now: Callable[[], datetime]) -> TransferOutcome:
        """Make the chunk's call if it still wants one."""
        case, chunk = self.cases.case(case_id), self.cases.chunk(case_id, kind, number)
        if case is None or chunk is None:
            raise UnknownCaseError(case_id)
        if chunk.state not in {ChunkState.PLANNED, ChunkState.INTENDED}:
            return TransferOutcome.NOTHING_TO_DO
        if chunk.not_before is not None and chunk.not_before > now():
            return TransferOutcome.POSTPONED
        try:
            return self._submit(case, chunk, now)
        except TransferPostponedError as postponed:
            self._postpone(chunk, postponed.not_before)
            return TransferOutcome.POSTPONED
        except OutcomeUnknownError:
            self._postpone(chunk, now() + self.settings.retry_interval)
            return TransferOutcome.POSTPONED
        except AccountStillActiveError:
            self._wait_for_account(case, chunk, now())
            return TransferOutcome.ACCOUNT_STILL_ACTIVE

    def _submit(self, case: HandoverCase, chunk: Chunk, now: Callable[[], datetime]) -> TransferOutcome:
        rules = EdgeRules(self.staff.manager_of(case.node_path, leaver=case.handover_userid), self.settings)
        if chunk.state is ChunkState.INTENDED:
            chunk = self._look_up(case, chunk, now())
        open_ids = [edge.target_id for edge in chunk.in_state(EdgeState.PLANNED)]
        if open_ids:
            chunk = self.cases.save_chunk(
                replace(chunk, state=ChunkState.INTENDED, intended_at=now(), attempt=chunk.attempt + 1)
            )
            chunk = self._with_answer(chunk, self._call(case, chunk, open_ids), rules, now())
        submitted = replace(chunk, state=ChunkState.SUBMITTED, submitted_at=now(), not_before=None).with_edges({})
        self.cases.save_chunk(submitted)
        return TransferOutcome.SUBMITTED

    def _call(self, case: HandoverCase, chunk: Chunk, target_ids: list[str]) -> Mapping[str, int]:
        """Errcode per id; a refusal of the whole call counts for every id."""
        try:
            if chunk.kind is ChunkKind.GROUPS:
                failed = self.transfers.transfer_groups(target_ids, chunk.takeover_userid)
                return {target_id: failed.get(target_id, STARTED) for target_id in target_ids}
            return self.transfers.transfer_customers(case.handover_userid, chunk.takeover_userid, target_ids)
        except TransferRefusedError as refused:
            return dict.fromkeys(target_ids, refused.errcode)

    def _with_answer(self, chunk: Chunk, answer: Mapping[str, int], rules: EdgeRules, at: datetime) -> Chunk:
        """An id the answer leaves out is taken as started; the poll tells the truth."""
        return chunk.with_edges(
            {
                edge.target_id: rules.after_call(edge, answer.get(edge.target_id, STARTED), chunk.kind, at)
                for edge in chunk.in_state(EdgeState.PLANNED)
            }
        )

    def _look_up(self, case: HandoverCase, chunk: Chunk, at: datetime) -> Chunk:
        """What became of the interrupted call: edges WeCom knows of wait, the others stay planned and are called.

        The list may lag behind the call (docs/wecom.md 6.3); a repeat is then answered 40100 or 40129,
        which says the transfer runs. How a known transfer ends is read by the poll alone.
        """
        known = self._known_to_wecom(case, chunk)
        return chunk.with_edges(
            {
                edge.target_id: replace(edge, state=EdgeState.WAITING, updated_at=at)
                for edge in chunk.in_state(EdgeState.PLANNED)
                if edge.target_id in known
            }
        )

    def _known_to_wecom(self, case: HandoverCase, chunk: Chunk) -> frozenset[str]:
        taker = chunk.takeover_userid
        if chunk.kind is ChunkKind.GROUPS:
            planned = (edge.target_id for edge in chunk.in_state(EdgeState.PLANNED))
            return frozenset(chat_id for chat_id in planned if known_owner(self.transfers, chat_id) == taker)
        results = known_results(self.transfers, case.handover_userid, taker)
        return frozenset(customer for customer, status in results.items() if status is not TransferStatus.NO_RECORD)

    def _postpone(self, chunk: Chunk, until: datetime) -> None:
        """Nothing is slept and nothing is re-queued: the schedule brings the chunk back when its time comes."""
        latest = self.cases.chunk(chunk.case_id, chunk.kind, chunk.number)
        if latest is not None and latest.state in {ChunkState.PLANNED, ChunkState.INTENDED}:
            self.cases.save_chunk(replace(latest, not_before=until))

    def _wait_for_account(self, case: HandoverCase, chunk: Chunk, now: datetime) -> None:
        """WeCom says the member has not left: nothing was started, the case waits and ages."""
        latest = self.cases.chunk(chunk.case_id, chunk.kind, chunk.number)
        if latest is not None:
            self.cases.save_chunk(replace(latest, state=ChunkState.PLANNED))
        waiting = replace(case, state=CaseState.WAITING_FOR_ACCOUNT, due_at=now + self.settings.account_check_interval)
        self.cases.save_case(waiting)


def known_results(transfers: Transfers, handover_userid: str, takeover_userid: str) -> dict[str, TransferStatus]:
    """The transfers between the two that WeCom tells of.

    Refused for good (the taker has left as well, for example) means none: nothing more will be told, and what waits
    becomes somebody's task when its time is over.
    """
    try:
        return dict(transfers.customer_results(handover_userid, takeover_userid))
    except TransferRefusedError:
        return {}


def known_owner(transfers: Transfers, chat_id: str) -> str:
    """The group's owner, empty when WeCom does not tell."""
    try:
        return transfers.group_owner(chat_id)
    except TransferRefusedError:
        return ""
