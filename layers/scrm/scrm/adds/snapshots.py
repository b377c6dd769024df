"""What the snapshots of mornings say of adds: who follows whom, day by day, with the bank's word on the customer."""

import functools
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any, Final, Protocol

from scrm import clock
from scrm.adds.evidence import MONTH_DAYS
from scrm.adds.judging import settled_after
from scrm.adds.model import Add
from scrm.adds.rules import AddRules
from scrm.clock import BUSINESS_ZONE
from scrm.sql import Dataset, SqlValue

ADDS: Final = Dataset(
    name="adds",
    prefix="kpi/adds_seen",
    columns={
        "seen_on": "VARCHAR",
        "userid": "VARCHAR",
        "node_path": "VARCHAR",
        "external_userid": "VARCHAR",
        "unionid": "VARCHAR",
        "added_at": "VARCHAR",
        "adders": "BIGINT",
        "was_followed": "BOOLEAN",
        "lost_at": "VARCHAR",
    },
    sorted_by=("node_path", "userid"),
)
"""Partition ``day``, or ``day`` and ``section``: contacts that began within `SEEN_DAYS` days and were there at its end;
pieces, rows may repeat."""
SEEN_DAYS: Final = 85  # a month before the oldest add that is judged, and the mornings that may have been missed
MOST_MISSED: Final = 9
"""So many mornings without a snapshot the next one makes up for."""
ADDS_WITH_CUSTOMERS: Final = """
WITH wanted AS (
  SELECT DISTINCT seen_on, userid, node_path, external_userid, unionid, added_at, adders, was_followed, lost_at
  FROM adds
  WHERE (seen_on = $now_seen AND added_at >= $now_from AND added_at < $now_to)
    OR (contains($kept_seen, seen_on) AND added_at >= $kept_from AND added_at < $kept_to)
    OR (contains($settled_seen, seen_on) AND added_at >= $settled_from AND added_at < $settled_to)
), people AS (
  SELECT DISTINCT external_userid, unionid FROM wanted
), claims AS (
  SELECT people.external_userid AS external_userid, customer_key, node_path, tier, owner_userid, 1 AS strength
  FROM people JOIN bank_customers ON bank_customers.external_userid = people.external_userid
  WHERE people.external_userid <> ''
  UNION ALL
  SELECT people.external_userid AS external_userid, customer_key, node_path, tier, owner_userid, 2 AS strength
  FROM people JOIN bank_customers ON bank_customers.unionid = people.unionid
  WHERE people.unionid <> ''
), known AS (
  SELECT external_userid, customer_key, node_path, tier, owner_userid,
         row_number() OVER (PARTITION BY external_userid ORDER BY strength, customer_key) AS place
  FROM claims
)
SELECT wanted.seen_on, wanted.userid, wanted.node_path, wanted.external_userid, wanted.added_at, wanted.adders,
  wanted.was_followed, coalesce(wanted.lost_at, ''), coalesce(known.customer_key, ''), coalesce(known.node_path, ''),
  coalesce(known.tier, ''), coalesce(known.owner_userid, '')
FROM wanted LEFT JOIN known ON known.external_userid = wanted.external_userid AND known.place = 1
ORDER BY wanted.userid, wanted.seen_on, wanted.external_userid, wanted.added_at
"""
"""With the bank's word on each: the customer whom its master names by external_userid, else by unionid."""

type Key = tuple[str, str, datetime]
type Told = Mapping[date, Mapping[Key, Add]]


class Snapshots(Protocol):
    def sections(self, day: date) -> int | None:
        """In how many sections the snapshot of a day was written; None when there is none, or half of one."""
        ...


@dataclass(frozen=True, slots=True)
class Days:
    """The days of a morning: whose adds are judged, by which snapshots.

    ``recent``: up to ``seen_on``, since the last morning that was not missed. ``kept``: were there long enough by now.
    ``settled``: nothing new is waited for. ``written``: of the snapshots that are read, in how many sections each is.
    """

    seen_on: date
    rules: AddRules
    recent: tuple[date, ...]
    kept: tuple[date, ...]
    settled: tuple[date, ...]
    written: Mapping[date, int]

    @classmethod
    def of(cls, seen_on: date, rules: AddRules, snapshots: Snapshots) -> "Days":
        sections = functools.cache(snapshots.sections)
        before = (back for back in range(MOST_MISSED + 1) if sections(_back(seen_on, back + 1)) is not None)
        recent = [_back(seen_on, back) for back in range(next(before, 0) + 1)]
        kept, settled = (
            tuple(day for one in recent if (day := _back(one, by)) not in recent)
            for by in (rules.kept_days, settled_after(rules))
        )
        looks = {seen_on}
        for day in (*kept, *settled):
            looks |= {_back(day, -later) for later in range(rules.kept_days) if _back(day, -later) <= seen_on}
        written = {day: found for day in sorted(looks) if (found := sections(day)) is not None}
        days = cls(seen_on, rules, tuple(recent), kept, settled, written)
        return replace(days, written={day: written[day] for day in sorted(days.snapshots & written.keys())})

    @property
    def judged(self) -> tuple[date, ...]:
        return tuple(dict.fromkeys((*self.recent, *self.kept, *self.settled)))

    @property
    def snapshots(self) -> frozenset[date]:
        older = (look for day in (*self.kept, *self.settled) for look in self._of(day))
        return frozenset({self.seen_on, *older})

    def parameters(self) -> dict[str, SqlValue]:
        """Of the statement: all recent adds as they are now, and of older snapshots only those of the days judged."""
        return {
            "now_seen": self.seen_on.isoformat(),
            "now_from": _begin(_back(min(self.judged), MONTH_DAYS)),
            "now_to": _begin(_back(self.seen_on, -1)),
            **self._parameters("kept", self.kept),
            **self._parameters("settled", self.settled),
        }

    def as_of_now(self, found: Told) -> list[Add]:
        """A member's adds, those of the older days with what became of them."""
        now = found.get(self.seen_on, {})
        everything = dict(now)
        for day in (*self.kept, *self.settled):
            everything |= self._as_first_seen(day, found, now)
        return list(everything.values())

    def _as_first_seen(self, day: date, found: Told, now: Mapping[Key, Add]) -> dict[Key, Add]:
        """The adds of a day where the member stood that day, with what the later snapshots say: there, gone before it
        was kept long enough, or gone after."""
        kept = timedelta(days=self.rules.kept_days)
        first, *later = self._of(day) or (day,)
        told: dict[Key, Add] = {}
        for key, add in found.get(first, {}).items():
            if add.day != day:
                continue
            if key in now:
                told[key] = replace(now[key], node_path=add.node_path)
                continue
            went_early = any(key not in found.get(look, {}) for look in later)
            lost_at = add.lost_at or add.added_at + kept + timedelta(seconds=0 if went_early else 1)
            told[key] = replace(add, lost_at=lost_at)
        return told

    def _of(self, day: date) -> tuple[date, ...]:
        """The first snapshot that has adds of a day, and the last that says whether they were kept; where mornings were
        missed, one of them or neither."""
        looks = [look for back in range(self.rules.kept_days) if (look := _back(day, -back)) in self.written]
        return tuple(dict.fromkeys((looks[0], looks[-1]))) if looks else ()

    def _parameters(self, name: str, days: Sequence[date]) -> dict[str, SqlValue]:
        looks = sorted({look for day in days for look in self._of(day)})
        return {
            f"{name}_seen": [each.isoformat() for each in looks],
            f"{name}_from": _begin(min(days, default=self.seen_on)),
            f"{name}_to": _begin(_back(max(days, default=self.seen_on), -1)),
        }


def _back(day: date, by: int) -> date:
    return day - timedelta(days=by)


def _begin(day: date) -> str:
    """The first moment of a business day; moments of one form compare as texts."""
    return clock.to_iso(datetime.combine(day, time.min, BUSINESS_ZONE))


def member_of(row: Sequence[Any]) -> str:
    return str(row[1])


def by_snapshot(rows: Iterable[Sequence[Any]]) -> dict[date, dict[Key, Add]]:
    found: dict[date, dict[Key, Add]] = defaultdict(dict)
    for seen, *told in rows:
        add = _add(told)
        found[date.fromisoformat(seen)][_key(add)] = add
    return found


def _key(add: Add) -> Key:
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
