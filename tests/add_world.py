"""Adds of a bank whose staff has quotas, with the truth about each: made from what the news tells, not from our rules.

Quotas of 50 or 100 adds a month; colleagues add each other's private WeChat; shops sell adds by the hundred, whose
accounts live in all provinces, serve many buyers and leave soon; banks hold events where honest people come in crowds
(docs/kpi.md names the sources). Nothing here reads `scrm.adds.rules`.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from scrm.adds.model import Add

FIRST_DAY: Final = datetime(2027, 3, 1, tzinfo=UTC)
DAYS: Final = 62
ADDS: Final = 5_000
_BRANCHES: Final = 31  # provinces; the members of the set sit in three of them
_OUR_BRANCHES: Final = (10, 11, 12)
_TEAMS: Final = 4
_MEMBERS_OF_A_TEAM: Final = 5


class Truth(StrEnum):
    """``counts``: a customer, added honestly, who stays. ``honest``: no fault of anybody, and yet no valid add."""

    COUNTS = "counts"
    HONEST = "honest"
    MUTUAL = "mutual"
    BOUGHT = "bought"

    @property
    def is_planted(self) -> bool:
        return self in {Truth.MUTUAL, Truth.BOUGHT}


@dataclass(frozen=True, slots=True)
class Person:
    """``branch`` is where his account is, 0 for none."""

    external_userid: str
    branch: int = 0
    tier: str = ""


@dataclass
class AddWorld:
    """5,000 adds by one seed, each with its truth; ``events`` are the adds of branch events."""

    seed: int
    adds: list[Add] = field(default_factory=list)
    truth: dict[str, Truth] = field(default_factory=dict)
    events: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        self._people = 0
        self._members = [
            (f"rm_{branch}_{team}_{number}", f"/1/{branch}/{branch}{team}/")
            for branch in _OUR_BRANCHES
            for team in range(_TEAMS)
            for number in range(_MEMBERS_OF_A_TEAM)
        ]
        self._found: list[tuple[Add, Truth, bool]] = []
        self._mutual()
        self._bought()
        self._events()
        while len(self._found) < ADDS:
            self._ordinary()
        self._finish()

    def _finish(self) -> None:
        """WeCom's own list: who was with somebody before, and with how many within a month."""
        kept = sorted(self._found[:ADDS], key=lambda row: (row[0].added_at, row[0].userid))
        of_customer: dict[str, list[Add]] = defaultdict(list)
        for add, _, _ in kept:
            of_customer[add.external_userid].append(add)
        for add, truth, at_event in kept:
            others = [each for each in of_customer[add.external_userid] if each.userid != add.userid]
            near = [each for each in others if abs(each.added_at - add.added_at) <= timedelta(days=30)]
            before = any(each.added_at < add.added_at for each in others)
            told = replace(add, adders=1 + len({each.userid for each in near}), was_followed=before)
            self.adds.append(told)
            self.truth[told.add_id] = Truth.HONEST if before and truth is Truth.COUNTS else truth
            if at_event:
                self.events.add(told.add_id)

    def _mutual(self) -> None:
        """Colleagues at the end of a month; most have an account at home, and the bank marks some of these as staff."""
        for month_end in (30, 61):
            for _ in range(self._random.randint(4, 6)):
                circle = self._random.sample(self._near(), self._random.randint(4, 9))
                private = {userid: self._colleague(int(path.split("/")[2])) for userid, path in circle}
                for userid, path in circle:
                    for other, person in private.items():
                        if other != userid and self._random.random() < 0.85:
                            at = self._moment(month_end - self._random.randint(0, 4), 9, 20)
                            self._note(userid, path, person, at, Truth.MUTUAL, leaves=0.02)

    def _bought(self) -> None:
        """A shop's accounts, delivered within hours or in drops over days, sold again to the next buyer."""
        pool = [self._account() for _ in range(1_200)]
        for _ in range(self._random.randint(9, 12)):
            userid, path = self._random.choice(self._members)
            size = self._random.choice((50, 100, 100, 150))
            begins = self._random.randint(5, DAYS - 8)
            over_days = self._random.choice((1, 1, 1, 2, 5))
            hour = self._random.randint(8, 21)
            for person in self._random.sample(pool, size):
                at = self._moment(begins + self._random.randrange(over_days), hour, hour + 2)
                self._note(userid, path, person, at, Truth.BOUGHT, leaves=0.35)

    def _events(self) -> None:
        """A stall at a market, a savings talk: the branch's own people and many who have no account yet."""
        for _ in range(self._random.randint(9, 13)):
            team = self._near()
            branch = int(team[0][1].split("/")[2])
            day, hour = self._random.randint(3, DAYS - 2), self._random.choice((9, 14, 18))
            walk_ins = self._random.uniform(0.1, 0.5)
            for userid, path in self._random.sample(team, self._random.randint(1, 3)):
                for _ in range(self._random.randint(25, 80)):
                    at = self._moment(day, hour, hour + 3)
                    person, truth = self._visitor(branch, walk_ins)
                    self._note(userid, path, person, at, truth, leaves=0.05, at_event=True)

    def _ordinary(self) -> None:
        userid, path = self._random.choice(self._members)
        person, truth = self._visitor(int(path.split("/")[2]), 0.08)
        at = self._moment(self._random.randrange(DAYS), 9, 18)
        self._note(userid, path, person, at, truth, leaves=0.02)
        if self._random.random() < 0.03:  # his wealth manager adds him too
            other, place = self._random.choice(
                [each for each in self._members if each[1] == path and each[0] != userid]
            )
            self._note(other, place, person, at + timedelta(days=self._random.randint(1, 20)), truth, leaves=0.02)

    def _visitor(self, branch: int, walk_ins: float) -> tuple[Person, Truth]:
        """Of those without an account most open one soon; the bank's link misses one customer in a hundred."""
        drawn = self._random.random()
        if drawn < walk_ins * 0.35:
            return self._person(0), Truth.HONEST
        if self._random.random() < 0.01:
            return self._person(0), Truth.COUNTS
        home = branch if self._random.random() < 0.96 else self._random.randint(1, _BRANCHES)
        return self._person(home), Truth.COUNTS

    def _account(self) -> Person:
        """One of a shop's: a big bank's accounts are in everybody's pocket, in any province."""
        return self._person(self._random.randint(1, _BRANCHES) if self._random.random() < 0.3 else 0)

    def _colleague(self, branch: int) -> Person:
        marked = "staff" if self._random.random() < 0.6 else ""
        return self._person(branch if self._random.random() < 0.9 else 0, marked)

    def _person(self, branch: int, tier: str = "") -> Person:
        self._people += 1
        return Person(f"wm{self.seed}x{self._people}", branch, tier if branch else "")

    def _near(self) -> list[tuple[str, str]]:
        """The members of one branch."""
        branch = self._random.choice(_OUR_BRANCHES)
        return [each for each in self._members if each[1].startswith(f"/1/{branch}/")]

    def _moment(self, day: int, from_hour: int, to_hour: int) -> datetime:
        """Shanghai's hours."""
        seconds = self._random.randrange(from_hour * 3600, to_hour * 3600)
        return FIRST_DAY + timedelta(days=day, seconds=seconds - 8 * 3600)

    def _note(
        self,
        userid: str,
        path: str,
        person: Person,
        at: datetime,
        truth: Truth,
        leaves: float,
        *,
        at_event: bool = False,
    ) -> None:
        lost_at = None
        if self._random.random() < leaves:
            lost_at = at + timedelta(seconds=self._random.randrange(7 * 86_400))
            truth = Truth.HONEST if truth is Truth.COUNTS else truth
        home = f"/1/{person.branch}/{person.branch}0/" if person.branch else ""
        add = Add(
            userid=userid,
            node_path=path,
            external_userid=person.external_userid,
            added_at=at,
            lost_at=lost_at,
            customer_key=f"key-{person.external_userid}" if person.branch else "",
            home_path=home,
            tier=person.tier,
        )
        self._found.append((add, truth, at_event))


def worlds(seeds: range) -> Iterator[AddWorld]:
    for seed in seeds:
        yield AddWorld(seed)


def summary(world: AddWorld) -> Counter[str]:
    return Counter(truth.value for truth in world.truth.values())
