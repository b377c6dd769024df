"""Figures of KPIs by node and month, as targets and gates are compared with them (S10, invariant 6).

A figure is never overwritten: whoever knows better tells a new version, and the old one stays. A ratio travels with
what it was divided by.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from itertools import pairwise
from typing import Final, Protocol

from scrm.clock import BUSINESS_ZONE
from scrm.targets.planner import MONTHS
from scrm.targets.stages import Figure

FUNNEL: Final = ("valid_added", "added", "reached", "active_rms")
"""KPIs that tell what happened in a month; a plan's own KPI tells where it stands at the end of the month."""


@dataclass(frozen=True, slots=True)
class MonthFigure:
    """``month``: ``2027-03``. ``figure`` None: from this version on it is hidden. ``source``: where it is from, for
    people."""

    node_id: str
    kpi: str
    month: str
    figure: Figure | None
    source: str
    told_by: str
    told_at: datetime
    version: int = 0


class Lack(StrEnum):
    """Why there is nothing to compare with a plan.

    No month of the run is over; nothing was told since it began; a month within it is not told while a later one is;
    where the KPI stood before the first month is not known.
    """

    NO_MONTH_OVER = "no_month_over"
    NOT_TOLD = "not_told"
    GAP = "gap"
    NO_LEVEL_BEFORE = "no_level_before"


@dataclass(frozen=True, slots=True)
class Run:
    """Months of a year in which a programme runs, ``2027-05`` to ``2027-07`` with both. What was before the first month
    is no part of it, told or not."""

    first: str
    last: str

    @classmethod
    def of_year(cls, first: str, now: datetime) -> "Run":
        """From ``first`` to the last month of its year that is over: the running month has its whole target and a part
        of what will happen."""
        over = month_before(month_of(now.astimezone(BUSINESS_ZONE).date()), 1)
        return cls(first, min(over, f"{first[:4]}-{MONTHS}"))

    @property
    def has_a_month(self) -> bool:
        return self.first <= self.last


@dataclass(frozen=True, slots=True)
class ToDate:
    """A KPI from the ``first`` month of a run on, as far as it is told. Empty where ``lack`` says why; ``lacks`` is the
    month that this is about."""

    first: str
    months: tuple[int, ...] = ()
    lack: Lack | None = None
    lacks: str = ""

    @property
    def through(self) -> str:
        """The last month that is told, empty when none is."""
        return month_before(self.first, 1 - len(self.months)) if self.months else ""


@dataclass(frozen=True, slots=True)
class Merged:
    """A node that was closed in ``month`` and merged into another."""

    node_id: str
    path: str
    month: str

    @property
    def way(self) -> list[str]:
        """Ids from the root to the node, both included."""
        return [part for part in self.path.split("/") if part]


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

    def shown(self, node_id: str, kpi: str, first: str, last: str) -> dict[str, Figure]:
        """The latest figures by month, from ``first`` to ``last`` with both; none of a month that is hidden."""
        months = self.store.latest(node_id, kpi, first, last)
        return {month: one.figure for month, one in months.items() if one.figure is not None}

    def standing_at(
        self, node_id: str, kpis: Iterable[str], month: str, running: str = "", months_back: int = 2
    ) -> dict[str, Figure]:
        """The latest figure of each KPI up to ``month``; one that is older than so many months tells nothing more.

        ``running``: the month that is not over. What was counted in its first days is no month's figure: it stands
        once it is above that of the last month that is over.
        """
        first = month_before(month, months_back)
        found = {kpi: self.shown(node_id, kpi, first, month) for kpi in kpis}
        return {kpi: _standing(months, running) for kpi, months in found.items() if months}

    def happened(self, node_id: str, kpi: str, run: Run, merged: Sequence[Merged] = ()) -> ToDate:
        """What a funnel KPI was in each month of the run, of a node together with those ``merged`` into it."""
        return _in_a_row(self._together(node_id, kpi, run.first, run.last, merged), run)

    def gained(self, node_id: str, kpi: str, run: Run, baseline: int | None, merged: Sequence[Merged] = ()) -> ToDate:
        """How much a KPI that stands somewhere rose in each month of the run; ``baseline`` where the month before the
        first is not told. Together with those ``merged`` into the node, or what they brought along would be a gain."""
        before = month_before(run.first, 1)
        levels = dict(self._together(node_id, kpi, before, run.last, merged))
        level = levels.pop(before, baseline)
        told = _in_a_row(levels, run)
        if told.lack is not None:
            return told
        if level is None:
            return ToDate(run.first, lack=Lack.NO_LEVEL_BEFORE, lacks=before)
        return replace(told, months=tuple(after - earlier for earlier, after in pairwise((level, *told.months))))

    def first_told(self, node_id: str, kpi: str, run: Run) -> str | None:
        """The month with which a KPI begins where no plan says it."""
        return min(self._told(node_id, kpi, run.first, run.last), default=None)

    def _together(self, node_id: str, kpi: str, first: str, last: str, merged: Sequence[Merged]) -> Mapping[str, int]:
        """By month, where all of them are told that were open before it; in the month of its closing a node may be told
        what it did up to then, and later nothing."""
        own = self._told(node_id, kpi, first, last)
        for one in merged:
            theirs = self._told(one.node_id, kpi, first, min(last, one.month))
            own = {
                month: count + theirs.get(month, 0)
                for month, count in own.items()
                if month in theirs or month >= one.month
            }
        return own

    def _told(self, node_id: str, kpi: str, first: str, last: str) -> Mapping[str, int]:
        found = self.shown(node_id, kpi, first, last) if first <= last else {}
        return {month: figure.numerator for month, figure in found.items()}

    def _tell(self, told: MonthFigure) -> bool:
        while True:
            known = self.store.latest(told.node_id, told.kpi, told.month, told.month).get(told.month)
            if known is None and told.figure is None:
                return False
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


def _standing(months: Mapping[str, Figure], running: str) -> Figure:
    latest = max(months)
    over = max((month for month in months if month < running), default=latest)
    return max(months[latest], months[over], key=lambda one: -1 if one.value is None else one.value)


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


def _in_a_row(told: Mapping[str, int], run: Run) -> ToDate:
    """What is not told at the end is not told yet; what is not told before that is a gap."""
    if not run.has_a_month:
        return ToDate(run.first, lack=Lack.NO_MONTH_OVER, lacks=run.first)
    if not told:
        return ToDate(run.first, lack=Lack.NOT_TOLD, lacks=run.first)
    month, last = run.first, max(told)
    found: list[int] = []
    while month <= last:
        if month not in told:
            return ToDate(run.first, lack=Lack.GAP, lacks=month)
        found.append(told[month])
        month = month_before(month, -1)
    return ToDate(run.first, tuple(found))
