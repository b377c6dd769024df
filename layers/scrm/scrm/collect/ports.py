"""What collecting needs from the outside world."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Protocol

from scrm.collect.model import (
    AddsStep,
    AddsWork,
    FollowedCustomer,
    GroupDay,
    MemberDay,
    Part,
    Plan,
    Readings,
    RosterRow,
    Run,
)
from scrm.sql import Selection


class NotNowError(Exception):
    """WeCom takes no call before ``not_before``; nothing of the last one was read."""

    def __init__(self, not_before: datetime) -> None:
        super().__init__(not_before)
        self.not_before = not_before


class Roster(Protocol):
    def rows(self) -> Iterator[RosterRow]:
        """Everybody in the organisation as of now, in a fixed order."""
        ...


class MemberStatistics(Protocol):
    """WeCom's statistics. Raises NotNowError."""

    def of_member(self, userid: str, first: date, last: date) -> list[MemberDay]:
        """His days; none of somebody whom WeCom does not know any more."""
        ...

    def of_groups(self, userids: Sequence[str], day: date) -> list[GroupDay]:
        """At most 100 owners, on a day that is over; who left, or owns none, is left out."""
        ...


class Followings(Protocol):
    def of_member(self, userid: str) -> Iterator[FollowedCustomer]:
        """His relations that last on his side, by customer, page by page."""
        ...


class RunFolder(Protocol):
    """What is kept of a run while it lasts."""

    def plan(self, run: Run) -> Plan | None:
        """None before it was planned."""
        ...

    def put_part(self, run: Run, number: int, rows: Sequence[RosterRow]) -> None: ...

    def part(self, run: Run, number: int) -> Sequence[RosterRow]: ...

    def put_plan(self, run: Run, plan: Plan) -> None: ...

    def readings(self, part: Part) -> Readings | None:
        """What was read of it before its place; None when that is not kept."""
        ...

    def put_readings(self, part: Part, read: Readings) -> None: ...

    def note_done(self, run: Run, number: int) -> None: ...

    def done(self, run: Run) -> set[int]: ...

    def note_snapshot(self, day: date, sections: int) -> None:
        """All of a day's contacts are written, in so many sections."""
        ...

    def note_section(self, work: AddsWork) -> None:
        """A section's step is done."""
        ...

    def sections_done(self, run: Run, step: AddsStep) -> set[int]: ...

    def begin_history(self) -> bool:
        """True exactly once in the bank's life, and on repeats by the same caller until it was noted."""
        ...

    def note_history(self) -> None: ...


class BankCustomers(Protocol):
    def published(self) -> Selection | None:
        """The customer master that the bank published last; None: it published none."""
        ...


class CollectQueue(Protocol):
    def parts_due(self, parts: Iterable[Part]) -> None:
        """Each at once, or when WeCom takes calls again."""
        ...

    def run_read(self, run: Run, measured: int = 0) -> None:
        """Everything of the run was read: measures are due, from the step on that is ``measured``."""
        ...

    def coverage_due(self, run: Run) -> None:
        """Coverage of the run's day is to be measured."""
        ...

    def adds_due(self, works: Iterable[AddsWork]) -> None: ...

    def run_due(self, run: Run) -> None:
        """The run is to be planned."""
        ...
