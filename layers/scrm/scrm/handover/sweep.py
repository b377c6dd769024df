"""Adopt what is nobody's: into the leaver's open case, or a case of its own (S61, S62)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import batched

from scrm import ids
from scrm.handover.edges import Chunk, ChunkKind, ChunkState, Edge, EdgeCause, EdgeState
from scrm.handover.errors import StaleVersionError
from scrm.handover.intake import HandoverIntake
from scrm.handover.model import ChangeKind, HandoverCase, SignalSource, StaffSignal, case_id_of
from scrm.handover.orphans import DepartedMembers
from scrm.handover.ports import CaseRepository, HandoverQueue
from scrm.handover.regroup import next_number

# Done and kept are what our case says; when WeCom says that nobody owns him, WeCom is right.
_NO_ANSWER = frozenset({EdgeState.DONE, EdgeState.KEPT})


@dataclass(frozen=True, slots=True)
class Standing:
    """Which of a leaver's customers or groups no case answers for, and the case that is to."""

    case_id: str
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OrphanSweep:
    """Use case: whatever is nobody's is in an open case afterwards, by an edge or by the plan that takes it.

    What our own tables know of the leaver is planned like any other customer, since the plan minds holds and whom
    WeCom would not move; only what they do not know gets its edge here. Running twice changes nothing.
    """

    corp_id: str
    cases: CaseRepository
    ours: DepartedMembers
    intake: HandoverIntake
    queue: HandoverQueue
    ids_per_call: int

    def standing(self, leaver: str, kind: ChunkKind, target_ids: Sequence[str], *, known_is_enough: bool) -> Standing:
        """Which of these no case answers for.

        A case that is still to be planned answers for what we know of the leaver: its plan takes it. With
        ``known_is_enough`` the list asked for is our own, which may lag behind WeCom: an edge in any state answers.
        """
        latest = self.cases.latest_case_of(leaver)
        if latest is None:
            ordinal = self.cases.next_ordinal(leaver)
            return Standing(case_id_of(self.corp_id, leaver, ordinal), tuple(target_ids))
        case, ordinal = latest
        loaded = self.cases.load(case.case_id)
        answered = _answered(loaded[1] if loaded else [], kind, known_is_enough=known_is_enough)
        if case.is_open and not case.is_planned and case.cancelled_at is None:
            answered |= self._known(leaver, kind)
        missing = tuple(one for one in dict.fromkeys(target_ids) if one not in answered)
        return Standing(case.case_id if case.is_open else case_id_of(case.corp_id, leaver, ordinal + 1), missing)

    def adopt(
        self, leaver: str, kind: ChunkKind, target_ids: Sequence[str], left_at: datetime | None, now: datetime
    ) -> bool:
        """Take these into the leaver's open case, which is opened if need be; whether it was.

        An open case that did not know it learns that the account is gone. Raises StaleVersionError.
        """
        latest = self.cases.latest_case_of(leaver)
        opened = latest is None or not latest[0].is_open
        if latest is None or not latest[0].is_open or not latest[0].account_deleted:
            ordinal = (latest[1] if latest else 0) + opened
            self.intake.take(self._signal(leaver, kind, ordinal, left_at or now), now)
            latest = self.cases.latest_case_of(leaver)
        loaded = self.cases.load(latest[0].case_id) if latest else None
        if loaded is None or not loaded[0].is_open:
            raise StaleVersionError("the case ended meanwhile")
        self._add(*loaded, kind, target_ids, now)
        return opened

    def _add(
        self, case: HandoverCase, chunks: Sequence[Chunk], kind: ChunkKind, target_ids: Sequence[str], now: datetime
    ) -> None:
        """What has an edge waits for the next taker again; the rest is planned, or gets an edge that waits for its
        first."""
        wanted = set(target_ids)
        of_kind = [chunk for chunk in chunks if chunk.kind is kind]
        again = [(chunk, chunk.with_edges(_offered_again(chunk, wanted, now))) for chunk in of_kind]
        changed = [after for before, after in again if after != before]
        if changed:
            self.cases.save_chunks(changed)
        without = wanted - {edge.target_id for chunk in of_kind for edge in chunk.edges}
        planned = without & self._known(case.handover_userid, kind) if without else set()
        new = [one for one in dict.fromkeys(target_ids) if one in without - planned]
        self.cases.add_chunks(case, list(self._chunks(case, kind, next_number(chunks, kind), new, now)))
        if planned:
            self.queue.request_plan(case.case_id)

    def _known(self, leaver: str, kind: ChunkKind) -> set[str]:
        of_kind = self.ours.customers_of if kind is ChunkKind.CUSTOMERS else self.ours.groups_of
        return set(of_kind(leaver))

    def _chunks(
        self, case: HandoverCase, kind: ChunkKind, number: int, target_ids: Sequence[str], now: datetime
    ) -> Iterator[Chunk]:
        for place, part in enumerate(batched(target_ids, self.ids_per_call, strict=False)):
            edges = tuple(Edge(one).fall_back(EdgeCause.ACCOUNT_DELETED, now) for one in part)
            yield Chunk(case.case_id, kind, number + place, case.handover_userid, "", edges, ChunkState.SETTLED)

    def _signal(self, leaver: str, kind: ChunkKind, ordinal: int, left_at: datetime) -> StaffSignal:
        """Once for each case: what an open one heard of must not keep the next from being opened when it has ended."""
        return StaffSignal(
            corp_id=self.corp_id,
            userid=leaver,
            change=ChangeKind.DEPARTURE,
            source=SignalSource.SWEEP,
            kind=f"unassigned_{kind.value}",
            event_id=ids.derive("sweep", leaver, str(ordinal)),
            occurred_at=left_at,
            account_deleted=True,
        )


def _answered(chunks: Sequence[Chunk], kind: ChunkKind, *, known_is_enough: bool) -> set[str]:
    edges = (edge for chunk in chunks if chunk.kind is kind for edge in chunk.edges)
    return {edge.target_id for edge in edges if known_is_enough or edge.state not in _NO_ANSWER}


def _offered_again(chunk: Chunk, target_ids: set[str], now: datetime) -> dict[str, Edge]:
    return {
        edge.target_id: edge.fall_back(EdgeCause.ACCOUNT_DELETED, now)
        for edge in chunk.edges
        if edge.target_id in target_ids and edge.state in _NO_ANSWER
    }
