"""How WeCom's answers become edges; a manual edge always gets an owner and a due date."""

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from scrm.handover.edges import Attempt, AttemptOutcome, ChunkKind, Edge, EdgeCause, EdgeState, TransferApi
from scrm.handover.model import ChangeKind, HandoverCase
from scrm.handover.ports import StaffDirectory, TransferStatus
from scrm.handover.settings import HandoverSettings

STARTED = 0
ALREADY_RUNNING = frozenset({40100, 40129, 90507})
GROUP_IS_THERE = frozenset({90504, 90508})
TAKEOVER_FULL = 40099
QUOTA_USED = 40128
NO_RELATION = 84061
NOT_FOLLOWING = frozenset({40131, 90501, 90509})
# The fault is the taker's: another one may do (docs/wecom.md 1.5).
TAKEOVER_UNUSABLE = frozenset({40098, 40132, 84083})

_TOLD_OF_THE_PAIR = frozenset({AttemptOutcome.DONE, AttemptOutcome.REFUSED, AttemptOutcome.TAKEOVER_FULL})

# What a person was given because WeCom would not move it on the job; the resigned API has no such limits.
_OPEN_TO_THE_RESIGNED_API = frozenset(
    {
        EdgeCause.QUOTA_USED,
        EdgeCause.TAKEOVER_FULL,
        EdgeCause.UNDECIDED,
        EdgeCause.ACCOUNT_DELETED,
        EdgeCause.NO_SUCCESSOR,
    }
)


@dataclass(frozen=True, slots=True)
class EdgeRules:
    """``manager`` says who answers for edges that become manual (`manager_of`)."""

    manager: Callable[[], str]
    settings: HandoverSettings

    def after_call(self, edge: Edge, attempt: Attempt, kind: ChunkKind) -> Edge:
        """Apply one id's errcode of a transfer call. 0 means started, never done (docs/wecom.md 6.2)."""
        errcode, at = attempt.errcode, attempt.called_at
        if errcode == STARTED or errcode in ALREADY_RUNNING or (kind is ChunkKind.GROUPS and errcode in GROUP_IS_THERE):
            return edge.started(attempt)
        full = errcode == TAKEOVER_FULL
        rejected = edge.started(attempt).ended(AttemptOutcome.TAKEOVER_FULL if full else AttemptOutcome.REJECTED, at)
        if full:
            return rejected.fall_back(EdgeCause.TAKEOVER_FULL, at, errcode)
        if errcode in TAKEOVER_UNUSABLE:
            return rejected.fall_back(EdgeCause.TAKEOVER_UNUSABLE, at, errcode)
        if errcode == NO_RELATION:
            return rejected.settled(EdgeState.INELIGIBLE, at, EdgeCause.HALF_ADDED, errcode)
        if errcode in NOT_FOLLOWING:
            return self._not_following(rejected, at, errcode)
        cause = EdgeCause.QUOTA_USED if errcode == QUOTA_USED else EdgeCause.REJECTED_BY_WECOM
        return self.manual(rejected, cause, at, errcode)

    def after_poll(self, edge: Edge, status: TransferStatus, at: datetime) -> Edge:
        """Apply one row of the transfer results."""
        match status:
            case TransferStatus.DONE:
                return edge.ended(AttemptOutcome.DONE, at).settled(EdgeState.DONE, at)
            case TransferStatus.REFUSED:
                return edge.ended(AttemptOutcome.REFUSED, at).fall_back(EdgeCause.CUSTOMER_REFUSED, at)
            case TransferStatus.TAKEOVER_LIMIT:
                return edge.ended(AttemptOutcome.TAKEOVER_FULL, at).fall_back(EdgeCause.TAKEOVER_FULL, at)
        return edge

    def undecided(self, edge: Edge, at: datetime) -> Edge:
        """WeCom gave no answer in time."""
        return self.manual(edge.ended(AttemptOutcome.UNDECIDED, at), EdgeCause.UNDECIDED, at)

    def unknown(self, edge: Edge, case: HandoverCase, at: datetime) -> Edge:
        """WeCom has no record of a transfer that waits: it went with the account, or was another one of his.

        A customer of two members who both hand over is in one transfer at a time (40100, 40129); once that must have
        ended he is offered again.
        """
        last = edge.attempts[-1]
        if case.account_deleted and last.api is TransferApi.ON_JOB:
            return self.account_deleted(edge, at)
        if last.errcode in ALREADY_RUNNING and at - last.called_at >= self.settings.transfer_wait:
            return edge.ended(AttemptOutcome.VOID, at).fall_back(EdgeCause.IN_ANOTHER_TRANSFER, at)
        return edge

    def account_deleted(self, edge: Edge, at: datetime) -> Edge:
        """The account went while the transfer waited, and WeCom no longer knows of it: the other API takes over."""
        return edge.ended(AttemptOutcome.VOID, at).fall_back(EdgeCause.ACCOUNT_DELETED, at)

    def manual(self, edge: Edge, cause: str, at: datetime, errcode: int = 0) -> Edge:
        return edge.manual(cause, self.manager(), self.settings.manual_due(at), at, errcode)

    def _not_following(self, edge: Edge, at: datetime, errcode: int) -> Edge:
        """Nothing to move. After a refusal of the resigned API that means a lost customer: somebody calls him."""
        if any(attempt.outcome is AttemptOutcome.REFUSED for attempt in edge.attempts):
            return self.manual(edge, EdgeCause.CUSTOMER_REFUSED, at, errcode)
        return edge.settled(EdgeState.INELIGIBLE, at, EdgeCause.NOT_FOLLOWING, errcode)


def manager_of(staff: StaffDirectory, case: HandoverCase) -> Callable[[], str]:
    """Who answers for the case's open edges: looked up once, and only when there are some."""
    return functools.cache(lambda: staff.manager_of(case.node_path, leaver=case.handover_userid))


def reopened(edge: Edge, case: HandoverCase, at: datetime) -> Edge:
    """An edge settled under other circumstances: the account is deleted now, or the member leaves after all."""
    if not case.account_deleted:
        return edge
    on_job = not edge.attempts or edge.attempts[-1].api is TransferApi.ON_JOB
    if edge.state is EdgeState.MANUAL and on_job and edge.cause in _OPEN_TO_THE_RESIGNED_API:
        return edge.fall_back(EdgeCause.ACCOUNT_DELETED, at)
    if edge.state is EdgeState.KEPT and case.change is ChangeKind.DEPARTURE:
        return edge.fall_back(EdgeCause.ACCOUNT_DELETED, at)
    return edge


def rounds_used(edge: Edge, api: TransferApi) -> int:
    """How often the customer was asked through this API; what WeCom never started or forgot does not count."""
    return sum(attempt.api is api and _asked(attempt) for attempt in edge.attempts)


def _asked(attempt: Attempt) -> bool:
    """Whether the customer was asked. "Already running" may be our own call that landed after it was looked up.

    What came of it tells: only a transfer between these two members has a result in their list.
    """
    if attempt.errcode in ALREADY_RUNNING:
        return attempt.outcome in _TOLD_OF_THE_PAIR
    return attempt.errcode == STARTED and attempt.outcome is not AttemptOutcome.VOID


def combined(statuses: Sequence[TransferStatus]) -> TransferStatus:
    """One status out of the rows of repeated attempts, which carry no id (docs/wecom.md 6.3): a running one wins,
    then a finished one, else the last."""
    for wanted in (TransferStatus.WAITING, TransferStatus.DONE):
        if wanted in statuses:
            return wanted
    return statuses[-1] if statuses else TransferStatus.NO_RECORD
