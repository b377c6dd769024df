"""Nodes that were merged into others: who asks for the one that is left finds what was counted at all of them (S10)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from scrm.kpi.ports import Measures, NodeMeasures


@dataclass(frozen=True, slots=True)
class LineageMeasures:
    """Implements `scrm.kpi.ports.NodeMeasures`. ``merged``: closed node -> the node that it was merged into.

    Nothing of the past moves: what is above the closed node keeps what was done there, so that a bank's or a branch's
    sums stay as they were, and only the node itself is asked together with its predecessors.
    """

    measures: NodeMeasures
    merged: Callable[[], Mapping[str, str]]

    def of_days(self, node_id: str, first: date, last: date) -> dict[date, dict[str, int]]:
        days: dict[date, dict[str, int]] = {}
        for one in self._line_of(node_id):
            for day, measures in self.measures.of_days(one, first, last).items():
                _add(days.setdefault(day, {}), measures)
        return days

    def of_members(self, node_id: str, first: date, last: date) -> dict[str, dict[date, dict[str, int]]]:
        members: dict[str, dict[date, dict[str, int]]] = {}
        for one in self._line_of(node_id):
            for userid, days in self.measures.of_members(one, first, last).items():
                for day, measures in days.items():
                    _add(members.setdefault(userid, {}).setdefault(day, {}), measures)
        return members

    def _line_of(self, node_id: str) -> list[str]:
        """The node and all that came into it, each once, even where the bank's document has a loop."""
        line, merged = [node_id], self.merged()
        for one in line:
            line += [closed for closed, into in merged.items() if into == one and closed not in line]
        return line


def _add(total: dict[str, int], measures: Measures) -> None:
    for measure, value in measures.items():
        total[measure] = total.get(measure, 0) + value
