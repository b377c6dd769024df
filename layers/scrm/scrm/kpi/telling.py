"""A month's figures of every node are told to the book that targets and gates read (S10, invariant 6).

The running month is told every day, as far as it has come; a month that is over until it is settled. Told again it is
the same figure; where the counts changed, a new version. Nodes are walked parent by parent, the root first, because a
figure that is hidden at a node is hidden at everybody below it.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final, Protocol

from scrm.kpi.catalogue import Catalogue, KpiDefinition
from scrm.kpi.figures import Days, Period, compute, protect
from scrm.kpi.ports import NodeMeasures
from scrm.targets.figures import FigureBook, MonthFigure, month_before, month_of

TOLD_BY: Final = "kpi"


@dataclass(frozen=True, slots=True)
class Node:
    """A place in the organisation that was open in the month."""

    node_id: str
    path: str
    parent_id: str


class Nodes(Protocol):
    def of_month(self, first: date) -> Iterable[Node]:
        """Every node that was not closed before ``first``, the root among them."""


class TellingMarks(Protocol):
    """How far a telling has come, so that a run that ends early is gone on with."""

    def read(self, name: str) -> str:
        """Empty when there is none."""

    def write(self, name: str, mark: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Told:
    """What a run did. ``is_done`` False: time ran out, the next run goes on."""

    nodes: int = 0
    figures: int = 0
    changed: int = 0
    is_done: bool = True


@dataclass(frozen=True, slots=True)
class FigureTelling:
    """Use case of a schedule. ``has_time`` says whether another node may be begun.

    ``urgent``: KPIs that targets and gates go by, the only ones that are told while a month runs.
    """

    measures: NodeMeasures
    book: FigureBook
    nodes: Nodes
    marks: TellingMarks
    catalogue: Callable[[], Catalogue]
    urgent: Callable[[], Collection[str]]
    root_id: str
    settled_after_days: int = 5
    has_time: Callable[[], bool] = field(default=lambda: True)

    def run(self, now: datetime, today: date) -> Told:
        """The month that is over while it is not settled, then the running one up to yesterday."""
        told = Told()
        yesterday = today - timedelta(days=1)
        if today.day <= self.settled_after_days:
            told = self._added(told, self.tell(month_before(month_of(today), 1), now, yesterday))
        if told.is_done and month_of(yesterday) == month_of(today):
            told = self._added(told, self.tell(month_of(today), now, yesterday))
        return told

    def tell(self, month: str, now: datetime, until: date) -> Told:
        """One month, up to ``until``. A run of the same day goes on where the last one stopped."""
        period = Period.of_month(month, until)
        name = f"{month} {until.isoformat()}"
        done = self.marks.read(name)
        is_over = Period.of_month(month).last <= until
        urgent = self.urgent()
        catalogue = self.catalogue()
        definitions = [one for one in catalogue.in_force(month) if is_over or one.kpi in urgent]
        bank = self.measures.of_days(self.root_id, period.first, period.last)
        whole = Told()
        for parent, children in self._families(period.first):
            if parent and parent <= done:
                continue
            if not self.has_time():
                return Told(whole.nodes, whole.figures, whole.changed, is_done=False)
            figures = [
                one for one in self._figures(children, definitions, bank, period, catalogue, now, month) if one.figure
            ]
            changed = self.book.tell(figures)
            whole = self._added(whole, Told(len(children), len(figures), changed))
            if parent:
                self.marks.write(name, parent)
        return whole

    def _families(self, first: date) -> list[tuple[str, Sequence[Node]]]:
        """The root by itself, then the nodes next below each node, by the parent's path: parents before children."""
        nodes = {node.node_id: node for node in self.nodes.of_month(first)}
        below: dict[str, list[Node]] = defaultdict(list)
        for node in nodes.values():
            if node.node_id != self.root_id:
                below[node.path.rstrip("/").rsplit("/", 1)[0] + "/"].append(node)
        families: list[tuple[str, Sequence[Node]]] = [
            (path, sorted(below[path], key=lambda one: one.node_id)) for path in sorted(below)
        ]
        root = nodes.get(self.root_id)
        return [("", [root]), *families] if root else families

    def _figures(
        self,
        children: Sequence[Node],
        definitions: Sequence[KpiDefinition],
        bank: Days,
        period: Period,
        catalogue: Catalogue,
        now: datetime,
        month: str,
    ) -> Iterable[MonthFigure]:
        days = {
            node.node_id: self.measures.of_days(node.node_id, period.first, period.last)
            if node.node_id != self.root_id
            else bank
            for node in children
        }
        for definition in definitions:
            name = name_in_book(catalogue, definition, month)
            hidden = {node.node_id for node in children if definition.cell and self._is_hidden_above(node, name, month)}
            computed = [
                compute(definition, days[node.node_id], bank, period, catalogue.hide_below) for node in children
            ]
            for node, one in zip(children, protect(computed), strict=True):
                if one.figure is not None and node.node_id not in hidden:
                    yield MonthFigure(
                        node_id=node.node_id,
                        kpi=name,
                        month=month,
                        figure=one.figure,
                        source=source_of(definition),
                        told_by=TOLD_BY,
                        told_at=now,
                    )

    def _is_hidden_above(self, node: Node, name: str, month: str) -> bool:
        """A node above that has no figure hides those below it."""
        if node.node_id == self.root_id:
            return False
        return month not in self.book.store.latest(node.parent_id, name, month, month)

    @staticmethod
    def _added(one: Told, other: Told) -> Told:
        return Told(one.nodes + other.nodes, one.figures + other.figures, one.changed + other.changed, other.is_done)


def name_in_book(catalogue: Catalogue, definition: KpiDefinition, month: str) -> str:
    """A version that runs beside the leading one is told under a name of its own, which no target can have."""
    leading = catalogue.leading(definition.kpi, month)
    return definition.kpi if leading == definition else f"{definition.kpi}@{definition.version}"


def source_of(definition: KpiDefinition) -> str:
    """What a figure says of where it is from, for people."""
    return f"{definition.source.value}, definition {definition.version}"
