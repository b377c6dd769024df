"""One look at what WeCom decided about the edges of a case."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from scrm.handover.calls import known_owner, known_results
from scrm.handover.delivery import after_delivery
from scrm.handover.edges import Chunk, ChunkKind, ChunkState, Edge, EdgeCause, EdgeState, TransferApi
from scrm.handover.model import HandoverCase
from scrm.handover.ports import Transfers, TransferStatus
from scrm.handover.rules import EdgeRules, reopened
from scrm.handover.settings import HandoverSettings


@dataclass(frozen=True, slots=True)
class Look:
    """WeCom's answers for one case, each list read once."""

    case: HandoverCase
    transfers: Transfers
    rules: EdgeRules
    settings: HandoverSettings
    now: Callable[[], datetime]

    def at(self, chunks: Sequence[Chunk]) -> list[Chunk]:
        """The chunks with what WeCom decided, what is taken back, and what other circumstances open again."""
        results: dict[tuple[TransferApi, str], dict[str, TransferStatus]] = {}
        return [self._settled(chunk, results) for chunk in chunks]

    def _settled(self, chunk: Chunk, results: dict[tuple[TransferApi, str], dict[str, TransferStatus]]) -> Chunk:
        at = after_delivery(chunk, self.now())
        changed: dict[str, Edge] = {}
        for edge in chunk.edges:
            if edge.state is EdgeState.WAITING:
                decided = self._decided(edge, chunk, results, at)
            elif self.case.cancelled_at is not None and not self.case.account_deleted:
                decided = _taken_back(edge, chunk, at)
            else:
                decided = reopened(edge, self.case, at)
            if decided is not edge:
                changed[edge.target_id] = decided
        return chunk.with_edges(changed) if changed else chunk

    def _decided(
        self,
        edge: Edge,
        chunk: Chunk,
        results: dict[tuple[TransferApi, str], dict[str, TransferStatus]],
        at: datetime,
    ) -> Edge:
        if chunk.kind is ChunkKind.GROUPS:
            is_there = known_owner(self.transfers, edge.target_id) == chunk.takeover_userid
            status = TransferStatus.DONE if is_there else TransferStatus.WAITING
        else:
            status = self._status(edge, chunk, results)
        decided = self.rules.after_poll(edge, status, at)
        if status is TransferStatus.NO_RECORD:
            decided = self.rules.unknown(edge, self.case, at)
        overdue = at - edge.attempts[-1].called_at > self.settings.undecided_after
        return self.rules.undecided(edge, at) if decided is edge and overdue else decided

    def _status(
        self, edge: Edge, chunk: Chunk, results: dict[tuple[TransferApi, str], dict[str, TransferStatus]]
    ) -> TransferStatus:
        """From the list of the API it was called with; after the account's deletion the other list may know more."""
        apis = [edge.attempts[-1].api]
        if self.case.account_deleted and apis[0] is TransferApi.ON_JOB:
            apis.append(TransferApi.RESIGNED)
        for api in apis:
            key = (api, chunk.takeover_userid)
            if key not in results:
                results[key] = known_results(self.transfers, api, chunk.handover_userid, chunk.takeover_userid)
            status = results[key].get(edge.target_id, TransferStatus.NO_RECORD)
            if status is not TransferStatus.NO_RECORD:
                return status
        return TransferStatus.NO_RECORD


def _taken_back(edge: Edge, chunk: Chunk, at: datetime) -> Edge:
    """HR took the change back: what was not asked yet stays. An interrupted call is looked up first."""
    undone = {EdgeState.FALLBACK, EdgeState.MANUAL}
    if edge.state in undone or (edge.state is EdgeState.PLANNED and chunk.state is ChunkState.PLANNED):
        return edge.settled(EdgeState.KEPT, at, EdgeCause.CANCELLED)
    return edge
