"""What a plan does or would do, before any of it is done: nothing is written and WeCom is not asked (S61)."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from scrm.handover.approval import needs_approval, plan_checksum
from scrm.handover.edges import Chunk, ChunkKind, EdgeState
from scrm.handover.errors import UnknownCaseError
from scrm.handover.model import CaseState, HandoverCase, PlanReview
from scrm.handover.planning import Drafting, next_step
from scrm.handover.ports import StaffMember


@dataclass(frozen=True, slots=True)
class TakerPreview:
    """What one taker gets; ``reasons`` says for how many customers and groups he was chosen why."""

    takeover_userid: str
    takeover_name: str
    customers: int
    groups: int
    calls: int
    reasons: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class EdgeCount:
    """Customers or groups that are in one state for one cause. ``errcode`` is WeCom's, 0 when it was not asked."""

    kind: ChunkKind
    state: EdgeState
    cause: str
    errcode: int
    count: int


@dataclass(frozen=True, slots=True)
class PlanPreview:
    """A plan in numbers; ``case_id`` is empty while there is no case.

    ``is_stored``: the worker made it; else it is what he would make of the present state.

    ``state`` is where the case is or would go next. ``calls`` and ``days`` are what its start takes at least: calls of
    WeCom, and days because of the limit for groups. ``start_at`` is None when nobody said a day. ``checksum`` names
    this very plan.
    """

    case_id: str
    handover_userid: str
    handover_name: str
    node_path: str
    is_stored: bool
    state: CaseState
    needs_approval: bool
    plan_made_by: str
    review: PlanReview | None
    start_at: datetime | None
    last_day: date | None
    calls: int
    days: int
    checksum: str
    takers: tuple[TakerPreview, ...] = ()
    edges: tuple[EdgeCount, ...] = ()


@dataclass(slots=True)
class _Taker:
    edges: Counter[ChunkKind] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    calls: int = 0


@dataclass(frozen=True, slots=True)
class Previews:
    """Use cases of operators."""

    drafting: Drafting

    def member(self, userid: str) -> StaffMember | None:
        """The member whose departure may be previewed."""
        return self.drafting.staff.staff_member(userid)

    def of_case(self, case_id: str, now: datetime) -> PlanPreview:
        """The plan as it is stored, else as it would be made now. Raises UnknownCaseError."""
        loaded = self.drafting.cases.load(case_id)
        if loaded is None:
            raise UnknownCaseError(case_id)
        case, chunks = loaded
        if case.is_planned and case.state is not CaseState.PLANNING:
            return self._counted(case, chunks, case.state)
        return self._drafted(case, chunks, now)

    def of_departure(
        self, member: StaffMember, successors: Sequence[str], last_day: date | None, now: datetime
    ) -> PlanPreview:
        """What would be planned if the member left; his open case, if he has one."""
        latest = self.drafting.cases.latest_case_of(member.userid)
        if latest is not None and latest[0].is_open:
            return self.of_case(latest[0].case_id, now)
        start_at = self.drafting.settings.start_of(last_day, now) if last_day else now
        imagined = HandoverCase(
            case_id="",
            corp_id="",
            handover_userid=member.userid,
            handover_name=member.name,
            node_id=member.node_id,
            node_path=member.node_path,
            node_name=member.node_name,
            state=CaseState.PLANNING,
            opened_at=now,
            due_at=None,
            signals=(),
            last_day=last_day,
            start_at=start_at,
            requested_successors=tuple(successors),
        )
        return self._drafted(imagined, [], now)

    def _drafted(self, case: HandoverCase, chunks: Sequence[Chunk], now: datetime) -> PlanPreview:
        plan = [*chunks, *self.drafting.missing_chunks(case, chunks, now)]
        return replace(
            self._counted(case, plan, next_step(case, plan, self.drafting.settings, now)[0]), is_stored=False
        )

    def _counted(self, case: HandoverCase, chunks: Sequence[Chunk], state: CaseState) -> PlanPreview:
        takers = self._takers(chunks)
        groups = sum(taker.groups for taker in takers)
        calls = sum(taker.calls for taker in takers)
        return PlanPreview(
            case_id=case.case_id,
            handover_userid=case.handover_userid,
            handover_name=case.handover_name,
            node_path=case.node_path,
            is_stored=True,
            state=state,
            needs_approval=needs_approval(case, chunks, self.drafting.settings),
            plan_made_by=case.plan_made_by,
            review=case.review,
            start_at=case.start_at,
            last_day=case.last_day,
            calls=calls,
            days=max(int(calls > 0), -(-groups // self.drafting.settings.groups_per_day)),
            checksum=plan_checksum(chunks),
            takers=takers,
            edges=_by_state(chunks),
        )

    def _takers(self, chunks: Iterable[Chunk]) -> tuple[TakerPreview, ...]:
        """Whoever gets most comes first."""
        found: defaultdict[str, _Taker] = defaultdict(_Taker)
        for chunk in chunks:
            planned = chunk.in_state(EdgeState.PLANNED)
            if planned:
                taker = found[chunk.takeover_userid]
                taker.edges[chunk.kind] += len(planned)
                taker.reasons.update(edge.reason for edge in planned)
                taker.calls += 1
        return tuple(
            TakerPreview(
                userid,
                self._name_of(userid),
                taker.edges[ChunkKind.CUSTOMERS],
                taker.edges[ChunkKind.GROUPS],
                taker.calls,
                dict(sorted(taker.reasons.items())),
            )
            for userid, taker in sorted(found.items(), key=lambda each: (-each[1].edges.total(), each[0]))
        )

    def _name_of(self, userid: str) -> str:
        member = self.drafting.staff.staff_member(userid)
        return member.name if member else ""


def _by_state(chunks: Iterable[Chunk]) -> tuple[EdgeCount, ...]:
    counted = Counter((chunk.kind, edge.state, edge.cause, edge.errcode) for chunk in chunks for edge in chunk.edges)
    return tuple(EdgeCount(*key, count) for key, count in sorted(counted.items()))
