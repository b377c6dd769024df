"""Campaigns joined to the gates of targets."""

from dataclasses import replace
from datetime import date

import pytest

from scrm.audit.log import AuditLog
from scrm.campaign.model import Campaign
from scrm.campaign.refusals import CampaignRefusedError
from scrm.runtime.gate_joins import PlannedGates
from scrm.targets.figures import MonthFigure, month_of
from scrm.targets.stages import Figure
from tests.fakes.audit import FakeAuditStore
from tests.fakes.campaigns import NOW, definition
from tests.fakes.targets import TERMS, TargetsOverMemory


class Planned:
    """A campaign of the Shanghai branch for a KPI that a plan may be in force for."""

    def __init__(self) -> None:
        self.targets = TargetsOverMemory(AuditLog(FakeAuditStore()))
        joined = self.targets.joined()
        self.plans, self.figures = joined.plans, joined.figures
        self.gates = PlannedGates(joined.views, joined.gates)
        self.campaign = Campaign("camp_1", definition(target_kpi="aum"), "/1/10/", "operator:a", NOW)

    def plan_for_the_year(self) -> None:
        baseline = replace(TERMS.baseline, as_of=date(NOW.year - 1, 12, 31))
        drafted = self.plans.draft(replace(TERMS, year=NOW.year, baseline=baseline), "operator:a", NOW)
        self.plans.approve(drafted.plan_id, 1, "operator:b", NOW)

    def reach(self) -> None:
        for kpi, figure in (
            ("staff_usage_rate", Figure(9, 10, NOW.date())),
            ("customer_coverage_rate", Figure(6, 10, NOW.date())),
            ("pool_size", Figure(5000, None, NOW.date())),
        ):
            self.figures.tell([MonthFigure("10", kpi, month_of(NOW.date()), figure, "wecom", "operator:a", NOW)])


def test_a_kpi_without_a_plan_in_force_locks_no_campaign() -> None:
    Planned().gates.check(Planned().campaign, NOW)


def test_a_planned_kpi_locks_campaigns_until_the_front_end_is_reached() -> None:
    bank = Planned()
    bank.plan_for_the_year()

    with pytest.raises(CampaignRefusedError, match="stands at the stage usage"):
        bank.gates.check(bank.campaign, NOW)
    bank.reach()

    bank.gates.check(bank.campaign, NOW)
