"""Review cases in memory, by the rules of their table."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime

from scrm.node_paths import ROOT_PATH
from scrm.paging import InvalidCursorError, Page
from scrm.review.figures import Tally, tally_of
from scrm.review.model import ReviewCase
from scrm.review.ports import EntryVerdicts
from scrm.review.queries import CaseQuery


class FakeReviewCases:
    def __init__(self) -> None:
        self.stored: dict[str, ReviewCase] = {}
        self._right: Counter[tuple[int, str]] = Counter()
        self._wrong: Counter[tuple[int, str]] = Counter()
        self._violations: Counter[tuple[int, str]] = Counter()

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
            self._violations[each.lexicon_version, each.entry_id] += each.violations
        return True

    def listed(self, query: CaseQuery, cursor: str | None, limit: int) -> Page[ReviewCase]:
        found = [case for case in self.stored.values() if query.matches(case)]
        found.sort(key=lambda case: (case.closed_at or case.due_at, case.case_id), reverse=query.is_closed)
        scope, _, start = (cursor or f"{query}|0").rpartition("|")
        if scope != str(query):
            raise InvalidCursorError(cursor)
        last = int(start) + limit
        return Page(tuple(found[int(start) : last]), f"{query}|{last}" if len(found) > last else None)

    def overdue_at_branches(self, before: datetime, limit: int) -> list[str]:
        waiting = [case for case in self.stored.values() if not case.is_closed and case.desk_path != ROOT_PATH]
        late = [case for case in waiting if case.due_at < before]
        return [case.case_id for case in sorted(late, key=lambda case: case.due_at)][:limit]

    def tallies(self, scope_path: str, first: date, last: date) -> Iterator[Tally]:
        for case in self.stored.values():
            tally = tally_of(case)
            if tally is not None and tally.branch_path.startswith(scope_path) and first <= tally.day <= last:
                yield tally

    def salt(self) -> str:
        return "salt"

    def verdicts(self, lexicon_version: int) -> list[EntryVerdicts]:
        return [
            EntryVerdicts(entry, version, self._right[key], self._wrong[key], self._violations[key])
            for key in sorted(self._right.keys() | self._wrong.keys())
            for version, entry in [key]
            if version == lexicon_version
        ]
