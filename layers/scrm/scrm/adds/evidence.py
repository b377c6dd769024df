"""Evidence on each add: in what company it lies, of the same member, on its day and in the 30 days before."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from statistics import median
from typing import Final

from scrm.adds.model import Add, Company, Evidence
from scrm.adds.rules import AddRules

MONTH_DAYS: Final = 30
_SHARED: Final = 2


def gathered(adds: Iterable[Add], first: date, last: date, rules: AddRules) -> list[Evidence]:
    """Evidence on the adds of the days from ``first`` to ``last``, by member, time and customer.

    ``adds`` are all adds of these members from `MONTH_DAYS` before ``first`` on; in any order, each once.
    """
    by_member: dict[str, list[Add]] = defaultdict(list)
    for add in adds:
        by_member[add.userid].append(add)
    found: list[Evidence] = []
    for userid in sorted(by_member):
        mine = sorted(by_member[userid], key=lambda add: (add.added_at, add.external_userid))
        found += _of_member(mine, first, last, rules)
    return found


def _of_member(adds: Sequence[Add], first: date, last: date, rules: AddRules) -> list[Evidence]:
    by_day: dict[date, list[Add]] = defaultdict(list)
    for add in adds:
        by_day[add.day].append(add)
    found: list[Evidence] = []
    for day in sorted(by_day):
        if first <= day <= last:
            since = day - timedelta(days=MONTH_DAYS - 1)
            month = [add for add in adds if since <= add.day <= day]
            others = [len(those) for other, those in by_day.items() if other != day]
            usual = int(median(others) * 10) if others else 0
            on_day, of_month = company(by_day[day], rules), company(month, rules)
            found += [Evidence(add, usual, on_day, of_month) for add in by_day[day]]
    return found


def company(adds: Sequence[Add], rules: AddRules) -> Company:
    return Company(
        adds=len(adds),
        unlinked=sum(not add.is_linked for add in adds),
        elsewhere=sum(add.is_from_elsewhere for add in adds),
        lost=sum(went_early(add, rules) for add in adds),
        shared=sum(add.adders >= _SHARED for add in adds),
    )


def went_early(add: Add, rules: AddRules) -> bool:
    return add.lost_at is not None and add.lost_at - add.added_at <= timedelta(days=rules.kept_days)
