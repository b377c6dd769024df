"""A run of a morning, its parts, and what is read of a member."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Self

HISTORY_DAYS: Final = 180  # WeCom keeps no more
WINDOW_DAYS: Final = 30  # WeCom's longest range
_AGAIN_DAYS: Final = 2  # WeCom may still have changed these since they were read


class Stage(StrEnum):
    """What a part does next."""

    RELATIONS = "relations"
    STATISTICS = "statistics"


@dataclass(frozen=True, slots=True)
class Run:
    """The days ``first`` to ``last`` are read on the morning of ``morning``.

    ``window`` is 0 for a morning's own run, which reads the last two days; from 1 on they go back in time. Whom a run
    asks, and where they stand, is as of the day before the morning.
    """

    morning: date
    first: date
    last: date
    window: int = 0

    @property
    def run_id(self) -> str:
        return f"{self.morning.isoformat()}-{self.window}"

    @property
    def roster_day(self) -> date:
        return self.morning - timedelta(days=1)

    @property
    def days(self) -> tuple[date, ...]:
        return tuple(self.first + timedelta(days=number) for number in range((self.last - self.first).days + 1))

    @property
    def version(self) -> int:
        """What a later morning reads replaces what an earlier one read."""
        return self.morning.toordinal()

    @classmethod
    def of_morning(cls, morning: date) -> Self:
        return cls(morning, morning - timedelta(days=_AGAIN_DAYS), morning - timedelta(days=1))

    def further_back(self, history_days: int) -> "Run | None":
        """The window before this one; None when it would begin before the history that is wanted."""
        last = self.first - timedelta(days=1)
        oldest = self.morning - timedelta(days=history_days)
        if last < oldest:
            return None
        return replace(
            self, first=max(oldest, last - timedelta(days=WINDOW_DAYS - 1)), last=last, window=self.window + 1
        )


@dataclass(frozen=True, slots=True)
class Plan:
    """How a run is cut: ``parts`` are read one by one; members of one part are in one of ``sections`` of the bank."""

    parts: int
    sections: int = 1


@dataclass(frozen=True, slots=True)
class RosterRow:
    """A member on the morning of a run. ``on_roster``: he counts among the bank's RMs. ``is_licensed``: he has a paid
    seat. ``is_asked``: WeCom has statistics and relations of him."""

    userid: str
    node_id: str
    node_path: str
    on_roster: bool
    is_licensed: bool
    is_asked: bool


@dataclass(frozen=True, slots=True)
class Part:
    """Some members of a run and how far the work on them is; small enough for a message.

    ``not_before``: WeCom takes no call earlier.
    """

    run: Run
    number: int
    stage: Stage = Stage.RELATIONS
    place: int = 0
    not_before: datetime | None = field(default=None, compare=False)

    @property
    def name(self) -> str:
        """Of the file that is written from this place on; a repeat has the same."""
        return f"{self.number:05d}-{self.place:05d}"


class AddsStep(StrEnum):
    """A morning's adds are judged by sections of members, kept by sections of branches, then appeals are taken up."""

    JUDGE = "judge"
    KEEP = "keep"
    TAKE_UP = "take_up"


@dataclass(frozen=True, slots=True)
class AddsWork:
    """One section's step of the adds that a run saw; sections are counted from 0."""

    run: Run
    step: AddsStep
    section: int = 0
    of: int = 1


@dataclass(frozen=True, slots=True)
class MemberDay:
    """What WeCom counted of a member on a day: ``messages`` to customers in talks of two, ``chats`` are such talks.

    ``reply_points``: hundredths of a percent of customers' talks that were answered, times ``chats``; WeCom tells the
    share and not what it is a share of, so that means are weighed by chats. ``reply_minutes`` likewise. Both are None
    on a day without chats.
    """

    userid: str
    day: date
    messages: int = 0
    chats: int = 0
    reply_points: int | None = None
    reply_minutes: int | None = None
    added: int = 0
    applied: int = 0
    lost: int = 0


@dataclass(frozen=True, slots=True)
class Readings:
    """What was read of a part so far: rows of `scrm.collect.datasets.READINGS`, and the figures of groups of the 100
    members from ``groups_from`` on, by ``<userid> <day>``."""

    rows: Sequence[Mapping[str, Any]] = ()
    groups_from: int = -1
    groups: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class GroupDay:
    """What WeCom counted of all groups of an owner on a day."""

    userid: str
    day: date
    groups: int = 0
    groups_active: int = 0
    group_customers: int = 0
    group_messages: int = 0


@dataclass(frozen=True, slots=True)
class FollowedCustomer:
    """A relation that lasts. ``is_accountable``: the member answers for the customer.

    ``unionid`` is empty where WeCom shows none.

    ``adders`` is how many members added him within 30 days before or after, ``was_followed`` whether another one
    followed him before. ``lost_at``: since when the customer has deleted the member; None: active on both sides.
    """

    external_userid: str
    added_at: datetime
    is_accountable: bool
    unionid: str = ""
    adders: int = 1
    was_followed: bool = False
    lost_at: datetime | None = None
