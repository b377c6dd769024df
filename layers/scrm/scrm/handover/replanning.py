"""HR names other successors after a plan was stored: it is made anew by itself, as far as nothing was started (S61).

The intake only marks the case (`HandoverCase.plan_outdated`), because it does not read the chunks; the worker takes
from them what no call was made for, and plans it like customers who are in no chunk yet.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from scrm.handover.edges import Chunk, EdgeCause, EdgeState
from scrm.handover.model import CaseState, HandoverCase
from scrm.handover.ports import MOST_CHUNKS_TOGETHER, CaseRepository

_WITHOUT_A_TAKER: Final = frozenset({EdgeCause.NO_SUCCESSOR, EdgeCause.PLAN_REJECTED})
MADE_ANEW: Final = "the plan was made anew"
NOTHING_LEFT: Final = "every transfer had been started, so nothing of the plan changed"


@dataclass(frozen=True, slots=True)
class Replanning:
    """Use case: an outdated plan gives back what was not started; killed anywhere, the mark is still there."""

    cases: CaseRepository

    def freed(self, case: HandoverCase, chunks: Sequence[Chunk]) -> tuple[HandoverCase, list[Chunk]]:
        """Case and chunks as they are stored now. Raises StaleVersionError when a call was announced meanwhile."""
        free = {chunk.key: given_back(chunk) for chunk in chunks}
        changed = [chunk.without(free[chunk.key]) for chunk in chunks if free[chunk.key]]
        if not changed:
            note = NOTHING_LEFT if chunks else ""
            return _noted(replace(case, plan_outdated=False), note), list(chunks)
        started = sum(edge.state is not EdgeState.PLANNED and bool(edge.attempts) for c in chunks for edge in c.edges)
        note = f"{MADE_ANEW}, but for {started} already started" if started else MADE_ANEW
        wanted = replace(_noted(case, note), plan_outdated=False, review=None, state=CaseState.PLANNING)
        saved = save_together(self.cases, wanted, changed)
        loaded = self.cases.load(case.case_id)
        return saved, loaded[1] if loaded else []


def given_back(chunk: Chunk) -> frozenset[str]:
    """What another plan may give to somebody else: WeCom was never asked, or nobody was there to take over."""
    if chunk.intended_at is not None or chunk.submitted_at is not None:
        planned: tuple[str, ...] = ()
    else:
        planned = tuple(edge.target_id for edge in chunk.in_state(EdgeState.PLANNED) if not edge.attempts)
    stopped = (
        edge.target_id
        for edge in chunk.in_state(EdgeState.MANUAL)
        if edge.cause in _WITHOUT_A_TAKER and not edge.attempts
    )
    return frozenset((*planned, *stopped))


def save_together(cases: CaseRepository, case: HandoverCase, changed: Sequence[Chunk]) -> HandoverCase:
    """The last of the chunks go with the case, so that it is never found with nothing left to do."""
    together = MOST_CHUNKS_TOGETHER - 1
    cases.save_chunks(changed[together:])
    return cases.save(case, changed[:together])


def _noted(case: HandoverCase, note: str) -> HandoverCase:
    """The signal that named the successors says what became of it."""
    if not note:
        return case
    signals = list(case.signals)
    for place, signal in enumerate(signals):
        if signal.source.speaks_for_bank and signal.occurred_at == case.hr_at:
            signals[place] = replace(signal, note="; ".join(filter(None, (signal.note, note))))
    return replace(case, signals=tuple(signals))
