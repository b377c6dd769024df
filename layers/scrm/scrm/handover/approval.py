"""When a plan needs a second person's approval, and of which plan an approval speaks (S61): maker is never checker.

An approval belongs to the plan that was shown. It is counted over all customers of the case that somebody might move,
whatever became of them since, so that it neither fades while transfers run nor covers customers who came later.
"""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime

from scrm.handover.edges import Chunk, ChunkKind, EdgeState
from scrm.handover.model import CaseState, HandoverCase
from scrm.handover.settings import HandoverSettings

_NOBODY_MOVES = frozenset({EdgeState.INELIGIBLE, EdgeState.KEPT})
NOT_CALLED = (EdgeState.PLANNED, EdgeState.FALLBACK)


def needs_approval(case: HandoverCase, chunks: Sequence[Chunk], settings: HandoverSettings) -> bool:
    """Whether nothing more of the case may be started before somebody approves.

    A change that HR took back needs none: nothing is started any more, and interrupted calls are still looked up.
    """
    if settings.approval_above is None or case.cancelled_at is not None:
        return False
    if not any(chunk.in_state(*NOT_CALLED) for chunk in chunks):
        return False
    size = plan_size(chunks)
    if size <= settings.approval_above:
        return False
    review = case.review
    if review is None or not review.approved:
        return True
    return size * 100 > review.customers * (100 + settings.approval_growth_percent)


def plan_size(chunks: Iterable[Chunk]) -> int:
    """Customers whom the case may move."""
    of_kind = (chunk for chunk in chunks if chunk.kind is ChunkKind.CUSTOMERS)
    return sum(edge.state not in _NOBODY_MOVES for chunk in of_kind for edge in chunk.edges)


def plan_checksum(chunks: Iterable[Chunk]) -> str:
    """SHA-256, hex, over what is to be started: kind, taker and id of each edge, chunk by chunk."""
    digest = hashlib.sha256()
    for chunk in chunks:
        for edge in chunk.in_state(*NOT_CALLED):
            digest.update(f"{chunk.kind.value}\t{chunk.takeover_userid}\t{edge.target_id}\n".encode())
    return digest.hexdigest()


def has_started(chunks: Iterable[Chunk]) -> bool:
    """Whether a call was announced or made."""
    return any(chunk.intended_at is not None or chunk.submitted_at is not None for chunk in chunks)


def wants_asking(case: HandoverCase, checksum: str) -> bool:
    """Whether nobody was told yet that this very plan waits for his approval."""
    waits = case.state is CaseState.AWAITING_APPROVAL and case.cancelled_at is None and not case.plan_outdated
    return waits and case.approval_asked != checksum


def is_overdue(case: HandoverCase, settings: HandoverSettings, now: datetime) -> bool:
    """Whether a plan waits for approval though it should start soon, or the account is gone already."""
    if case.state is not CaseState.AWAITING_APPROVAL:
        return False
    return case.account_deleted or case.start_at is None or case.start_at - now < settings.approval_near
