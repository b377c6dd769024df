"""O8, backward planner and funnel gate: an annual outcome becomes targets of quarters, branches and members that sum
up exactly and bring the outcome; business KPIs of a branch stay locked until its front end is there."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scrm.targets import planner
from scrm.targets.overrides import GateOverrides, WantedOverride
from scrm.targets.planner import MONTHS, BranchShare, MonthlyTargets
from scrm.targets.plans import TargetPlans, TargetViews, quarters
from scrm.targets.stages import Criterion, Figure, GateOverride, GateState, Stage, StageLadder, gate_of
from scrm.two_persons import RequestRefusedError
from tests.fakes.targets import (
    CONVERSION,
    TERMS,
    FakeHeadcounts,
    FakeJournal,
    FakeOverrides,
    FakePlanDocuments,
    FakePlans,
)

NOW = datetime(2027, 4, 1, tzinfo=UTC)
DAY = date(2027, 3, 31)
AUM = 36_000_000_000_00
LADDER = StageLadder(
    (
        Stage("usage", (Criterion("staff_usage_rate", Fraction(4, 5)),)),
        Stage(
            "coverage", (Criterion("customer_coverage_rate", Fraction(1, 2)), Criterion("pool_size", Fraction(3000)))
        ),
        Stage("business", (), frozenset({"aum"})),
    )
)


def bank() -> tuple[TargetPlans, TargetViews, FakeHeadcounts]:
    store, documents, headcounts = FakePlans(), FakePlanDocuments(), FakeHeadcounts()
    return TargetPlans(store, documents, FakeJournal()), TargetViews(store, documents, headcounts, "1"), headcounts


@settings(max_examples=10, deadline=None)
@given(
    outcome=st.integers(1, AUM),
    season=st.lists(st.integers(0, 30), min_size=12, max_size=12),
    weights=st.lists(st.integers(1, 9999), min_size=1, max_size=12),
    teams=st.lists(st.integers(1, 40), min_size=1, max_size=5),
    slow=st.booleans(),
    begins=st.integers(1, 6),
)
def test_children_sum_to_their_parent_exactly_and_forward_reaches_the_outcome(
    outcome: int,
    season: list[int],
    weights: list[int],
    teams: list[int],
    slow: bool,  # noqa: FBT001
    begins: int,
) -> None:
    plans, views, headcounts = bank()
    ramp = (Fraction(1, 10), Fraction(1, 2), Fraction(1)) if slow else (Fraction(1),)
    pilot = replace(CONVERSION, ramp=ramp)
    weaker = replace(pilot, added_per_reached=Fraction(1, 37))
    season[5] += 1
    shares = tuple(
        BranchShare(f"b{n}", weight, weaker if n % 3 == 2 else None, 6 if n % 4 == 3 else None)
        for n, weight in enumerate(weights)
    )
    headcounts.counts = {"b0": {f"t{n}": size for n, size in enumerate(teams)}}
    headcounts.counts |= {f"t{n}": {f"member:{n}-{m}": 1 for m in range(size)} for n, size in enumerate(teams)}
    drafted = plans.draft(
        replace(TERMS, outcome=outcome, season=tuple(season), conversion=pilot, shares=shares, first_month=begins),
        "operator:a",
        NOW,
    )
    plan = plans.approve(drafted.plan_id, drafted.version, "operator:b", NOW)

    whole = views.of_node(plan, ["1"])
    assert sum(whole.targets.outcome) == outcome
    simulated = sum(planner.forward(whole.below[share.node_id], share.conversion or pilot) for share in shares)
    assert simulated >= outcome
    for way in (["1"], ["1", "b0"], *(["1", "b0", f"t{n}"] for n in range(len(teams)))):
        node = views.of_node(plan, way)
        assert planner.total(list(node.below.values())) == node.targets
        assert_quarters_are_their_months(node.targets)
        assert all(not any(months[: begins - 1]) for months in node.targets.by_metric().values())


def assert_quarters_are_their_months(targets: MonthlyTargets) -> None:
    for months in targets.by_metric().values():
        assert len(months) == MONTHS
        assert sum(quarters(months)) == sum(months)


@pytest.mark.parametrize(("usage", "gate"), [(799, GateState.LOCKED), (800, GateState.OPEN)])
def test_the_gate_is_shut_at_79_9_percent_and_opens_at_the_threshold(usage: int, gate: GateState) -> None:
    figures = {
        "staff_usage_rate": Figure(usage, 1000, DAY),
        "customer_coverage_rate": Figure(6_000, 10_000, DAY),
        "pool_size": Figure(6_000, None, DAY),
    }

    assert gate_of(LADDER.standing(figures), LADDER, "aum", (), NOW) is gate


def test_an_override_without_reason_is_refused_and_with_one_needs_a_second_person() -> None:
    overrides = GateOverrides(FakeOverrides(), FakeJournal(), lambda: LADDER.gated)
    wanted = WantedOverride("aum", "b0", "/1/b0/", NOW + timedelta(days=31), "")
    shut = LADDER.standing({})

    with pytest.raises(RequestRefusedError):
        overrides.ask(wanted, "operator:a", NOW)
    asked = overrides.ask(replace(wanted, reason="a branch of one month"), "operator:a", NOW)
    assert gate_of(shut, LADDER, "aum", in_force(overrides), NOW) is GateState.LOCKED
    with pytest.raises(RequestRefusedError):
        overrides.approve(asked, "operator:a", NOW)
    overrides.approve(asked, "operator:b", NOW)

    assert gate_of(shut, LADDER, "aum", in_force(overrides), NOW) is GateState.OVERRIDDEN


def in_force(overrides: GateOverrides) -> list[GateOverride]:
    return [one.as_gate() for one in overrides.store.at_or_above("/1/b0/")]
