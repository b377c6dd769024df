"""Measures by node and day in memory."""

from collections.abc import Iterable, Mapping
from datetime import date

from scrm.kpi.ports import CountedPack, Measures


class FakeMeasures:
    """Implements `scrm.kpi.ports.CountedMeasures`, `StandingMeasures` and `NodeMeasures`."""

    def __init__(self) -> None:
        self.packs: dict[tuple[str, date, int, int], CountedPack] = {}
        self.standing: dict[tuple[str, date, str], tuple[int, Measures]] = {}

    def count(self, packs: Iterable[CountedPack]) -> None:
        for pack in packs:
            key = (pack.node_id, pack.day, pack.shard, pack.part)
            if key not in self.packs or self.packs[key].window < pack.window:
                self.packs[key] = pack

    def stand(self, day: date, source: str, version: int, by_node: Mapping[str, Measures]) -> None:
        for node_id, measures in by_node.items():
            known = self.standing.get((node_id, day, source))
            if known is None or known[0] <= version:
                self.standing[node_id, day, source] = (version, dict(measures))

    def of_days(self, node_id: str, first: date, last: date) -> dict[date, dict[str, int]]:
        days: dict[date, dict[str, int]] = {}
        told = [(node, day, pack.total) for (node, day, _, _), pack in self.packs.items()]
        told += [(node, day, measures) for (node, day, _), (_, measures) in self.standing.items()]
        for node, day, measures in told:
            if node == node_id and first <= day <= last:
                _add(days.setdefault(day, {}), measures)
        return days

    def of_members(self, node_id: str, first: date, last: date) -> dict[str, dict[date, dict[str, int]]]:
        members: dict[str, dict[date, dict[str, int]]] = {}
        for (node, day, _, _), pack in self.packs.items():
            if node == node_id and first <= day <= last:
                for userid, measures in pack.members.items():
                    _add(members.setdefault(userid, {}).setdefault(day, {}), measures)
        return members


def _add(total: dict[str, int], measures: Measures) -> None:
    for measure, value in measures.items():
        if value:
            total[measure] = total.get(measure, 0) + value
