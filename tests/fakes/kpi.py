"""Measures, nodes and marks in memory."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from scrm.kpi.telling import Node

type Days = dict[date, dict[str, int]]


@dataclass
class MeasuresByHand:
    """Implements `scrm.kpi.ports.NodeMeasures`; a test says what each node has, the sums above are its own affair."""

    nodes: dict[str, Days] = field(default_factory=dict)
    members: dict[str, dict[str, Days]] = field(default_factory=dict)

    def put(self, node_id: str, day: date, **measures: int) -> None:
        self.nodes.setdefault(node_id, {}).setdefault(day, {}).update(measures)

    def of_days(self, node_id: str, first: date, last: date) -> Mapping[date, Mapping[str, int]]:
        return _between(self.nodes.get(node_id, {}), first, last)

    def of_members(self, node_id: str, first: date, last: date) -> Mapping[str, Mapping[date, Mapping[str, int]]]:
        found = {userid: _between(days, first, last) for userid, days in self.members.get(node_id, {}).items()}
        return {userid: days for userid, days in found.items() if days}


@dataclass
class FakeNodes:
    """Implements `scrm.kpi.telling.Nodes`."""

    nodes: list[Node] = field(default_factory=list)

    def of_month(self, first: date) -> Iterable[Node]:
        del first
        return list(self.nodes)


@dataclass
class FakeMarks:
    """Implements `scrm.kpi.telling.TellingMarks`."""

    marks: dict[str, str] = field(default_factory=dict)

    def read(self, name: str) -> str:
        return self.marks.get(name, "")

    def write(self, name: str, mark: str) -> None:
        self.marks[name] = mark


def _between(days: Days, first: date, last: date) -> Days:
    return {day: measures for day, measures in days.items() if first <= day <= last}
