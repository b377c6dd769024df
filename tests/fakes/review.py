"""Review cases in memory, by the rules of their table."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from scrm.paging import Page
from scrm.review.model import ReviewCase, ReviewState
from scrm.review.ports import EntryVerdicts


class FakeReviewCases:
    def __init__(self) -> None:
        self.stored: dict[str, ReviewCase] = {}
        self._right: Counter[tuple[int, str]] = Counter()
        self._wrong: Counter[tuple[int, str]] = Counter()

    def add(self, case: ReviewCase) -> bool:
        if case.case_id in self.stored:
            return False
        self.stored[case.case_id] = replace(case, version=1)
        return True

    def case(self, case_id: str) -> ReviewCase | None:
        return self.stored.get(case_id)

    def save(self, case: ReviewCase, verdicts: Sequence[EntryVerdicts] = ()) -> bool:
        if self.stored[case.case_id].version != case.version:
            return False
        self.stored[case.case_id] = replace(case, version=case.version + 1)
        for each in verdicts:
            self._right[each.lexicon_version, each.entry_id] += each.right
            self._wrong[each.lexicon_version, each.entry_id] += each.wrong
        return True

    def at_desk(self, desk_path: str, state: ReviewState, cursor: str | None, limit: int) -> Page[ReviewCase]:
        closed = state is ReviewState.CLOSED
        found = [case for case in self.stored.values() if case.state is state and case.desk_path == desk_path]
        found.sort(key=lambda case: ((case.closed_at if closed else None) or case.due_at, case.case_id), reverse=closed)
        start = int(cursor or 0)
        more = len(found) > start + limit
        return Page(tuple(found[start : start + limit]), str(start + limit) if more else None)

    def overdue(self, now: datetime, limit: int) -> list[ReviewCase]:
        return sorted((case for case in self.stored.values() if case.is_overdue(now)), key=lambda case: case.due_at)[
            :limit
        ]

    def verdicts(self, lexicon_version: int) -> list[EntryVerdicts]:
        return [
            EntryVerdicts(entry, version, self._right[version, entry], self._wrong[version, entry])
            for version, entry in sorted(self._right.keys() | self._wrong.keys())
            if version == lexicon_version
        ]
