"""Cases that nobody ended in time: a branch's go to head office by themselves, what is overdue is counted (O7)."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from scrm.node_paths import ROOT_PATH
from scrm.pause import again_while
from scrm.review import model
from scrm.review.desk import ReviewRules
from scrm.review.errors import StaleReviewCaseError
from scrm.review.ports import ReviewCases
from scrm.review.queries import CaseQuery

MOST: Final = 1_000
"""So many a run: the rest is found by the next one."""
_ATTEMPTS: Final = 5
_NEGLECTED_WITHOUT_ESCALATION: Final = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Overdue:
    """``escalated`` by this run; ``waiting`` are past their time anywhere in the bank, 1,000 meaning that or more.

    ``neglected`` of these are so late that going to head office did not help either.
    """

    escalated: int
    waiting: int
    neglected: int
    next_due: datetime | None


@dataclass(frozen=True, slots=True)
class OverdueCases:
    """Use case of a schedule. A repeat finds done what an earlier run did."""

    cases: ReviewCases
    rules: Callable[[], ReviewRules]
    now: Callable[[], datetime]

    def look(self) -> Overdue:
        now, patience = self.now(), self.rules().escalate_after
        escalated = 0 if patience is None else self._escalate(now - patience, now)
        late = self.cases.listed(CaseQuery(ROOT_PATH, due_before=now), None, MOST).items
        neglected_since = now - (2 * patience if patience else _NEGLECTED_WITHOUT_ESCALATION)
        neglected = sum(case.due_at < neglected_since for case in late)
        following = self.cases.listed(CaseQuery(ROOT_PATH), None, 1).items
        return Overdue(escalated, len(late), neglected, following[0].due_at if following else None)

    def _escalate(self, due_before: datetime, now: datetime) -> int:
        late = self.cases.overdue_at_branches(due_before, MOST)
        hand_up = functools.partial(self._hand_up, now=now)
        return sum(again_while(StaleReviewCaseError, functools.partial(hand_up, each), _ATTEMPTS) for each in late)

    def _hand_up(self, case_id: str, now: datetime) -> bool:
        """Whether this run did it: somebody may have closed or escalated the case in between."""
        case = self.cases.case(case_id)
        if case is None or case.is_closed or case.is_at_head_office:
            return False
        if not self.cases.save(model.handed_up(case, now)):
            raise StaleReviewCaseError
        return True
