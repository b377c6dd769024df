"""A member got another userid while cases name him as the one who leaves or takes over (``NewUserID``)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import batched
from typing import Protocol

from scrm.handover.edges import Attempt, Chunk, Edge
from scrm.handover.errors import until_current
from scrm.handover.model import HandoverCase
from scrm.handover.ports import MOST_CHUNKS_TOGETHER, CaseRepository


class NamedCases(CaseRepository, Protocol):
    """Cases, and where they are found under a member's userid."""

    def move_latest_case(self, old: str, new: str) -> None:
        """The member's latest case is found under his new userid, and all his cases are listed under both.

        A userid that another member's cases had keeps an open case, or a later one, over a closed one, and goes on
        counting from the higher ordinal.
        """

    def move_taker(self, case_id: str, old: str, new: str) -> None:
        """The case is found through the taker's new userid."""


@dataclass(frozen=True, slots=True)
class CaseRename:
    """Use case: open cases go on under the new userid. No case is opened; a repeat finds nothing left to do.

    Closed cases and their certificates keep the userid of their time. A userid that HR named as a successor is left as
    it was told: the staff directory knows whom it means.
    """

    cases: NamedCases

    def rename(self, old: str, new: str) -> None:
        """Pointers move last, so that a killed run finds its cases again."""
        if old == new:
            return
        latest = self.cases.latest_case_of(old)
        if latest is not None:
            self._rename_in(latest[0].case_id, old, new)
            self.cases.move_latest_case(old, new)
        for case_id in list(self.cases.cases_taken_over_by(old)):
            self._rename_in(case_id, old, new)
            self.cases.move_taker(case_id, old, new)

    def _rename_in(self, case_id: str, old: str, new: str) -> None:
        until_current(lambda: self._renamed(case_id, old, new))

    def _renamed(self, case_id: str, old: str, new: str) -> None:
        loaded = self.cases.load(case_id)
        if loaded is None or not loaded[0].is_open:
            return
        case, chunks = loaded
        changed = [after for chunk in chunks if (after := _chunk(chunk, old, new)) != chunk]
        for part in batched(changed, MOST_CHUNKS_TOGETHER, strict=False):
            self.cases.save_chunks(part)
        renamed = _case(case, old, new)
        if renamed != case:
            self.cases.save(renamed)


def _case(case: HandoverCase, old: str, new: str) -> HandoverCase:
    def now(userid: str) -> str:
        return new if userid == old else userid

    def by_userid[Value](found: Mapping[str, Value]) -> dict[str, Value]:
        return {now(userid): value for userid, value in found.items()}

    return replace(
        case,
        handover_userid=now(case.handover_userid),
        requested_successors=tuple(map(now, case.requested_successors)),
        named_by_hr=tuple(map(now, case.named_by_hr)),
        successors=tuple(sorted(map(now, case.successors))),
        unusable=by_userid(case.unusable),
        packages=by_userid(case.packages),
        digests=by_userid(case.digests),
    )


def _chunk(chunk: Chunk, old: str, new: str) -> Chunk:
    def now(userid: str) -> str:
        return new if userid == old else userid

    def of_attempt(attempt: Attempt) -> Attempt:
        return replace(attempt, takeover_userid=now(attempt.takeover_userid))

    def of_edge(edge: Edge) -> Edge:
        return replace(edge, owner_userid=now(edge.owner_userid), attempts=tuple(map(of_attempt, edge.attempts)))

    return replace(
        chunk,
        handover_userid=now(chunk.handover_userid),
        takeover_userid=now(chunk.takeover_userid),
        edges=tuple(map(of_edge, chunk.edges)),
    )
