"""What is compared with a plan: how far a node is by each metric, and whether its business KPIs count yet."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from scrm.clock import BUSINESS_ZONE
from scrm.node_paths import ROOT_PATH, branch_of
from scrm.targets.attainment import Attainment, attain
from scrm.targets.figures import FUNNEL, FigureBook, Merged, Run, ToDate, month_of
from scrm.targets.overrides import OverrideStore
from scrm.targets.planner import MonthlyTargets
from scrm.targets.plans import PlanTerms, PlanVersion, TargetViews
from scrm.targets.stages import GateState, StageLadder, Standing, gate_of

OUTCOME: Final = "outcome"


@dataclass(frozen=True, slots=True)
class Gates:
    """Where a node stands, and which KPIs are open, overridden or locked there."""

    standing: Standing
    states: Mapping[str, GateState]

    def state_of(self, kpi: str) -> GateState:
        """Of a KPI that no stage locks it is open."""
        return self.states.get(kpi, GateState.OPEN)


@dataclass(frozen=True, slots=True)
class GateKeeper:
    """Use case. ``ladder`` gives the bank's stages in force."""

    figures: FigureBook
    overrides: OverrideStore
    ladder: Callable[[], StageLadder]

    def look(self, node_id: str, node_path: str, now: datetime, month: str) -> Gates:
        """As of ``month`` (``2027-03``). The running month can open a gate, and only one that is over shuts it."""
        ladder, running = self.ladder(), month_of(now.astimezone(BUSINESS_ZONE).date())
        asked = {criterion.kpi for stage in ladder.stages for criterion in stage.criteria}
        standing = ladder.standing(self.figures.standing_at(node_id, sorted(asked), month, running))
        overrides = [one.as_gate() for one in self.overrides.at_or_above(node_path)]
        states = {kpi: gate_of(standing, ladder, kpi, overrides, now) for kpi in sorted(ladder.gated)}
        return Gates(standing, states)


@dataclass(frozen=True, slots=True)
class MetricProgress:
    """One metric of a node. ``targets``: of the year, January first; ``told``: what happened since the programme began
    there, or why nothing can be said, and then ``attained`` is None."""

    metric: str
    targets: Sequence[int]
    told: ToDate
    attained: Attainment | None


@dataclass(frozen=True, slots=True)
class Progress:
    """``gate`` says whether the metric is assessed at all."""

    gate: GateState
    metric: MetricProgress


@dataclass(frozen=True, slots=True)
class ProgressReview:
    """Use case: a node against its targets. ``merged`` gives the nodes that were merged into one: what they had to
    reach and what they did counts with the node that is left, which has their customers and RMs."""

    figures: FigureBook
    gates: GateKeeper
    views: TargetViews
    merged: Callable[[str], Sequence[Merged]] = lambda _: ()

    def of(
        self,
        version: PlanVersion,
        terms: PlanTerms,
        targets: MonthlyTargets,
        node: tuple[str, str],
        now: datetime,
        confidence: float,
    ) -> Sequence[Progress]:
        """``node``: id and path. Front-end metrics first, the outcome last: the order in which they are reached."""
        node_id, node_path = node
        gates = self.gates.look(node_id, node_path, now, month_of(now.astimezone(BUSINESS_ZONE).date()))
        return [
            Progress(gates.state_of(version.kpi) if one.metric == OUTCOME else GateState.OPEN, one)
            for one in self.metrics(version, terms, targets, node, now, confidence)
        ]

    def begins(self, terms: PlanTerms, node: tuple[str, str]) -> str:
        """The first month of a node, or of what was merged into it where that began earlier."""
        node_id, node_path = node
        paths = (node_path, *(one.path for one in self.merged(node_id)))
        return min(terms.begins(branch_of(path)) for path in paths)

    def metrics(
        self,
        version: PlanVersion,
        terms: PlanTerms,
        targets: MonthlyTargets,
        node: tuple[str, str],
        now: datetime,
        confidence: float,
        last: str = "",
    ) -> list[MetricProgress]:
        """The same without the gate, up to the month ``last`` where that is not the last one that is over."""
        node_id, node_path = node
        merged = self.merged(node_id)
        run = Run.of_year(self.begins(terms, node), now)
        run = replace(run, last=min(run.last, last)) if last else run
        baseline = terms.baseline.value if node_path == ROOT_PATH else None
        told = {metric: self.figures.happened(node_id, metric, run, merged) for metric in reversed(FUNNEL)}
        told[OUTCOME] = self.figures.gained(node_id, terms.kpi, run, baseline, merged)
        by_metric = self.views.together(version, targets, [one.way for one in merged]).by_metric()
        return [
            MetricProgress(metric, by_metric[metric], one, _attained(by_metric[metric], one, confidence))
            for metric, one in told.items()
        ]


def _attained(targets: Sequence[int], told: ToDate, confidence: float) -> Attainment | None:
    """Of the months since the programme began; before that nothing was to be reached."""
    return attain(targets[int(told.first[-2:]) - 1 :], told.months, confidence) if told.months else None
