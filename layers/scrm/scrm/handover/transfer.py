"""Make the calls of a few chunks: store the intents, call once each, store the answers (invariant 8)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from scrm.handover.calls import ChunkCalls, TransferOutcome
from scrm.handover.edges import Chunk, ChunkKind, ChunkState, is_due
from scrm.handover.errors import UnknownCaseError
from scrm.handover.model import CaseState, HandoverCase
from scrm.handover.packages import PackageCollection
from scrm.handover.planning import waits_for_account
from scrm.handover.ports import CaseRepository, StaffDirectory, Transfers
from scrm.handover.rules import EdgeRules, manager_of
from scrm.handover.settings import HandoverSettings

_MAY_CALL = frozenset({CaseState.TRANSFERRING, CaseState.ATTENTION})


@dataclass(frozen=True, slots=True)
class ChunkTransfer:
    """Use case: submit some chunks of one case. Safe to repeat at any point of an earlier run.

    The intents of all of them are one write and so are the answers; of a run that died in between each chunk is looked
    up before it is called. What follows the customers is collected and stored before the intents are.
    """

    cases: CaseRepository
    staff: StaffDirectory
    transfers: Transfers
    packages: PackageCollection
    settings: HandoverSettings

    def submit(
        self, case_id: str, kind: ChunkKind, numbers: Sequence[int], now: Callable[[], datetime]
    ) -> list[TransferOutcome]:
        """Make the calls that the chunks still want; what became of each. Raises StaleVersionError."""
        loaded = self.cases.load_some(case_id, kind, numbers)
        if loaded is None:
            raise UnknownCaseError(case_id)
        case, chunks = loaded
        due = [chunk for chunk in chunks if is_due(chunk, now()) and _may_touch(case, chunk)]
        if not due:
            return [TransferOutcome.NOTHING_TO_DO]
        if waits_for_account(case, self.settings, now()) and case.cancelled_at is None:
            return [TransferOutcome.ACCOUNT_STILL_ACTIVE]
        rules = EdgeRules(manager_of(self.staff, case), self.settings)
        calls = ChunkCalls(case, self.transfers, rules, self.settings, now)
        packed = self.packages.collected(case, due)
        stored = self.cases.save_chunks([calls.prepared(chunk) for chunk in packed])
        ready = [chunk for chunk in stored if chunk.state is ChunkState.INTENDED and chunk.not_before is None]
        self.cases.save_chunks([calls.made(chunk, len(ready) - place) for place, chunk in enumerate(ready, 1)])
        self._note_account(case, calls.outcomes, now())
        return calls.outcomes or [TransferOutcome.NOTHING_TO_DO]

    def _note_account(self, case: HandoverCase, outcomes: Sequence[TransferOutcome], now: datetime) -> None:
        """WeCom told by its refusal in which state the account is: the case goes on with the other API."""
        if TransferOutcome.ACCOUNT_DELETED in outcomes:
            self.cases.save(replace(case.with_account_deleted(now), due_at=now))
        elif TransferOutcome.ACCOUNT_STILL_ACTIVE in outcomes:
            waiting = CaseState.WAITING_FOR_ACCOUNT
            due_at = now + self.settings.account_check_interval
            self.cases.save(replace(case, account_deleted_at=None, state=waiting, due_at=due_at))


def _may_touch(case: HandoverCase, chunk: Chunk) -> bool:
    """While the plan waits for approval an interrupted call is looked up, and none is made."""
    if case.state is CaseState.AWAITING_APPROVAL:
        return chunk.state is ChunkState.INTENDED
    return case.state in _MAY_CALL
