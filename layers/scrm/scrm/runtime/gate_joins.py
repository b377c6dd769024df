"""What campaigns ask of targets: whether the KPI they work for counts at their node."""

from datetime import datetime

from scrm.campaign.model import Campaign
from scrm.campaign.refusals import CampaignRefusedError
from scrm.clock import BUSINESS_ZONE
from scrm.targets.figures import month_of
from scrm.targets.plans import PlanVersion, TargetViews, UnknownPlanError, plan_id_of
from scrm.targets.review import GateKeeper
from scrm.targets.stages import GateState


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
