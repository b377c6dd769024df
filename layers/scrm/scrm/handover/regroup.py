"""Give edges whose attempt failed to the next successor, or to a person when there is none (S62)."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import batched

from scrm.handover.edges import AttemptOutcome, Chunk, ChunkKind, Edge, EdgeCause, EdgeState, TransferApi
from scrm.handover.model import HandoverCase
from scrm.handover.ports import MOST_CHUNKS_TOGETHER
from scrm.handover.rules import EdgeRules, rounds_used
from scrm.handover.settings import HandoverSettings
from scrm.handover.succession import Choice, Needs, SuccessorPool

# As many chunks of full length may come of them, and some that are not full: one transaction takes them all.
_SOURCES = MOST_CHUNKS_TOGETHER // 3


@dataclass(slots=True)
class Regrouped:
    """Chunks as they are to be stored: ``changed`` ones lose edges or get manual ones, ``added`` ones are new."""

    changed: list[Chunk] = field(default_factory=list)
    added: list[Chunk] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Regrouping:
    pool: SuccessorPool
    rules: EdgeRules
    settings: HandoverSettings

    def regroup(self, chunks: Sequence[Chunk], api: TransferApi, at: datetime) -> Regrouped:
        """Move edges that wait for the next successor, of as many chunks as one transaction takes."""
        sources = [chunk for chunk in chunks if chunk.in_state(EdgeState.FALLBACK)][:_SOURCES]
        numbers = {kind: next_number(chunks, kind) for kind in ChunkKind}
        result = Regrouped()
        moved: dict[tuple[ChunkKind, str], list[Edge]] = defaultdict(list)
        for chunk in sources:
            leaving: set[str] = set()
            staying: dict[str, Edge] = {}
            for edge in chunk.in_state(EdgeState.FALLBACK):
                choice = self._next(edge, chunk.kind, api)
                if choice.userid:
                    leaving.add(edge.target_id)
                    planned = replace(edge, state=EdgeState.PLANNED, reason=choice.reason, updated_at=at)
                    moved[chunk.kind, choice.userid].append(planned)
                else:
                    cause = edge.cause if edge.attempts else EdgeCause.NO_SUCCESSOR
                    staying[edge.target_id] = self.rules.manual(edge, cause, at, edge.errcode)
            result.changed.append(chunk.with_edges(staying).without(frozenset(leaving)))
        for (kind, taker), edges in moved.items():
            for part in batched(edges, self.settings.ids_per_call, strict=False):
                case = self.pool.case
                result.added.append(Chunk(case.case_id, kind, numbers[kind], case.handover_userid, taker, part))
                numbers[kind] += 1
        return result

    def _next(self, edge: Edge, kind: ChunkKind, api: TransferApi) -> Choice:
        if rounds_used(edge, api) >= self.settings.rounds:
            return Choice()
        # After the account's deletion the other API starts anew, and what WeCom forgot was never asked.
        tried = frozenset(
            attempt.takeover_userid
            for attempt in edge.attempts
            if attempt.api is api and attempt.outcome is not AttemptOutcome.VOID
        )
        if kind is ChunkKind.GROUPS:
            return self.pool.for_group(tried)
        return self.pool.for_customer(tried, needs=Needs(edge.tier, edge.language))


def next_number(chunks: Iterable[Chunk], kind: ChunkKind) -> int:
    return max((chunk.number for chunk in chunks if chunk.kind is kind), default=-1) + 1


def api_for(case: HandoverCase) -> TransferApi:
    """By the state of the account, not by the date."""
    return TransferApi.RESIGNED if case.account_deleted else TransferApi.ON_JOB
