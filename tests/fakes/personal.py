"""Ports of the count of members' own messages, in memory."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from scrm.pressure.model import PressureClass
from scrm.pressure.personal import PersonalMessage, PersonalPostponedError, Received


@dataclass
class FakePersonalMessages:
    """Implements PersonalMessages. ``rows`` by msgid; ``postponed`` so many calls have to wait until that moment."""

    messages: list[PersonalMessage] = field(default_factory=list)
    rows: dict[str, list[Received]] = field(default_factory=dict)
    windows: list[tuple[datetime, datetime]] = field(default_factory=list)
    postponed: list[datetime] = field(default_factory=list)

    def created_between(
        self, pressure_class: PressureClass, since: datetime, until: datetime
    ) -> Iterator[PersonalMessage]:
        self._wait()
        if pressure_class is PressureClass.PUSH:
            self.windows.append((since, until))
        for message in self.messages:
            if message.pressure_class is pressure_class and since <= message.created_at < until:
                yield message

    def received(self, message: PersonalMessage) -> Iterator[Received]:
        self._wait()
        yield from self.rows[message.msgid]

    def _wait(self) -> None:
        if self.postponed:
            raise PersonalPostponedError(self.postponed.pop())


@dataclass
class FakePersonalQueue:
    """Implements PersonalQueue."""

    asked: list[tuple[PersonalMessage, datetime | None]] = field(default_factory=list)

    def request_counts(self, messages: Sequence[PersonalMessage], not_before: datetime | None = None) -> None:
        self.asked += [(message, not_before) for message in messages]


@dataclass
class FakePersonalMarks:
    """Implements PersonalMarks."""

    until: datetime | None = None

    def listed_until(self) -> datetime | None:
        return self.until

    def mark(self, until: datetime) -> None:
        self.until = until if self.until is None else max(self.until, until)


@dataclass
class FakeTargetOwners:
    """Implements TargetOwners."""

    owners: dict[str, str] = field(default_factory=dict)

    def owners_of(self, pressure_class: PressureClass, target_ids: Sequence[str]) -> dict[str, str]:
        del pressure_class
        return {one: self.owners[one] for one in target_ids if one in self.owners}
