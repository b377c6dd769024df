"""Every morning adds of three days are judged: yesterday's, those that were kept long enough by now, and those for
which nothing new is waited for (S9, O10).

An add is told by snapshots of who follows whom: it counts from the first that has it, and is lost when a later one
lacks it. Who came and went between two mornings was never seen, and never counts.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import chain
from typing import Any, Final, Protocol

from scrm import clock, ids
from scrm.adds.appeals import LONGEST_APPEAL, Appeal, ApprovedAppeals, upheld
from scrm.adds.evidence import MONTH_DAYS, gathered
from scrm.adds.judging import judge, settled_after
from scrm.adds.model import Add, Judgement
from scrm.adds.rules import AddRules
from scrm.node_paths import branch_of
from scrm.sql import Dataset, Selection, SqlEngine
from scrm.two_persons import StaleRequestError

ADDS: Final = Dataset(
    name="adds",
    prefix="kpi/adds_seen",
    columns={
        "seen_on": "VARCHAR",
        "userid": "VARCHAR",
        "node_path": "VARCHAR",
        "external_userid": "VARCHAR",
        "added_at": "VARCHAR",
        "adders": "BIGINT",
        "was_followed": "BOOLEAN",
        "lost_at": "VARCHAR",
    },
    sorted_by=("node_path", "userid"),
)
"""Partition ``day``: contacts that began within `SEEN_DAYS` days and were there at its end; pieces, rows may repeat."""
SEEN_DAYS: Final = 75  # a month before the oldest add that is judged

ADDS_WITH_CUSTOMERS: Final = """
WITH known AS (
  SELECT external_userid, customer_key, node_path, tier, owner_userid,
         row_number() OVER (PARTITION BY external_userid ORDER BY customer_key) AS place
  FROM bank_customers WHERE external_userid <> ''
)
SELECT DISTINCT adds.seen_on, adds.userid, adds.node_path, adds.external_userid, adds.added_at, adds.adders,
  adds.was_followed, coalesce(adds.lost_at, ''), coalesce(known.customer_key, ''), coalesce(known.node_path, ''),
  coalesce(known.tier, ''), coalesce(known.owner_userid, '')
FROM adds LEFT JOIN known ON known.external_userid = adds.external_userid AND known.place = 1
ORDER BY adds.seen_on, adds.userid, adds.external_userid, adds.added_at
"""

type _Key = tuple[str, str, datetime]


class JudgedAdds(Protocol):
    def keep(self, day: date, branch_id: str, judgements: Sequence[Judgement]) -> None:
        """The judged adds of a day and branch, over those of before."""
        ...

    def kept(self, day: date, branch_id: str) -> Sequence[Judgement]:
        """Those of a day and branch as they were judged last."""
        ...

    def tell(self, name: str, judgements: Sequence[Judgement]) -> None:
        """Pass verdicts on to the counters; the same name again is the same telling."""
        ...


@dataclass(frozen=True, slots=True)
class DailyJudging:
    """Use case of a morning. ``rules`` gives those in force and their version."""

    engine: SqlEngine
    judged: JudgedAdds
    rules: Callable[[], tuple[AddRules, int]]
    appeals: ApprovedAppeals

    def judge(self, seen_on: date, customers: Selection | None) -> int:
        """How many adds were judged by the snapshot of ``seen_on``; none without a customer master.

        Appeals that were approved since the last time are taken up whatever the day of their add. Repeatable: the same
        snapshots and appeals give the same judgements.
        """
        approved = self.appeals.approved(seen_on - LONGEST_APPEAL, seen_on)
        by_add = {appeal.wanted.place.add_id: appeal for appeal in approved}
        found = [] if customers is None else self._judgements(seen_on, customers)
        judgements = [upheld(each, by_add.get(each.evidence.add.add_id)) for each in found]
        self._keep(judgements)
        self.judged.tell(f"judged-{seen_on.isoformat()}", judgements)
        self._take_up([appeal for appeal in approved if appeal.counted_on is None], judgements, seen_on)
        return len(judgements)

    def _judgements(self, seen_on: date, customers: Selection) -> list[Judgement]:
        rules, version = self.rules()
        days = [seen_on, seen_on - timedelta(days=rules.kept_days), seen_on - timedelta(days=settled_after(rules))]
        found = self._snapshots(seen_on, days, rules, customers)
        now = found.get(seen_on, {})
        everything = {**now}
        for day in days[1:]:
            everything |= _as_first_seen(day, found, now, rules)
        return [
            judge(evidence, rules, version, seen_on + timedelta(days=1))
            for day in days
            for evidence in gathered(_around(everything.values(), day), day, day, rules)
        ]

    def _take_up(self, appeals: Sequence[Appeal], judged_now: Iterable[Judgement], seen_on: date) -> None:
        """Correct the verdicts on adds that are not judged anew, tell all of them, then mark the appeals.

        A document of its own tells them: the morning's own may have been counted already when the run is repeated.
        """
        wanted = {appeal.wanted.place.add_id: appeal for appeal in appeals}
        corrected = {each.evidence.add.add_id: each for each in judged_now if each.evidence.add.add_id in wanted}
        elsewhere = (wanted[add_id].wanted.place for add_id in wanted.keys() - corrected.keys())
        for day, branch_id in sorted({(place.day, place.branch_id) for place in elsewhere}):
            corrected |= self._corrected(day, branch_id, wanted)
        told = [corrected[add_id] for add_id in sorted(corrected)]
        self.judged.tell(f"appealed-{seen_on.isoformat()}-{ids.derive('adds', *sorted(corrected))}", told)
        for add_id in sorted(corrected):
            with suppress(StaleRequestError):  # another run of the same morning was faster
                self.appeals.save(replace(wanted[add_id], counted_on=seen_on + timedelta(days=1)))

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

    def _snapshots(
        self, seen_on: date, days: Sequence[date], rules: AddRules, customers: Selection
    ) -> dict[date, dict[_Key, Add]]:
        kept = timedelta(days=rules.kept_days - 1)
        wanted = sorted({seen_on, *chain.from_iterable((day, day + kept) for day in days[1:])})
        partitions = tuple(f"day={day.isoformat()}" for day in wanted)
        rows = self.engine.query(ADDS_WITH_CUSTOMERS, [Selection(ADDS, partitions), customers], {})
        found: dict[date, dict[_Key, Add]] = defaultdict(dict)
        for seen, *told in rows:
            add = _add(told)
            found[date.fromisoformat(seen)][_key(add)] = add
        return found

    def _keep(self, judgements: Sequence[Judgement]) -> None:
        places: dict[tuple[date, str], list[Judgement]] = defaultdict(list)
        for each in judgements:
            add = each.evidence.add
            places[add.day, branch_of(add.node_path)].append(each)
        for (day, branch_id), those in sorted(places.items()):
            self.judged.keep(day, branch_id, those)


def _as_first_seen(
    day: date, found: Mapping[date, Mapping[_Key, Add]], now: Mapping[_Key, Add], rules: AddRules
) -> dict[_Key, Add]:
    """The adds of a day where the member stood that day, with what the later snapshots say: there, gone before it was
    kept long enough, or gone after."""
    kept = timedelta(days=rules.kept_days)
    later = found.get(day + kept - timedelta(days=1))
    told: dict[_Key, Add] = {}
    for key, add in found.get(day, {}).items():
        if add.day != day:
            continue
        if key in now:
            told[key] = replace(now[key], node_path=add.node_path)
            continue
        went_early = later is not None and key not in later
        lost_at = add.lost_at or add.added_at + kept + timedelta(seconds=0 if went_early else 1)
        told[key] = replace(add, lost_at=lost_at)
    return told


def _around(adds: Iterable[Add], day: date) -> list[Add]:
    return [add for add in adds if day - timedelta(days=MONTH_DAYS) <= add.day <= day]


def _key(add: Add) -> _Key:
    return add.userid, add.external_userid, add.added_at


def _add(row: Sequence[Any]) -> Add:
    userid, node_path, external_userid, added_at, adders, was_followed, lost_at, key, home, tier, manager = row
    return Add(
        userid=userid,
        node_path=node_path,
        external_userid=external_userid,
        added_at=clock.from_iso(added_at),
        adders=adders,
        was_followed=was_followed,
        lost_at=clock.from_iso(lost_at) if lost_at else None,
        customer_key=key,
        home_path=home,
        tier=tier,
        manager=manager,
    )
