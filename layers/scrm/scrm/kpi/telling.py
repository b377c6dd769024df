"""A month's figures of every node are told to the book that targets and gates read (S10, invariant 6).

The running month is told every day, as far as it has come; the month before every day until it is settled; a settled
one once more, again when the bank published a later version of its facts, and on Mondays where anything of it was
counted since: whether an add counts is known weeks later. Told again it is the same figure; where the counts changed,
a new version. Nodes are walked parent by parent, the root first, because a figure that is hidden at
a node is hidden at everybody below it.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Final, Protocol

from scrm.kpi.catalogue import Catalogue, KpiDefinition
from scrm.kpi.figures import Absence, Computed, Days, Period, compute, protect
from scrm.kpi.ports import NodeMeasures
from scrm.targets.figures import FigureBook, MonthFigure, month_before, month_of

TOLD_BY: Final = "kpi"
MONTHS_BACK: Final = 12
_DONE: Final = "~"
"""Sorts behind every path."""


@dataclass(frozen=True, slots=True)
class Node:
    """A place in the organisation that was open in the month."""

    node_id: str
    path: str
    parent_id: str


class Nodes(Protocol):
    def of_month(self, first: date) -> Iterable[Node]:
        """Every node that was not closed before ``first``, the root among them."""


class Each(Protocol):
    """Does the same to each thing and gives the results in their order; several at once where things wait."""

    def __call__[Thing, Result](
        self, work: Callable[[Thing], Result], things: Iterable[Thing], /
    ) -> Iterable[Result]: ...


class TellingMarks(Protocol):
    """How far a telling has come, so that a run that ends early is gone on with."""

    def read(self, name: str) -> str:
        """Empty when there is none."""

    def write(self, name: str, mark: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Told:
    """What a run did. ``months`` were told whole; ``is_done`` False: time ran out, the next run goes on.

    ``changed_months``: of which something changed, also where time ran out.
    """

    nodes: int = 0
    figures: int = 0
    changed: int = 0
    months: tuple[str, ...] = ()
    is_done: bool = True
    changed_months: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FigureTelling:
    """Use case of a schedule. ``has_time`` says whether another node may be begun, ``each`` reads and writes.

    ``urgent``: KPIs that targets and gates go by, the only ones that are told while a month runs. ``facts_version``:
    of the bank's facts of a month, None while none are published.
    """

    measures: NodeMeasures
    book: FigureBook
    nodes: Nodes
    marks: TellingMarks
    catalogue: Callable[[], Catalogue]
    urgent: Callable[[], Collection[str]]
    facts_version: Callable[[str], int | None]
    root_id: str
    settled_after_days: Callable[[], int] = field(default=lambda: 5)
    has_time: Callable[[], bool] = field(default=lambda: True)
    each: Each = map

    def run(self, now: datetime, today: date) -> Told:
        """What is due: the running month up to yesterday, then months that are over, the latest first."""
        yesterday, whole = today - timedelta(days=1), Told()
        due = [] if today.day == 1 else [(month_of(today), yesterday.isoformat(), False)]
        for back in range(1, MONTHS_BACK + 1):
            month = month_before(month_of(today), back)
            is_settled = back > 1 or today.day > self.settled_after_days()
            look = f"settled {today - timedelta(days=today.weekday())}" if is_settled else yesterday
            due.append((month, f"{look} {self.facts_version(month) or 0}", is_settled))
        for month, name, is_settled in due:
            if whole.is_done:
                told = self.tell(month, f"{month} {name}", now, yesterday, only_if_changed=is_settled)
                whole = _added(whole, told)
        return whole

    def tell(self, month: str, name: str, now: datetime, until: date, *, only_if_changed: bool = False) -> Told:
        """One month, up to ``until``. What ran under the same name before is gone on with, and not done twice.

        ``only_if_changed``: since it was told whole the last time, as far as the bank's sums show.
        """
        done = self.marks.read(name)
        if done == _DONE:
            return Told()
        period = Period.of_month(month, until)
        bank = self.measures.of_days(self.root_id, period.first, period.last)
        if not bank:
            return Told()  # nothing was ever told of it
        if not done:
            counted = f"{period.last} {self.facts_version(month) or 0} {_fingerprint(bank)}"
            if only_if_changed and self.marks.read(f"{month} told") == counted:
                self.marks.write(name, _DONE)
                return Told()
            self.marks.write(f"{month} begun", counted)
        whole = Told()
        walk = _Walk(self, month, period, bank, self.catalogue(), now)
        for parent, children in self._families(period.first):
            if parent and parent <= done:
                continue
            if not self.has_time():
                return replace(whole, is_done=False, changed_months=_if_changed(month, whole))
            whole = _added(whole, walk.tell(children))
            if parent:
                self.marks.write(name, parent)
        self.marks.write(f"{month} told", self.marks.read(f"{month} begun"))
        self.marks.write(name, _DONE)
        return replace(whole, months=(month,), changed_months=_if_changed(month, whole))

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


@dataclass(frozen=True, slots=True)
class _Walk:
    """One month of one run."""

    telling: FigureTelling
    month: str
    period: Period
    bank: Days
    catalogue: Catalogue
    now: datetime

    def tell(self, siblings: Sequence[Node]) -> Told:
        """The figures of the nodes next below one."""
        each = self.telling.each
        days = list(each(self._days, [node.node_id for node in siblings]))
        above = self._days(_above(siblings[0])) if siblings[0].node_id != self.telling.root_id else {}
        figures = [
            one for definition in self._definitions() for one in self._figures(definition, siblings, days, above)
        ]
        return Told(len(siblings), len(figures), sum(each(lambda one: self.telling.book.tell([one]), figures)))

    def _definitions(self) -> list[KpiDefinition]:
        is_over = Period.of_month(self.month).last <= self.period.last
        urgent = self.telling.urgent()
        return [one for one in self.catalogue.in_force(self.month) if is_over or one.kpi in urgent]

    def _days(self, node_id: str) -> Days:
        if node_id == self.telling.root_id:
            return self.bank
        return self.telling.measures.of_days(node_id, self.period.first, self.period.last)

    def _figures(
        self, definition: KpiDefinition, siblings: Sequence[Node], days: Sequence[Days], above: Days
    ) -> Iterable[MonthFigure]:
        """Hidden ones are told as such, for what was told before."""
        name, source = name_in_book(self.catalogue, definition, self.month), source_of(definition)
        computed = self._computed(definition, name, siblings, days, above)
        for node, one in zip(siblings, computed, strict=True):
            if one.figure is not None or one.absent is Absence.TOO_FEW:
                yield MonthFigure(node.node_id, name, self.month, one.figure, source, TOLD_BY, self.now)

    def _computed(
        self, definition: KpiDefinition, name: str, siblings: Sequence[Node], days: Sequence[Days], above: Days
    ) -> Sequence[Computed]:
        """``above``: the measures of the node above; none of the root."""
        if definition.cell and self._is_hidden_above(siblings[0], name):
            return [Computed(definition, None, Absence.TOO_FEW)] * len(siblings)
        hide_below = self.catalogue.hide_below
        found = [compute(definition, own, self.bank, self.period, hide_below) for own in days]
        whole = compute(definition, above, self.bank, self.period, hide_below).cell
        return protect(found, whole, hide_below) if whole else found

    def _is_hidden_above(self, sibling: Node, name: str) -> bool:
        """The node above has no figure, which hides those below it."""
        if sibling.node_id == self.telling.root_id:
            return False
        return self.month not in self.telling.book.shown(_above(sibling), name, self.month, self.month)


def _fingerprint(days: Days) -> str:
    """Of all measures of a month."""
    content = json.dumps({day.isoformat(): days[day] for day in days}, sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()


def _above(node: Node) -> str:
    """The id of the node next above."""
    return node.path.rstrip("/").split("/")[-2]


def _added(one: Told, other: Told) -> Told:
    return Told(
        one.nodes + other.nodes,
        one.figures + other.figures,
        one.changed + other.changed,
        one.months + other.months,
        other.is_done,
        one.changed_months + other.changed_months,
    )


def _if_changed(month: str, told: Told) -> tuple[str, ...]:
    return (month,) if told.changed else ()


def name_in_book(catalogue: Catalogue, definition: KpiDefinition, month: str) -> str:
    """A version that runs beside the leading one is told under a name of its own, which no target can have."""
    leading = catalogue.leading(definition.kpi, month)
    return definition.kpi if leading == definition else f"{definition.kpi}@{definition.version}"


def source_of(definition: KpiDefinition) -> str:
    """What a figure says of where it is from, for people."""
    return f"{definition.source.value}, definition {definition.version}"
