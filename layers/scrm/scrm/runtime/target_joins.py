"""Joins targets to the organisation and to the bank's settings."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from fractions import Fraction
from typing import Protocol

from scrm.campaign.model import Campaign
from scrm.campaign.refusals import CampaignRefusedError
from scrm.clock import BUSINESS_ZONE
from scrm.node_paths import branch_of
from scrm.org.model import Member, OrgNode
from scrm.settings.targets import PilotExitDocument, StageDocument, TargetsDocument
from scrm.targets.errors import InvalidPlanError
from scrm.targets.figures import Merged, month_of
from scrm.targets.overrides import ROLLOUT
from scrm.targets.pilot import ExitTerms, ResultBar
from scrm.targets.plans import PlanVersion, TargetViews, UnknownPlanError, plan_id_of
from scrm.targets.review import GateKeeper
from scrm.targets.stages import Criterion, GateState, Stage, StageLadder

_MEMBER = "member:"


class Staff(Protocol):
    """The organisation's table."""

    def node(self, node_id: str) -> OrgNode | None: ...

    def members_of_branch(self, branch_id: str) -> Iterator[Member]: ...


class OrgHeadcounts:
    """Implements `scrm.targets.plans.Headcounts`: RMs are active members who may hold customers."""

    def __init__(self, staff: Staff) -> None:
        self._staff = staff

    def below(self, node_id: str) -> Mapping[str, int]:
        node = self._staff.node(node_id)
        if node is None:
            return {}
        counts: Counter[str] = Counter()
        for member in self._staff.members_of_branch(branch_of(node.path)):
            if member.can_take_over and member.node_path.startswith(node.path):
                way = member.node_path.removeprefix(node.path).strip("/")
                counts[way.split("/")[0] if way else _MEMBER + member.userid] += 1
        return dict(sorted(counts.items()))


class MergedNodes:
    """Gives `scrm.targets.review.ProgressReview` what was merged into a node, at any remove. ``merged``: closed node ->
    the node that it was merged into, as the bank says (topic ``kpi`` of the settings)."""

    def __init__(self, staff: Staff, merged: Callable[[], Mapping[str, str]]) -> None:
        self._staff = staff
        self._merged = merged

    def __call__(self, node_id: str) -> Sequence[Merged]:
        line, into = [node_id], self._merged()
        for one in line:
            line += [closed for closed, target in into.items() if target == one and closed not in line]
        found = []
        for closed in line[1:]:
            node = self._staff.node(closed)
            if node is not None and node.closed_at is not None:
                month = month_of(node.closed_at.astimezone(BUSINESS_ZONE).date())
                found.append(Merged(closed, node.path, month))
        return found


class PlannedGates:
    """Implements `scrm.campaign.campaign_ports.Gates`: a KPI is gated once a plan for it is in force."""

    def __init__(self, views: TargetViews, gates: GateKeeper) -> None:
        self._views = views
        self._gates = gates

    def check(self, campaign: Campaign, now: datetime) -> None:
        kpi, today = campaign.definition.target_kpi, now.astimezone(BUSINESS_ZONE).date()
        if self._plan(kpi, today.year) is None:
            return
        found = self._gates.look(campaign.definition.node_id, campaign.node_path, now, month_of(today))
        if found.states.get(kpi) is GateState.LOCKED:
            stage = found.standing.stage.name if found.standing.stage else ""
            raise CampaignRefusedError(
                f"{kpi} is locked at this node, which stands at the stage {stage}: reach what the stage asks for, "
                "name a KPI of the front end, or ask for an override of the gate."
            )

    def _plan(self, kpi: str, year: int) -> PlanVersion | None:
        try:
            return self._views.in_force(plan_id_of(kpi, year))
        except UnknownPlanError:
            return None


def ladder_of(document: TargetsDocument) -> StageLadder:
    """Raises InvalidPlanError for stages that contradict each other."""
    if any(ROLLOUT in stage.assesses for stage in document.stages):
        raise InvalidPlanError("stages", f"{ROLLOUT} is the gate that a node passes to become formal, and no KPI")
    return StageLadder(tuple(map(_stage, document.stages)))


def exit_terms(document: PilotExitDocument) -> ExitTerms:
    return ExitTerms(
        document.months,
        ResultBar(document.result),
        _percent(document.lost_percent_at_most),
        _percent(document.handed_over_percent_at_least),
    )


def _percent(whole: int | None) -> Fraction | None:
    return None if whole is None else Fraction(whole, 100)


def _stage(told: StageDocument) -> Stage:
    criteria = (Criterion(one.kpi, Fraction(one.at_least_numerator, one.at_least_denominator)) for one in told.criteria)
    return Stage(told.name, tuple(criteria), told.assesses)
