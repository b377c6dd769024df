"""Contact ways in memory: the store by the rules of the table, and a WeCom that has ways."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from scrm.clock import BUSINESS_ZONE
from scrm.paging import Page
from scrm.ways.model import Arrival, ContactWay, WayAsTold
from scrm.ways.ports import WayGoneError


@dataclass
class FakeWays:
    """Implements `scrm.ways.ports.WayStore`, `Arrivals`, `ArrivalFacts` and `Successors`."""

    rows: dict[str, ContactWay] = field(default_factory=dict)
    arrivals: dict[tuple[str, str], Arrival] = field(default_factory=dict)
    facts: list[Arrival] = field(default_factory=list)
    takers: dict[str, str] = field(default_factory=dict)

    def find(self, way_id: str) -> ContactWay | None:
        return self.rows.get(way_id)

    def add(self, way: ContactWay) -> bool:
        if way.way_id in self.rows:
            return False
        self.rows[way.way_id] = replace(way, version=1)
        return True

    def save(self, way: ContactWay) -> ContactWay | None:
        if self.rows[way.way_id].version != way.version:
            return None
        self.rows[way.way_id] = replace(way, version=way.version + 1)
        return self.rows[way.way_id]

    def of_node(self, node_id: str, cursor: str | None, limit: int) -> Page[ContactWay]:
        found = sorted((way for way in self.rows.values() if way.node_id == node_id), key=lambda way: way.made_at)
        begin = int(cursor or 0)
        page = found[::-1][begin : begin + limit]
        return Page(tuple(page), str(begin + limit) if begin + limit < len(found) else None)

    def after(self, way_id: str, limit: int) -> Sequence[ContactWay]:
        return [self.rows[each] for each in sorted(self.rows) if each > way_id][:limit]

    def count(self, arrival: Arrival, way: ContactWay) -> bool:
        key = (way.way_id, arrival.external_userid)
        if key in self.arrivals:
            return False
        self.arrivals[key] = arrival
        return True

    def came(self, arrival: Arrival, way: ContactWay) -> None:
        self.facts.append(arrival)

    def per_day(self, way_id: str) -> dict[date, int]:
        days = [at.at.astimezone(BUSINESS_ZONE).date() for (way, _), at in self.arrivals.items() if way == way_id]
        return {day: days.count(day) for day in days}

    def took_over(self, handover_userid: str, takeover_userid: str, at: datetime) -> None:
        self.takers.setdefault(handover_userid, takeover_userid)

    def successor_of(self, userid: str) -> str | None:
        return self.takers.get(userid)


@dataclass
class FakeWayBook:
    """Implements `scrm.ways.ports.WayBook`; raises what is in ``failures`` before it does what it is asked,
    what is in ``lost`` after it.
    """

    rows: dict[str, WayAsTold] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    failures: list[Exception] = field(default_factory=list)
    lost: list[Exception] = field(default_factory=list)

    def add(self, way: WayAsTold) -> tuple[str, str]:
        self._called("add")
        config_id = f"config_{len(self.rows) + 1}"
        self.rows[config_id] = way
        self._answered()
        return config_id, _qr(config_id)

    def change(self, config_id: str, way: WayAsTold) -> None:
        self._called("change")
        self._known(config_id)
        self.rows[config_id] = way
        self._answered()

    def get(self, config_id: str) -> tuple[WayAsTold, str]:
        return self._known(config_id), _qr(config_id)

    def remove(self, config_id: str) -> None:
        self._called("remove")
        self._known(config_id)
        del self.rows[config_id]
        self._answered()

    def made_since(self, since: datetime) -> Iterator[str]:
        return iter(list(self.rows))

    def _known(self, config_id: str) -> WayAsTold:
        if config_id not in self.rows:
            raise WayGoneError
        return self.rows[config_id]

    def _called(self, name: str) -> None:
        self.calls.append(name)
        if self.failures:
            raise self.failures.pop(0)

    def _answered(self) -> None:
        if self.lost:
            raise self.lost.pop(0)


@dataclass
class FakeStaff:
    """Implements `scrm.ways.ports.ServingStaff`: everybody serves, or whom ``stand_ins`` names serves for him."""

    stand_ins: dict[str, str | None] = field(default_factory=dict)

    def stand_in(self, userid: str, node_path: str) -> str | None:
        return self.stand_ins.get(userid, userid)


@dataclass
class FakeWayNews:
    """Implements `scrm.ways.ports.WayNews`."""

    told: list[str] = field(default_factory=list)

    def changed(self, way_id: str) -> None:
        self.told.append(way_id)


def _qr(config_id: str) -> str:
    return f"https://qr.example/{config_id}"
