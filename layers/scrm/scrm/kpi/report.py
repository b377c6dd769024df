"""What a month was like at a node (S2, S3, S7, S10, S11, S19): collected here, drawn elsewhere.

Everything is as it was told for the month, so that a report which is made again tells the same, or says newer versions.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Final, Protocol

from scrm.kpi.errors import ReportRefusedError
from scrm.kpi.figures import diverges
from scrm.kpi.reading import FigureReader, Reading
from scrm.org.nodes import ids_on
from scrm.targets.figures import FUNNEL, FigureBook, Run, ToDate, month_before
from scrm.targets.planner import MonthlyTargets
from scrm.targets.plans import PlanState, PlanTerms, PlanVersion, TargetViews, UnknownPlanError
from scrm.targets.review import GateKeeper, Gates, MetricProgress, ProgressReview
from scrm.targets.stages import Figure, GateState

HEADLINES: Final = (
    "aum",
    "product_holding",
    "card_binding",
    "active_rate",
    "mobile_bank_mau",
    "staff_usage_rate",
    "customer_coverage_rate",
    "pool_size",
    "reached",
    "added",
    "valid_added",
    "lost",
    "reply_rate",
    "first_response",
    "task_completion",
    "handover_success",
    "identity_link_rate",
)
BY_NODE: Final = ("staff_usage_rate", "customer_coverage_rate", "pool_size", "aum", "product_holding")
RETURN: Final = ("licence_cost", "programme_cost", "programme_income")


@dataclass(frozen=True, slots=True)
class Place:
    """A node as people know it."""

    node_id: str
    name: str
    path: str


class Places(Protocol):
    def place(self, node_id: str) -> Place | None: ...

    def below(self, node_id: str, month: str) -> Sequence[Place]:
        """The nodes next below that were open in the month."""


@dataclass(frozen=True, slots=True)
class Headline:
    """A figure of the month, and of the month before by the same definition, None where that is absent."""

    reading: Reading
    before: Figure | None


@dataclass(frozen=True, slots=True)
class FunnelStep:
    """A funnel KPI in the month, None where it is not told, and in the year since the programme began."""

    here: int | None
    year: ToDate


@dataclass(frozen=True, slots=True)
class PlanProgress:
    """A plan in force at the node, where the programme begins with ``first_month``: front-end metrics first, the
    outcome last; ``below`` by node id."""

    plan: PlanVersion
    first_month: str
    gate: GateState
    metrics: Sequence[MetricProgress]
    below: Mapping[str, Sequence[MetricProgress]]


@dataclass(frozen=True, slots=True)
class NodeState:
    """A node next below: its figures, where it stands, and whether it holds more products and has less money."""

    place: Place
    readings: Mapping[str, Reading]
    gates: Gates
    holds_more_has_less: bool | None


@dataclass(frozen=True, slots=True)
class UpliftRow:
    """One KPI of a review, as shares of the not-added cohort; ``verdict`` in the review's own word."""

    kpi: str
    title: str
    naive: float | None
    adjusted: float | None
    low: float | None
    high: float | None
    verdict: str


@dataclass(frozen=True, slots=True)
class UpliftTable:
    """The last review of the node that had its result by the month's end: added against not added customers.

    ``in_wecom``: people in WeCom at the node; ``unlinked``: of these, whom the bank does not recognise. Both 0 where
    nobody looked. ``may_hide``: recognised, they might turn what would be called failed.
    """

    review_id: str
    name: str
    is_late: bool
    rows: Sequence[UpliftRow]
    in_wecom: int = 0
    unlinked: int = 0
    may_hide: bool = False


class UpliftSource(Protocol):
    def latest(self, node_id: str, month: str) -> UpliftTable | None: ...


@dataclass(frozen=True, slots=True)
class MonthReport:
    """What is drawn and exported. ``uplift`` None: no review was made. ``thresholds``: what stages ask of KPIs.
    ``gained``: money that customers brought since the programme began; ``yearly_income_fen``: what that earns in a
    year, None where it is not known or the bank did not say what money earns. ``figures``: all of the node and those
    below."""

    month: str
    place: Place
    made_at: datetime
    headlines: Sequence[Headline]
    holds_more_has_less: bool | None
    funnel: Mapping[str, FunnelStep]
    plans: Sequence[PlanProgress]
    gates: Gates
    nodes: Sequence[NodeState]
    returns: Sequence[Reading]
    gained: ToDate
    yearly_income_fen: int | None
    uplift: UpliftTable | None
    thresholds: Mapping[str, Fraction]
    figures: Mapping[str, Sequence[Reading]]


@dataclass(frozen=True, slots=True)
class MonthlyReports:
    """Use case. ``most_nodes``: with more below the node it takes longer than the caller has."""

    reader: FigureReader
    book: FigureBook
    gates: GateKeeper
    views: TargetViews
    progress: ProgressReview
    places: Places
    uplift: UpliftSource
    confidence: Callable[[], float]
    gain_of_aum_per_10000: Callable[[], int]
    most_nodes: int

    def collect(self, node_id: str, month: str, now: datetime) -> MonthReport:
        """Raises ReportRefusedError."""
        place = self.places.place(node_id)
        if place is None:
            raise ReportRefusedError("there is no such node")
        below = self.places.below(node_id, month)
        if len(below) > self.most_nodes:
            text = f"there are more than {self.most_nodes} nodes below this one: its report is made by the schedule"
            raise ReportRefusedError(text)
        headlines = self._headlines([node_id], month, HEADLINES)[node_id]
        plans = list(self._plans(place, below, month, now))
        begins = min((one.first_month for one in plans), default=None)
        gained = self._gained(node_id, begins, month)
        return MonthReport(
            month=month,
            place=place,
            made_at=now,
            headlines=list(headlines.values()),
            holds_more_has_less=_diverges(headlines),
            funnel={kpi: self._step(node_id, kpi, begins, month) for kpi in FUNNEL},
            plans=plans,
            gates=self.gates.look(node_id, place.path, now, month),
            nodes=self._states(below, month, now),
            returns=[one for one in self.reader.of_node(node_id, month, self._known(RETURN)) if one.figure],
            gained=gained,
            yearly_income_fen=self._income(gained),
            uplift=self.uplift.latest(node_id, month),
            thresholds={one.kpi: one.at_least for stage in self.gates.ladder().stages for one in stage.criteria},
            figures=self.reader.of_nodes([node_id, *(one.node_id for one in below)], month),
        )

    def _step(self, node_id: str, kpi: str, begins: str | None, month: str) -> FunnelStep:
        """Where no plan says when the programme began, it did with the first month that is told."""
        year = Run(f"{month[:4]}-01", month)
        first = begins or self.book.first_told(node_id, kpi, year) or year.first
        here = self.book.shown(node_id, kpi, month, month).get(month)
        told = self.book.happened(node_id, kpi, Run(first, month), self.progress.merged(node_id))
        return FunnelStep(here.numerator if here else None, told)

    def _gained(self, node_id: str, begins: str | None, month: str) -> ToDate:
        """Without a plan since the first month that is told; with what was merged into the node."""
        last_year = f"{int(month[:4]) - 1:04d}-12"
        first = begins or month_before(self.book.first_told(node_id, "aum", Run(last_year, month)) or last_year, -1)
        return self.book.gained(node_id, "aum", Run(first, month), None, self.progress.merged(node_id))

    def _income(self, gained: ToDate) -> int | None:
        """Of all new money: how much of it the programme brought only a review of uplift can say."""
        rate = self.gain_of_aum_per_10000()
        return sum(gained.months) * rate // 10_000 if gained.months and rate else None

    def _known(self, kpis: Sequence[str]) -> list[str]:
        """Those of them that the catalogue has: without a price of licences there is no cost of them."""
        return [kpi for kpi in kpis if self.reader.catalogue().versions(kpi)]

    def _headlines(self, node_ids: Sequence[str], month: str, kpis: Sequence[str]) -> dict[str, dict[str, Headline]]:
        """By node and KPI, leading versions with the month before, in the order of ``kpis``."""
        known = self._known(kpis)
        now = self.reader.of_nodes(node_ids, month, known)
        before = self.reader.of_nodes(node_ids, month_before(month, 1), known)
        return {node_id: _paired(known, now[node_id], before[node_id]) for node_id in node_ids}

    def _states(self, below: Sequence[Place], month: str, now: datetime) -> list[NodeState]:
        headlines = self._headlines([place.node_id for place in below], month, BY_NODE)
        return [
            NodeState(
                place,
                {kpi: one.reading for kpi, one in headlines[place.node_id].items()},
                self.gates.look(place.node_id, place.path, now, month),
                _diverges(headlines[place.node_id]),
            )
            for place in below
        ]

    def _plans(self, place: Place, below: Sequence[Place], month: str, now: datetime) -> Iterable[PlanProgress]:
        gates = self.gates.look(place.node_id, place.path, now, month)
        for plan in self.views.store.of_year(int(month[:4])):
            if plan.state is not PlanState.APPROVED:
                continue
            try:
                targets = self.views.of_node(plan, ids_on(place.path))
            except UnknownPlanError:
                continue  # the plan gives this node nothing
            terms = self.views.documents.terms(plan.plan_id, plan.terms_sha256)
            yield PlanProgress(
                plan,
                self.progress.begins(terms, (place.node_id, place.path)),
                gates.state_of(plan.kpi),
                self._progress(plan, terms, targets.targets, place, month, now),
                {
                    one.node_id: self._progress(plan, terms, targets.below[one.node_id], one, month, now)
                    for one in below
                    if one.node_id in targets.below
                },
            )

    def _progress(
        self, plan: PlanVersion, terms: PlanTerms, targets: MonthlyTargets, place: Place, month: str, now: datetime
    ) -> list[MetricProgress]:
        """Up to the report's month, whatever was told since."""
        node = place.node_id, place.path
        return self.progress.metrics(plan, terms, targets, node, now, self.confidence(), month)


def _paired(kpis: Sequence[str], now: Iterable[Reading], before: Iterable[Reading]) -> dict[str, Headline]:
    """A month before by another definition tells nothing."""
    earlier = {one.definition.kpi: one for one in before if one.is_leading}
    leading = {one.definition.kpi: one for one in now if one.is_leading}
    found = {}
    for kpi in kpis:
        if (reading := leading.get(kpi)) is not None:
            other = earlier.get(kpi)
            is_same = other is not None and other.definition == reading.definition
            found[kpi] = Headline(reading, other.figure if other and is_same else None)
    return found


def _diverges(headlines: Mapping[str, Headline]) -> bool | None:
    pairs = []
    for kpi in ("product_holding", "aum"):
        one = headlines.get(kpi)
        if one is None or one.before is None or one.reading.figure is None:
            return None
        pairs.append((one.before, one.reading.figure))
    return diverges(*pairs)
