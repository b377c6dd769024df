"""What members send of their own accord (S38): WeCom reports personal mass messages, and the ledger counts them.

A pass lists what was created since the last one and asks for one count of each message; the count reads to whom it
went. Both may be repeated: the touch is the message's own. Nothing is taken back because of it, but the customer has
that much less room for campaigns.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import batched
from typing import Final, Protocol

from scrm import ids
from scrm.homes import home_of
from scrm.pressure.ledger import PressureLedger
from scrm.pressure.model import PressureClass, Touch
from scrm.pressure.weeks import week_of

COUNTED: Final = (PressureClass.PUSH, PressureClass.GROUP)
_TOGETHER = 100


class PersonalPostponedError(Exception):
    """WeCom could not be asked now, or is not ready to tell; again at ``not_before``."""

    def __init__(self, not_before: datetime) -> None:
        super().__init__("the call has to wait")
        self.not_before = not_before


class PersonalRefusedError(Exception):
    """WeCom will not tell; ``errcode`` says why."""

    def __init__(self, errcode: int) -> None:
        super().__init__(f"WeCom refused the call with errcode {errcode}")
        self.errcode = errcode


@dataclass(frozen=True, slots=True)
class PersonalMessage:
    """One member's own mass message, to customers (``push``) or groups; ``looks`` counts how often it was read."""

    msgid: str
    userid: str
    pressure_class: PressureClass
    created_at: datetime
    looks: int = 0

    @property
    def touch_id(self) -> str:
        return ids.derive("touch", "personal", self.msgid)


@dataclass(frozen=True, slots=True)
class Received:
    """A customer or group of a message: ``sent_at`` is when it was sent; None with ``is_open``: it may still be."""

    target_id: str
    sent_at: datetime | None = None
    is_open: bool = False


class PersonalMessages(Protocol):
    """WeCom's record of what members sent themselves. Raises PersonalPostponedError, PersonalRefusedError."""

    def created_between(
        self, pressure_class: PressureClass, since: datetime, until: datetime
    ) -> Iterator[PersonalMessage]: ...

    def received(self, message: PersonalMessage) -> Iterator[Received]: ...


class PersonalQueue(Protocol):
    """Work for the reconciliation; a repeat is harmless."""

    def request_counts(self, messages: Sequence[PersonalMessage], not_before: datetime | None = None) -> None: ...


class PersonalMarks(Protocol):
    """How far the passes came."""

    def listed_until(self) -> datetime | None: ...

    def mark(self, until: datetime) -> None:
        """Everything created before that moment was asked for; an earlier one changes nothing."""


class TargetOwners(Protocol):
    """Who answers for customers and group chats now."""

    def owners_of(self, pressure_class: PressureClass, target_ids: Sequence[str]) -> dict[str, str]:
        """Owner by id; one whom nobody owns is left out."""


@dataclass(frozen=True, slots=True)
class PersonalSettings:
    """``lag``: a message is listed once it is so old. ``step`` is listed at a time: a killed pass goes on there.

    ``farthest``: what was created longer ago is not looked at, older weeks count nowhere. ``longest_pass`` is how long
    one runs. What was not sent yet is read again ``most_looks`` times, each time after ``recheck``.
    """

    lag: timedelta = timedelta(minutes=10)
    step: timedelta = timedelta(hours=1)
    farthest: timedelta = timedelta(days=7)
    longest_pass: timedelta = timedelta(minutes=2)
    recheck: timedelta = timedelta(minutes=15)
    most_looks: int = 8


@dataclass(frozen=True, slots=True)
class PersonalSends:
    """Use cases of the reconciliation."""

    messages: PersonalMessages
    queue: PersonalQueue
    marks: PersonalMarks
    owners: TargetOwners
    ledger: PressureLedger
    settings: PersonalSettings
    now: Callable[[], datetime]

    def request_new(self) -> int:
        """Ask for a count of every message created since the last pass; where WeCom makes us wait the next goes on."""
        started = self.now()
        until, found = started - self.settings.lag, 0
        at = max(self.marks.listed_until() or started - self.settings.farthest, started - self.settings.farthest)
        while at < until and self.now() - started < self.settings.longest_pass:
            end = min(at + self.settings.step, until)
            try:
                found += self._request(at, end)
            except PersonalPostponedError:
                break
            self.marks.mark(end)
            at = end
        return found

    def _request(self, since: datetime, until: datetime) -> int:
        found = 0
        for pressure_class in COUNTED:
            listed = self.messages.created_between(pressure_class, since, until)
            for part in batched(listed, _TOGETHER, strict=False):
                self.queue.request_counts(part)
                found += len(part)
        return found

    def count(self, message: PersonalMessage) -> int:
        """Settle the message for everybody it reached; how many. Raises PressureBusyError."""
        try:
            rows = list(self.messages.received(message))
        except PersonalPostponedError as waiting:
            if self.now() < message.created_at + self.settings.farthest:
                self.queue.request_counts([message], waiting.not_before)
            return 0
        weeks = {row.target_id: week_of(row.sent_at) for row in rows if row.sent_at}
        for home, mine in self._by_home(message.pressure_class, weeks).items():
            told = tuple(sorted(set(mine.values())))
            touch = Touch(message.touch_id, message.pressure_class, told, expires_at=message.created_at)
            self.ledger.settle(home, touch, mine)
        if any(row.is_open for row in rows) and message.looks < self.settings.most_looks:
            later = self.now() + self.settings.recheck
            self.queue.request_counts([replace(message, looks=message.looks + 1)], later)
        return len(weeks)

    def _by_home(self, pressure_class: PressureClass, weeks: dict[str, str]) -> dict[str, dict[str, str]]:
        """The customers by where their entries lie: with the accountable owner, whoever sent."""
        owners = self.owners.owners_of(pressure_class, list(weeks)) if weeks else {}
        found: dict[str, dict[str, str]] = defaultdict(dict)
        for target_id, week in weeks.items():
            found[home_of(owners.get(target_id, ""), target_id)][target_id] = week
        return found
