"""A node against its targets since the programme began there: a pilot from May on, the other branches later."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from scrm.audit.log import AuditLog
from scrm.targets.figures import Lack, Merged, MonthFigure
from scrm.targets.planner import BranchShare
from scrm.targets.plans import Baseline
from scrm.targets.review import Progress
from scrm.targets.stages import Figure, GateState
from tests.fakes.audit import FakeAuditStore
from tests.fakes.targets import TERMS, TargetsOverMemory

AUGUST = datetime(2027, 8, 4, 2, tzinfo=UTC)
PILOT = replace(
    TERMS,
    baseline=Baseline(80_000_000_000_00, date(2027, 4, 30), "core banking, month end"),
    shares=(BranchShare("10", 5), BranchShare("20", 3, first_month=9)),
    first_month=5,
)
_WHERE = {"1": "/1/", "10": "/1/10/", "12": "/1/10/12/", "20": "/1/20/"}


class Bank:
    def __init__(self) -> None:
        self.memory = TargetsOverMemory(AuditLog(FakeAuditStore()))
        self.memory.headcounts.counts = {"10": {"12": 3}}
        self.targets = self.memory.joined()
        drafted = self.targets.plans.draft(PILOT, "operator:a", datetime(2027, 4, 20, tzinfo=UTC))
        self.plan = self.targets.plans.approve(drafted.plan_id, 1, "operator:b", datetime(2027, 4, 21, tzinfo=UTC))

    def tell(self, node_id: str, kpi: str, months: dict[str, int], denominator: int | None = None) -> None:
        for month, numerator in months.items():
            figure = Figure(numerator, denominator, date(2027, int(month[-2:]), 28))
            self.targets.figures.tell([MonthFigure(node_id, kpi, month, figure, "measured", "kpi", AUGUST)])

    def progress(self, node_id: str, now: datetime = AUGUST) -> dict[str, Progress]:
        way = [part for part in _WHERE[node_id].split("/") if part]
        targets = self.targets.views.of_node(self.plan, way).targets
        rows = self.targets.progress.of(self.plan, PILOT, targets, (node_id, _WHERE[node_id]), now, 0.8)
        return {row.metric.metric: row for row in rows}


@pytest.fixture
def bank() -> Bank:
    """The pilot's branch has three closed months and some days of August."""
    found = Bank()
    for node_id in ("1", "10"):
        for kpi, scale in (("reached", 1000), ("added", 100), ("valid_added", 80), ("active_rms", 3)):
            found.tell(
                node_id, kpi, {"2027-05": 10 * scale, "2027-06": 14 * scale, "2027-07": 12 * scale, "2027-08": scale}
            )
    return found


def test_every_step_of_the_funnel_has_its_figures_over_the_months_in_which_it_ran(bank: Bank) -> None:
    for metric in ("reached", "added", "valid_added", "active_rms"):
        row = bank.progress("10")[metric].metric
        assert row.attained is not None
        assert row.attained.closed_months == 3
        assert row.attained.target_to_date == sum(row.targets[4:7])
        assert row.attained.pace is not None
        assert row.attained.forecast is not None
        assert row.attained.forecast.low is not None
        assert (row.told.first, row.told.through) == ("2027-05", "2027-07")


def test_the_running_month_is_no_closed_one(bank: Bank) -> None:
    added = bank.progress("10")["added"].metric

    assert added.told.months == (1000, 1400, 1200)


def test_what_was_added_before_the_programme_began_is_nobodys_attainment(bank: Bank) -> None:
    before = bank.progress("10")["added"].metric.attained
    bank.tell("10", "added", {"2027-01": 7_000, "2027-03": 9_000})

    assert bank.progress("10")["added"].metric.attained == before


def test_the_gain_is_counted_from_the_end_of_april(bank: Bank) -> None:
    bank.tell("10", "aum", {"2027-03": 1, "2027-04": 100, "2027-05": 130, "2027-06": 150, "2027-07": 145})
    bank.tell("1", "aum", {"2027-05": 80_000_000_000_50, "2027-06": 80_000_000_000_70})

    assert bank.progress("10")["outcome"].metric.told.months == (30, 20, -5)
    assert bank.progress("1")["outcome"].metric.told.months == (50, 20)  # above the frozen baseline


def test_a_branch_without_the_level_of_april_says_what_misses(bank: Bank) -> None:
    bank.tell("10", "aum", {"2027-05": 130, "2027-06": 150})

    told = bank.progress("10")["outcome"].metric.told

    assert (told.lack, told.lacks) == (Lack.NO_LEVEL_BEFORE, "2027-04")


def test_a_gap_inside_the_run_leaves_no_figure_and_names_the_month(bank: Bank) -> None:
    bank.tell("20", "added", {"2027-09": 4, "2027-11": 5})

    row = bank.progress("20", datetime(2028, 1, 9, tzinfo=UTC))["added"].metric

    assert row.attained is None
    assert (row.told.lack, row.told.lacks) == (Lack.GAP, "2027-10")


def test_a_branch_that_begins_later_has_not_begun_while_the_bank_has(bank: Bank) -> None:
    assert {row.metric.told.lack for row in bank.progress("20").values()} == {Lack.NO_MONTH_OVER}
    assert bank.progress("1")["added"].metric.told.months == (1000, 1400, 1200)


def test_a_team_begins_with_its_branch(bank: Bank) -> None:
    bank.tell("12", "added", {"2027-05": 4})

    assert bank.progress("12")["added"].metric.told.first == "2027-05"
    assert bank.progress("12")["added"].metric.told.months == (4,)


def test_the_gate_goes_by_the_months_in_which_it_ran(bank: Bank) -> None:
    bank.tell("10", "staff_usage_rate", {"2027-07": 9}, denominator=10)
    bank.tell("10", "customer_coverage_rate", {"2027-07": 6}, denominator=10)
    assert bank.progress("10")["outcome"].gate is GateState.LOCKED
    bank.tell("10", "pool_size", {"2027-07": 5000})

    rows = bank.progress("10")

    assert rows["outcome"].gate is GateState.OPEN
    assert {rows[metric].gate for metric in ("reached", "added", "valid_added", "active_rms")} == {GateState.OPEN}


@pytest.mark.parametrize(("last", "gate"), [(85, GateState.OPEN), (79, GateState.LOCKED)])
def test_the_first_days_of_a_month_shut_no_gate(bank: Bank, last: int, gate: GateState) -> None:
    """On the fourth few have written to customers yet this month; that says nothing of it."""
    bank.tell("10", "customer_coverage_rate", {"2027-07": 6, "2027-08": 6}, denominator=10)
    bank.tell("10", "pool_size", {"2027-07": 5000, "2027-08": 5000})
    bank.tell("10", "staff_usage_rate", {"2027-06": 90, "2027-07": last, "2027-08": 12}, denominator=100)

    assert bank.progress("10")["outcome"].gate is gate
    assert bank.progress("10", datetime(2027, 9, 1, 2, tzinfo=UTC))["outcome"].gate is GateState.LOCKED


def test_the_running_month_opens_a_gate_as_soon_as_it_is_reached(bank: Bank) -> None:
    bank.tell("10", "customer_coverage_rate", {"2027-07": 6, "2027-08": 6}, denominator=10)
    bank.tell("10", "pool_size", {"2027-07": 5000, "2027-08": 5000})
    bank.tell("10", "staff_usage_rate", {"2027-07": 50, "2027-08": 81}, denominator=100)

    assert bank.progress("10")["outcome"].gate is GateState.OPEN


@pytest.fixture
def merged(bank: Bank) -> Bank:
    """Branch 20, whose programme began in September, is merged into the pilot's branch in the middle of October."""
    levels = {"2027-04": 100, "2027-05": 110, "2027-06": 120, "2027-07": 130, "2027-08": 140, "2027-09": 150}
    bank.tell("10", "aum", levels | {"2027-10": 1160, "2027-11": 1170})
    bank.tell("20", "aum", dict.fromkeys(levels, 1000) | {"2027-10": 0})
    bank.tell("10", "added", dict.fromkeys(("2027-09", "2027-10", "2027-11"), 500))
    before = dict.fromkeys(("2027-05", "2027-06", "2027-07", "2027-08"), 0)
    bank.tell("20", "added", before | {"2027-09": 40, "2027-10": 20})
    bank.memory.merged = {"10": (Merged("20", "/1/20/", "2027-10"),)}
    return bank


DECEMBER = datetime(2027, 12, 8, 2, tzinfo=UTC)


def test_what_a_merged_branch_brings_along_is_no_gain_of_the_one_that_is_left(merged: Bank) -> None:
    outcome = merged.progress("10", DECEMBER)["outcome"].metric

    assert outcome.told.months == (10, 10, 10, 10, 10, 10, 10)
    merged.memory.merged = {}
    assert merged.progress("10", DECEMBER)["outcome"].metric.told.months == (10, 10, 10, 10, 10, 1010, 10)


def test_the_branch_that_is_left_has_the_targets_and_the_adds_of_both(merged: Bank) -> None:
    both = merged.progress("10", DECEMBER)["added"].metric

    assert both.told.months == (1000, 1400, 1200, 100, 540, 520, 500)
    own = merged.targets.views.of_node(merged.plan, ["1", "10"]).targets.added
    theirs = merged.targets.views.of_node(merged.plan, ["1", "20"]).targets.added
    assert tuple(both.targets) == tuple(one + other for one, other in zip(own, theirs, strict=True))


def test_a_month_of_the_merged_branch_that_nobody_told_is_a_gap_of_both(merged: Bank) -> None:
    unplanned = Merged("30", "/1/30/", "2027-07")
    merged.memory.merged["10"] = (*merged.memory.merged["10"], unplanned)
    merged.tell("30", "added", {"2027-05": 1})

    row = merged.progress("10", DECEMBER)["added"].metric

    assert (row.told.lack, row.told.lacks) == (Lack.GAP, "2027-06")


def test_a_node_begins_with_the_earliest_that_was_merged_into_it(merged: Bank) -> None:
    """What says whether the plan was frozen too late goes by the months that are counted."""
    merged.memory.merged = {"20": (Merged("10", "/1/10/", "2027-10"),)}

    assert merged.targets.progress.begins(PILOT, ("20", "/1/20/")) == "2027-05"
    assert merged.progress("20", DECEMBER)["added"].metric.told.first == "2027-05"
