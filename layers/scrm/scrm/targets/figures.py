"""Figures of KPIs by node and month, as targets and gates are compared with them (S10, invariant 6).

A figure is never overwritten: whoever knows better tells a new version, and the old one stays. A ratio travels with
what it was divided by.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Protocol

from scrm.targets.planner import MONTHS
from scrm.targets.stages import Figure

FUNNEL: Final = ("valid_added", "added", "reached", "active_rms")
"""KPIs that tell what happened in a month; a plan's own KPI tells where it stands at the end of the month."""


@dataclass(frozen=True, slots=True)
class MonthFigure:
    """``month``: ``2027-03``. ``source``: where it is from, for people."""

    node_id: str
    kpi: str
    month: str
    figure: Figure
    source: str
    told_by: str
    told_at: datetime
    version: int = 0


class FigureStore(Protocol):
    """Versions of figures, of each the latest one first."""

    def latest(self, node_id: str, kpi: str, first: str, last: str) -> Mapping[str, MonthFigure]:
        """By month, from ``first`` to ``last`` with both."""

    def add(self, figure: MonthFigure) -> bool:
        """Store as this very version; False when there is one."""


@dataclass(frozen=True, slots=True)
class FigureBook:
    """Use cases: figures are told, and read for a plan or a gate."""

    store: FigureStore

    def tell(self, told: Iterable[MonthFigure]) -> int:
        """How many changed something: a figure that is known so already is no new version."""
        return sum(self._tell(figure) for figure in told)

    def standing_at(self, node_id: str, kpis: Iterable[str], month: str, months_back: int = 2) -> dict[str, Figure]:
        """The latest figure of each KPI up to ``month``; one that is older than so many months tells nothing more."""
        first = month_before(month, months_back)
        found = {kpi: self.store.latest(node_id, kpi, first, month) for kpi in kpis}
        return {kpi: months[max(months)].figure for kpi, months in found.items() if months}

    def happened(self, node_id: str, kpi: str, year: int) -> list[int]:
        """What a funnel KPI was in each month from January on, up to the first that is not told."""
        months = self.store.latest(node_id, kpi, f"{year}-01", f"{year}-12")
        return [one.figure.numerator for one in _without_gap(months, year)]

    def gained(self, node_id: str, kpi: str, year: int, baseline: int | None) -> list[int]:
        """How much a KPI that stands somewhere rose in each month; ``baseline`` where last December is not told."""
        months = self.store.latest(node_id, kpi, f"{year - 1}-12", f"{year}-12")
        before = months.get(f"{year - 1}-12")
        level = before.figure.numerator if before else baseline
        gains: list[int] = []
        for one in _without_gap(months, year):
            if level is None:
                break
            gains.append(one.figure.numerator - level)
            level = one.figure.numerator
        return gains

    def _tell(self, told: MonthFigure) -> bool:
        while True:
            known = self.store.latest(told.node_id, told.kpi, told.month, told.month).get(told.month)
            if known is not None and (known.figure, known.source) == (told.figure, told.source):
                return False
            if self.store.add(_next(told, known)):
                return True


def month_before(month: str, by: int) -> str:
    """``2027-01`` by 2 is ``2026-11``."""
    year, number = (int(part) for part in month.split("-"))
    years, left = divmod(year * MONTHS + number - 1 - by, MONTHS)
    return f"{years:04d}-{left + 1:02d}"


def month_of(day: date) -> str:
    return f"{day.year:04d}-{day.month:02d}"


def _next(told: MonthFigure, known: MonthFigure | None) -> MonthFigure:
    return MonthFigure(
        told.node_id,
        told.kpi,
        told.month,
        told.figure,
        told.source,
        told.told_by,
        told.told_at,
        known.version + 1 if known else 1,
    )


def _without_gap(months: Mapping[str, MonthFigure], year: int) -> Sequence[MonthFigure]:
    found: list[MonthFigure] = []
    for number in range(1, MONTHS + 1):
        one = months.get(f"{year}-{number:02d}")
        if one is None:
            break
        found.append(one)
    return found
