"""Every morning adds of three days are judged: yesterday's, those that were kept long enough by now, and those for
which nothing new is waited for (S9, O10). A morning makes up for those before it that were missed.

An add is told by snapshots of who follows whom: it counts from the first that has it, and is lost when a later one
lacks it. Who came and went between two mornings was never seen, and never counts.

A bank is judged section by section, a member at a time, and what was found is brought together by branch after that:
memory is that of some thousand judgements, however many adds there are (docs/valid-adds.md, Size).
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Final, Protocol

from scrm import ids
from scrm.adds.appeals import LONGEST_APPEAL, Appeal, ApprovedAppeals, upheld
from scrm.adds.evidence import MONTH_DAYS, gathered
from scrm.adds.judging import judge
from scrm.adds.model import Add, Judgement
from scrm.adds.rules import AddRules
from scrm.adds.sections import Section, section_of
from scrm.adds.snapshots import ADDS, ADDS_WITH_CUSTOMERS, Days, Snapshots, by_snapshot, member_of
from scrm.node_paths import branch_of
from scrm.sql import Selection, SqlEngine
from scrm.two_persons import StaleRequestError

TOGETHER: Final = 5_000
"""So many judgements, and those of one member more, are held at once."""


class JudgedAdds(Protocol):
    def keep(self, day: date, branch_id: str, judgements: Sequence[Judgement]) -> None:
        """The judged adds of a day and branch, over those of before."""
        ...

    def kept(self, day: date, branch_id: str) -> Sequence[Judgement]:
        """Those of a day and branch as they were judged last."""
        ...

    def tell(self, name: str, judgements: Sequence[Judgement], morning: date | None = None) -> None:
        """Pass verdicts on to the counters; the same name again is the same telling.

        Verdicts of a ``morning`` that is repeated days later do not overtake those of the mornings since.
        """
        ...

    def hand_over(self, seen_on: date, to: Section, name: str, judgements: Sequence[Judgement]) -> None:
        """Put some of a morning's judgements, all of branches of a section, where `handed_over` finds them; over those
        of the same name."""
        ...

    def handed_over(self, seen_on: date, to: Section) -> Iterator[Judgement]:
        """All that was put there."""
        ...


@dataclass(frozen=True, slots=True)
class DailyJudging:
    """Use case of a morning, in steps: each section is judged, then all branches of each are kept, then appeals that
    are left are taken up. Every step is repeatable: the same snapshots and appeals give the same judgements.

    ``rules`` gives those in force and their version.
    """

    engine: SqlEngine
    judged: JudgedAdds
    rules: Callable[[], tuple[AddRules, int]]
    appeals: ApprovedAppeals
    snapshots: Snapshots

    def judge(self, seen_on: date, customers: Selection, section: Section) -> int:
        """How many adds of members of a section were judged by the snapshot of ``seen_on``.

        Verdicts are told at once; approved appeals of these adds are taken up, whatever their day.
        """
        by_add = {appeal.wanted.place.add_id: appeal for appeal in self._approved(seen_on)}
        judged = 0
        for number, some in enumerate(_together(self._judgements(seen_on, customers, section))):
            judgements = [upheld(each, by_add.get(each.evidence.add.add_id)) for each in some]
            name = f"{section.number:04d}-{number:04d}"
            self._hand_over(seen_on, section.of, name, judgements)
            self.judged.tell(f"judged-{seen_on.isoformat()}-{name}", judgements, _morning(seen_on))
            self._take_up([by_add[add_id] for add_id in _ids(judgements) & by_add.keys()], judgements, seen_on)
            judged += len(judgements)
        return judged

    def keep(self, seen_on: date, branches: Section) -> None:
        """Bring together what all sections found of some branches, and keep it by day and branch."""
        places: dict[tuple[date, str], dict[str, Judgement]] = defaultdict(dict)
        for each in self.judged.handed_over(seen_on, branches):
            place = each.evidence.add.place
            places[place.day, place.branch_id][place.add_id] = each
        for (day, branch_id), those in sorted(places.items()):
            before = self.judged.kept(day, branch_id)
            if all(each.judged_on <= _morning(seen_on) for each in before):  # else a morning since knew better
                self.judged.keep(day, branch_id, sorted(those.values(), key=_place_in_list))

    def take_up(self, seen_on: date) -> None:
        """Appeals approved since the last time, of adds that are not judged anew; of all adds, without a master."""
        self._take_up(self._approved(seen_on), (), seen_on)

    def _approved(self, seen_on: date) -> Sequence[Appeal]:
        return self.appeals.approved(seen_on - LONGEST_APPEAL, seen_on)

    def _hand_over(self, seen_on: date, sections: int, name: str, judgements: Sequence[Judgement]) -> None:
        by_section: dict[int, list[Judgement]] = defaultdict(list)
        for each in judgements:
            by_section[section_of(branch_of(each.evidence.add.node_path), sections)].append(each)
        for number, those in by_section.items():
            self.judged.hand_over(seen_on, Section(number, sections), name, those)

    def _judgements(self, seen_on: date, customers: Selection, section: Section) -> Iterator[list[Judgement]]:
        """A member's at a time."""
        rules, version = self.rules()
        days = Days.of(seen_on, rules, self.snapshots)
        partitions = tuple(
            f"day={day.isoformat()}{place}" for day, known in days.written.items() for place in section.places(known)
        )
        rows = self.engine.rows(ADDS_WITH_CUSTOMERS, [Selection(ADDS, partitions), customers], days.parameters())
        for userid, told in groupby(rows, key=member_of):
            if section.has(userid):
                found = by_snapshot(told)
                yield [
                    judge(evidence, rules, version, _morning(seen_on))
                    for day in days.judged
                    for evidence in gathered(_around(days.as_of_now(found), day), day, day, rules)
                ]

    def _take_up(self, approved: Iterable[Appeal], judged_now: Iterable[Judgement], seen_on: date) -> None:
        """Correct the verdicts on adds that are not judged anew, tell all of them, then mark the appeals.

        A document of its own tells them: the morning's own may have been counted already when the run is repeated.
        """
        wanted = {appeal.wanted.place.add_id: appeal for appeal in approved if appeal.counted_on is None}
        corrected = {each.evidence.add.add_id: each for each in judged_now if each.evidence.add.add_id in wanted}
        elsewhere = (wanted[add_id].wanted.place for add_id in wanted.keys() - corrected.keys())
        for day, branch_id in sorted({(place.day, place.branch_id) for place in elsewhere}):
            corrected |= self._corrected(day, branch_id, wanted)
        told = [corrected[add_id] for add_id in sorted(corrected)]
        self.judged.tell(f"appealed-{seen_on.isoformat()}-{ids.derive('adds', *sorted(corrected))}", told)
        for add_id in sorted(corrected):
            with suppress(StaleRequestError):  # another run of the same morning was faster
                self.appeals.save(replace(wanted[add_id], counted_on=_morning(seen_on)))

    def _corrected(self, day: date, branch_id: str, wanted: Mapping[str, Appeal]) -> dict[str, Judgement]:
        """The judgements of a day and branch that appeals are about, kept as these have them."""
        before = list(self.judged.kept(day, branch_id))
        found = {
            each.evidence.add.add_id: upheld(each, wanted[each.evidence.add.add_id])
            for each in before
            if each.evidence.add.add_id in wanted
        }
        after = [found.get(each.evidence.add.add_id, each) for each in before]
        if after != before:
            self.judged.keep(day, branch_id, after)
        return found


def _morning(seen_on: date) -> date:
    """On which the adds up to ``seen_on`` are judged."""
    return seen_on + timedelta(days=1)


def _together(members: Iterable[list[Judgement]]) -> Iterator[list[Judgement]]:
    """Of as many members as have `TOGETHER` judgements."""
    some: list[Judgement] = []
    for judgements in members:
        some += judgements
        if len(some) >= TOGETHER:
            yield some
            some = []
    if some:
        yield some


def _ids(judgements: Iterable[Judgement]) -> set[str]:
    return {each.evidence.add.add_id for each in judgements}


def _place_in_list(judgement: Judgement) -> tuple[str, datetime, str]:
    add = judgement.evidence.add
    return add.userid, add.added_at, add.external_userid


def _around(adds: Iterable[Add], day: date) -> list[Add]:
    return [add for add in adds if day - timedelta(days=MONTH_DAYS) <= add.day <= day]
