"""What is compared with a plan: how far a node is by each metric, and whether its business KPIs count yet."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from scrm.clock import BUSINESS_ZONE
from scrm.targets.attainment import Attainment, attain
from scrm.targets.figures import FUNNEL, FigureBook, month_of
from scrm.targets.overrides import OverrideStore
from scrm.targets.planner import MonthlyTargets
from scrm.targets.plans import PlanTerms, PlanVersion
from scrm.targets.stages import GateState, StageLadder, Standing, gate_of


@dataclass(frozen=True, slots=True)
class Gates:
    """Where a node stands, and which KPIs are open, overridden or locked there."""

    standing: Standing
    states: Mapping[str, GateState]


@dataclass(frozen=True, slots=True)
class GateKeeper:
    """Use case. ``ladder`` gives the bank's stages in force."""

    figures: FigureBook
    overrides: OverrideStore
    ladder: Callable[[], StageLadder]

    def look(self, node_id: str, node_path: str, now: datetime, month: str) -> Gates:
        """As of ``month`` (``2027-03``)."""
        ladder = self.ladder()
        asked = {criterion.kpi for stage in ladder.stages for criterion in stage.criteria}
        standing = ladder.standing(self.figures.standing_at(node_id, sorted(asked), month))
        overrides = [one.as_gate() for one in self.overrides.at_or_above(node_path)]
        states = {kpi: gate_of(standing, ladder, kpi, overrides, now) for kpi in sorted(ladder.gated)}
        return Gates(standing, states)


@dataclass(frozen=True, slots=True)
class Progress:
    """One metric of a node; ``gate`` says whether it is assessed at all. ``attainment``: None while none is told."""

    metric: str
    gate: GateState
    attainment: Attainment | None


@dataclass(frozen=True, slots=True)
class ProgressReview:
    """Use case: a node against its targets."""

    figures: FigureBook
    gates: GateKeeper

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
        gate = self.gates.look(node_id, node_path, now, month_of(now.astimezone(BUSINESS_ZONE).date())).states.get(
            version.kpi, GateState.OPEN
        )
        months = targets.by_metric()
        rows = [
            Progress(
                metric,
                GateState.OPEN,
                _attained(months[metric], self.figures.happened(node_id, metric, version.year), confidence),
            )
            for metric in reversed(FUNNEL)
        ]
        baseline = terms.baseline.value if len(node_path.strip("/").split("/")) == 1 else None
        gained = self.figures.gained(node_id, version.kpi, version.year, baseline)
        return [*rows, Progress("outcome", gate, _attained(targets.outcome, gained, confidence))]


def _attained(targets: Sequence[int], actuals: Sequence[int], confidence: float) -> Attainment | None:
    return attain(targets, actuals, confidence) if actuals else None
