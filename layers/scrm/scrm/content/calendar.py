"""The content calendar (S29): what goes out on which day, through which channel, for which KPI; and the week's mix."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Protocol

from scrm import clock, ids


class CalendarChannel(StrEnum):
    """How it goes out."""

    ONE_TO_ONE = "one_to_one"
    GROUP = "group"
    MOMENTS = "moments"
    RM_TASK = "rm_task"
    APPLICATION_MESSAGE = "application_message"


@dataclass(frozen=True, slots=True)
class Planned:
    """What a node wants to go out on a day in Shanghai. ``activity_id`` is empty while its content is not made yet."""

    node_id: str
    day: date
    channel: CalendarChannel
    target_kpi: str
    activity_id: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class CalendarEntry:
    """One line of the calendar."""

    entry_id: str
    planned: Planned
    made_by: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class CalendarWeek:
    """An ISO week, Monday to Sunday, with every entry by day; ``mix`` counts entries by KPI."""

    year: int
    week: int
    entries: tuple[CalendarEntry, ...]

    @property
    def monday(self) -> date:
        return date.fromisocalendar(self.year, self.week, 1)

    @property
    def mix(self) -> Mapping[str, int]:
        return dict(sorted(Counter(entry.planned.target_kpi for entry in self.entries).items()))


class CalendarRepository(Protocol):
    """The calendar's part of the content library's table."""

    def entries(self, node_id: str, first: date, last: date) -> Sequence[CalendarEntry]:
        """A node's own, both days included, by day."""

    def put(self, entry: CalendarEntry) -> None: ...

    def remove(self, node_id: str, day: date, entry_id: str) -> bool:
        """False when there is none."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """Use cases of who plans content."""

    repository: CalendarRepository
    now: Callable[[], datetime] = clock.now

    def week(self, node_path: str, year: int, week: int) -> CalendarWeek:
        """What customers of a node hear in a week: its own plans and those of the nodes above it.

        Raises ValueError for a week that the year does not have.
        """
        monday = date.fromisocalendar(year, week, 1)
        nodes = [node_id for node_id in node_path.split("/") if node_id]
        found = [each for node in nodes for each in self.repository.entries(node, monday, monday + timedelta(days=6))]
        return CalendarWeek(year, week, tuple(_in_order(found)))

    def plan(self, planned: Planned, actor: str, key: str) -> CalendarEntry:
        """A new entry; the same person and key give the same one."""
        entry_id = ids.derive("plan", planned.node_id, planned.day.isoformat(), actor, key)
        entry = CalendarEntry(entry_id, planned, actor, self.now())
        self.repository.put(entry)
        return entry

    def drop(self, node_id: str, day: date, entry_id: str) -> bool:
        """Take an entry out; False when there is none."""
        return self.repository.remove(node_id, day, entry_id)


def _in_order(entries: Iterable[CalendarEntry]) -> list[CalendarEntry]:
    return sorted(entries, key=lambda each: (each.planned.day, each.planned.channel, each.entry_id))
