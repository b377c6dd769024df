"""Figures as they are read, from a node down to its children, its members and the facts they are made of (S10).

A month that is over reads as it was told to the book, version and all; the running month is computed from the measures.
Figures about customers' own affairs are read from the book alone, because only there it is decided which are hidden.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from scrm.kpi.catalogue import Catalogue, KpiDefinition, Source
from scrm.kpi.errors import UnknownKpiError
from scrm.kpi.figures import Absence, Computed, Days, Period, compute
from scrm.kpi.ports import NodeMeasures
from scrm.kpi.telling import name_in_book
from scrm.targets.figures import FigureBook, month_of
from scrm.targets.stages import Figure


@dataclass(frozen=True, slots=True)
class Reading:
    """A figure and where it is from. ``told_version``: of the book, 0 for one computed this moment."""

    definition: KpiDefinition
    is_leading: bool
    figure: Figure | None
    absent: Absence | None
    told_version: int = 0
    source: str = ""


@dataclass(frozen=True, slots=True)
class MadeOf:
    """Facts or a feed behind a figure; ``version`` of a feed as it was published last, None for facts."""

    name: str
    version: int | None


@dataclass(frozen=True, slots=True)
class FigureReader:
    """Use case. ``today``: the business day. ``feed_version``: of a feed and a month, None when there is none."""

    measures: NodeMeasures
    book: FigureBook
    catalogue: Callable[[], Catalogue]
    root_id: str
    today: Callable[[], date]
    feed_version: Callable[[str, str], int | None]

    def of_node(self, node_id: str, month: str, kpis: Sequence[str] = ()) -> list[Reading]:
        """Every figure of a node in a month, or those of ``kpis``. Raises UnknownKpiError."""
        return self.of_nodes([node_id], month, kpis)[node_id]

    def of_nodes(self, node_ids: Iterable[str], month: str, kpis: Sequence[str] = ()) -> dict[str, list[Reading]]:
        """The same of several nodes; what the whole bank told is looked up once."""
        catalogue, period = self.catalogue(), self._period(month)
        wanted = [one for one in catalogue.in_force(month) if not kpis or one.kpi in kpis]
        if unknown := [kpi for kpi in kpis if not catalogue.versions(kpi)]:
            raise UnknownKpiError(f"the catalogue has no KPI {unknown[0]}")
        bank = self.measures.of_days(self.root_id, period.first, period.last)
        return {node_id: self._read(catalogue, wanted, node_id, month, period, bank) for node_id in node_ids}

    def of_members(self, kpi: str, node_id: str, month: str) -> dict[str, Reading]:
        """What was counted of the members directly in a node, by userid; what is not counted by member says so, and
        figures about customers' own affairs are hidden."""
        definition, period = self._leading(kpi, month), self._period(month)
        bank = self.measures.of_days(self.root_id, period.first, period.last)
        found = {}
        for userid, days in sorted(self.measures.of_members(node_id, period.first, period.last).items()):
            one = compute(definition, days, bank, period, hide_below=1)
            if not definition.is_counted:
                one = Computed(definition, None, Absence.NOT_BY_MEMBER)
            elif definition.cell:
                one = Computed(definition, None, Absence.TOO_FEW)
            found[userid] = Reading(definition, is_leading=True, figure=one.figure, absent=one.absent)
        return found

    def of_days(self, kpi: str, node_id: str, period: Period) -> dict[date, Computed]:
        """Day by day. Figures about customers' own affairs have months only."""
        definition = self._leading(kpi, month_of(period.last))
        days = self.measures.of_days(node_id, period.first, period.last)
        bank = self.measures.of_days(self.root_id, period.first, period.last)
        hide_below = self.catalogue().hide_below
        if definition.cell:
            return {day: Computed(definition, None, Absence.TOO_FEW) for day in period.days() if day in bank}
        return {day: compute(definition, days, bank, Period(day, day), hide_below) for day in period.days()}

    def made_of(self, definition: KpiDefinition, month: str) -> list[MadeOf]:
        """The way down to the facts."""
        is_feed = definition.source in {Source.BANK_FACTS, Source.RELATIONS}
        return [MadeOf(name, self.feed_version(name, month) if is_feed else None) for name in definition.facts]

    def _period(self, month: str) -> Period:
        return Period.of_month(month, self.today())

    def _leading(self, kpi: str, month: str) -> KpiDefinition:
        found = self.catalogue().leading(kpi, month)
        if found is None:
            raise UnknownKpiError(f"the catalogue has no KPI {kpi} in force in {month}")
        return found

    def _read(
        self,
        catalogue: Catalogue,
        wanted: Sequence[KpiDefinition],
        node_id: str,
        month: str,
        period: Period,
        bank: Days,
    ) -> list[Reading]:
        days = self.measures.of_days(node_id, period.first, period.last) if node_id != self.root_id else bank
        runs = month >= month_of(self.today())
        found = []
        for one in wanted:
            name = name_in_book(catalogue, one, month)
            leads = name == one.kpi
            from_book = not runs or bool(one.cell) or one.source is Source.TOLD
            told = self.book.store.latest(node_id, name, month, month).get(month) if from_book else None
            if told is not None:
                absent = None if told.figure else Absence.TOO_FEW
                found.append(Reading(one, leads, told.figure, absent, told.version, told.source))
                continue
            computed = compute(one, days, bank, period, catalogue.hide_below)
            if computed.figure is not None and one.cell:
                made = self.book.store.latest(self.root_id, name, month, month)
                computed = Computed(one, None, Absence.TOO_FEW if made else Absence.NOT_MADE_YET)
            found.append(Reading(one, leads, computed.figure, computed.absent))
        return found
