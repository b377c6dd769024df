"""Targets joined to the organisation."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from scrm.audit.log import AuditLog
from scrm.campaign.model import Campaign
from scrm.campaign.refusals import CampaignRefusedError
from scrm.org.model import OrgNode
from scrm.runtime.target_joins import MergedNodes, OrgHeadcounts, PlannedGates
from scrm.targets.figures import Merged, MonthFigure, month_of
from scrm.targets.stages import Figure
from tests.admin_api import NODES
from tests.fakes.audit import FakeAuditStore
from tests.fakes.campaigns import NOW, definition
from tests.fakes.org import FakeOrg, member
from tests.fakes.targets import TERMS, TargetsOverMemory


def test_rms_are_counted_by_the_node_next_below_and_by_name_where_there_is_none() -> None:
    org = FakeOrg(node_rows=dict(NODES))
    for userid, node, path in (
        ("head", "10", "/1/10/"),
        ("a", "12", "/1/10/12/"),
        ("b", "12", "/1/10/12/"),
        ("far", "20", "/1/20/"),
    ):
        org.rows[userid] = member(userid, node, path)

    counts = OrgHeadcounts(org)

    assert counts.below("10") == {"12": 2, "member:head": 1}
    assert counts.below("12") == {"member:a": 1, "member:b": 1}
    assert counts.below("nowhere") == {}


def test_what_was_merged_into_a_node_is_found_at_any_remove_with_the_month_of_its_closing() -> None:
    closed = datetime(2027, 10, 31, 17, tzinfo=UTC)  # November in Shanghai
    rows = {
        "10": OrgNode("10", "上海", "/1/10/", "1"),
        "20": OrgNode("20", "浦东", "/1/20/", "1", closed_at=closed),
        "30": OrgNode("30", "虹口", "/1/30/", "1", closed_at=closed),
        "40": OrgNode("40", "徐汇", "/1/40/", "1"),
    }
    org = FakeOrg(node_rows=rows)
    merged = {"20": "10", "30": "20", "40": "10", "99": "10", "10": "30"}

    found = MergedNodes(org, lambda: merged)("10")

    assert found == [Merged("20", "/1/20/", "2027-11"), Merged("30", "/1/30/", "2027-11")]
    assert MergedNodes(org, dict)("10") == []


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
