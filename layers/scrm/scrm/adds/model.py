"""An added customer, what is known of him when he is judged, and the judgement."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final, Self

from scrm import clock, ids
from scrm.clock import BUSINESS_ZONE
from scrm.node_paths import branch_of

_REF: Final = re.compile(r"(\d{4}-\d{2}-\d{2})\.([0-9]{1,20})\.(add_[a-z2-7]{26})")


@dataclass(frozen=True, slots=True)
class AddPlace:
    """Where an add's judgement lies: the business day of the add, and the branch."""

    day: date
    branch_id: str
    add_id: str

    @property
    def ref(self) -> str:
        """``2027-03-10.10.add_...``, 64 characters at most."""
        return f"{self.day.isoformat()}.{self.branch_id}.{self.add_id}"

    @classmethod
    def of(cls, ref: str) -> Self | None:
        """None for what is none of ours."""
        found = _REF.fullmatch(ref)
        if found is None:
            return None
        try:
            return cls(date.fromisoformat(found[1]), found[2], found[3])
        except ValueError:
            return None


@dataclass(frozen=True, slots=True)
class Add:
    """A member was added to a customer's contacts. ``node_path`` is where the member stood.

    ``customer_key``, ``home_path``, ``tier`` and ``manager`` are the bank's word on the customer; all empty while no
    identity link leads to one. ``adders`` is how many members added him within 30 days before or after, this one
    included; ``was_followed`` says that another member followed him before, or this one already once.
    ``lost_at`` is when the contact ended, on either side.
    """

    userid: str
    node_path: str
    external_userid: str
    added_at: datetime
    adders: int = 1
    was_followed: bool = False
    lost_at: datetime | None = None
    customer_key: str = ""
    home_path: str = ""
    tier: str = ""
    manager: str = ""

    @property
    def add_id(self) -> str:
        return ids.derive("add", self.userid, self.external_userid, clock.to_iso(self.added_at))

    @property
    def day(self) -> date:
        """The business day of the add."""
        return self.added_at.astimezone(BUSINESS_ZONE).date()

    @property
    def place(self) -> AddPlace:
        return AddPlace(self.day, branch_of(self.node_path), self.add_id)

    @property
    def is_linked(self) -> bool:
        return bool(self.customer_key)

    @property
    def is_managed_here(self) -> bool:
        """Whether the bank's customer master names this very member."""
        return bool(self.manager) and self.manager == self.userid

    @property
    def is_from_elsewhere(self) -> bool:
        """Whether the bank keeps him in another branch (mostly: another province) than the member's."""
        return self.is_linked and bool(self.home_path) and branch_of(self.home_path) != branch_of(self.node_path)


@dataclass(frozen=True, slots=True)
class Company:
    """The adds among which one lies: so many, and how many of them look how. Shares are made of these counts.

    ``lost`` went within the days of the rule; ``shared`` were added by two members or more.
    """

    adds: int = 0
    unlinked: int = 0
    elsewhere: int = 0
    lost: int = 0
    shared: int = 0

    @property
    def linked(self) -> int:
        return self.adds - self.unlinked


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that a judgement rests on. ``usual`` is the member's median of adds on his other days with adds, in tenths;
    ``on_day`` are his adds of the day, ``of_month`` those of the 30 days that end with it."""

    add: Add
    usual_tenths: int
    on_day: Company
    of_month: Company


class Rule(StrEnum):
    IS_CUSTOMER = "is_customer"
    FIRST_ADD = "first_add"
    NOT_STAFF = "not_staff"
    KEPT = "kept"
    ADDED_BY_MANY = "added_by_many"
    BOUGHT_BURST = "bought_burst"
    FROM_ELSEWHERE = "from_elsewhere"


class Answer(StrEnum):
    """What a rule says: ``waits`` when only time can tell."""

    PASSES = "passes"
    WAITS = "waits"
    FAILS = "fails"


class State(StrEnum):
    VALID = "valid"
    PROVISIONAL = "provisional"
    EXCLUDED = "excluded"


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule's answer with the figures it saw and the limits it held them against."""

    rule: Rule
    answer: Answer
    saw: Mapping[str, int | str]


@dataclass(frozen=True, slots=True)
class Judgement:
    """``rules_version`` is that of the settings, 0 for the code's own defaults. ``findings``: every rule's answer.

    ``on_appeal``: it is excluded, and counts because an appeal against the rules that failed was approved.
    """

    evidence: Evidence
    state: State
    findings: tuple[Finding, ...]
    rules_version: int
    judged_on: date
    on_appeal: bool = False

    @property
    def counts(self) -> bool:
        """Whether the add is a valid one."""
        return self.state is State.VALID or self.on_appeal

    @property
    def is_decided(self) -> bool:
        """Nothing is waited for."""
        return self.counts or self.state is State.EXCLUDED

    @property
    def reasons(self) -> tuple[Rule, ...]:
        """The rules that keep it from being valid; of an excluded one, those that failed."""
        wanted = Answer.FAILS if self.state is State.EXCLUDED else Answer.WAITS
        return tuple(finding.rule for finding in self.findings if finding.answer is wanted)
