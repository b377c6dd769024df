"""Judged adds and appeals in memory."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from scrm.adds.appeals import AddAppeals, Appeal
from scrm.adds.model import AddPlace, Judgement
from scrm.audit.log import AuditLog
from scrm.aws.add_appeal_journal import AuditedAddAppeals
from scrm.aws.judged_adds import BucketAddLists, BucketJudgedAdds
from scrm.node_paths import covers
from scrm.paging import Page
from scrm.runtime.wiring.adds import AdminAdds
from scrm.two_persons import RequestState, StaleRequestError
from tests.fakes.collect import MemoryDocuments


@dataclass
class FakeAppeals:
    """Implements `scrm.adds.appeals.AppealStore`."""

    stored: dict[str, Appeal] = field(default_factory=dict)

    def find(self, appeal_id: str) -> Appeal | None:
        return self.stored.get(appeal_id)

    def save(self, appeal: Appeal) -> Appeal:
        known = self.stored.get(appeal.appeal_id)
        if (known.version if known else 0) != appeal.version:
            raise StaleRequestError
        self.stored[appeal.appeal_id] = replace(appeal, version=appeal.version + 1)
        return self.stored[appeal.appeal_id]

    def approved(self, first: date, last: date) -> list[Appeal]:
        found = (one for one in self.stored.values() if one.state is RequestState.APPROVED)
        return [one for one in found if first <= one.wanted.place.day <= last]

    def of_day(self, day: date, branch_id: str) -> dict[str, Appeal]:
        places = ((one.wanted.place, one) for one in self.stored.values())
        return {at.add_id: one for at, one in places if (at.day, at.branch_id) == (day, branch_id)}

    def page(
        self, node_path: str, month: str, state: RequestState | None, cursor: str | None, limit: int
    ) -> Page[Appeal]:
        found = (one for key, one in sorted(self.stored.items()) if key.startswith(month))
        seen = (one for one in found if covers(node_path, one.wanted.node_path) and state in {None, one.state})
        return Page(tuple(seen)[:limit])


@dataclass
class FakeJournal:
    """Implements `scrm.two_persons.RequestJournal`."""

    entries: list[tuple[str, str]] = field(default_factory=list)

    def told(self, appeal: Appeal, actor: str, at: datetime) -> None:
        self.entries.append((appeal.state.value, actor))


class AddsOverMemory:
    """Has what `scrm.runtime.wiring.adds.AdminAdds` has, and takes judgements as a morning leaves them."""

    def __init__(self, log: AuditLog) -> None:
        self.documents = MemoryDocuments()
        self.appeals = FakeAppeals()
        self._log = log

    def judged(self, judgements: Iterable[Judgement]) -> None:
        places: dict[tuple[date, str], list[Judgement]] = defaultdict(list)
        for each in judgements:
            place: AddPlace = each.evidence.add.place
            places[place.day, place.branch_id].append(each)
        for (day, branch_id), those in places.items():
            BucketJudgedAdds(self.documents).keep(day, branch_id, those)

    def joined(self) -> AdminAdds:
        desk = AddAppeals(self.appeals, AuditedAddAppeals(self._log), lambda: timedelta(days=90))
        return AdminAdds(BucketAddLists(self.documents), desk)
