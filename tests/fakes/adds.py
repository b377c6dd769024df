"""Judged adds and appeals in memory."""

from collections.abc import Iterable
from datetime import date

from scrm.adds.appeals import Appeal
from scrm.adds.model import Judgement
from scrm.node_paths import branch_of


class FakeJudgements:
    """Implements `scrm.adds.appeals.Judgements`."""

    def __init__(self, judgements: Iterable[Judgement]) -> None:
        self._judgements = {
            (each.evidence.add.day, branch_of(each.evidence.add.node_path), each.evidence.add.add_id): each
            for each in judgements
        }

    def find(self, day: date, branch_id: str, add_id: str) -> Judgement | None:
        return self._judgements.get((day, branch_id, add_id))


class FakeAppeals:
    """Implements `scrm.adds.appeals.AppealStore`."""

    def __init__(self) -> None:
        self.appeals: dict[tuple[date, str, str], Appeal] = {}

    def of(self, day: date, branch_id: str, add_id: str) -> Appeal | None:
        return self.appeals.get((day, branch_id, add_id))

    def of_day(self, day: date, branch_id: str) -> dict[str, Appeal]:
        return {key[2]: appeal for key, appeal in self.appeals.items() if key[:2] == (day, branch_id)}

    def put(self, appeal: Appeal, seen_version: int) -> bool:
        key = (appeal.day, appeal.branch_id, appeal.add_id)
        known = self.appeals.get(key)
        if (known.version if known else 0) != seen_version:
            return False
        self.appeals[key] = appeal
        return True
