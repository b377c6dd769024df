"""Stages in order and the gate before business KPIs."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import pytest

from scrm.targets.errors import InvalidPlanError
from scrm.targets.stages import (
    Criterion,
    Figure,
    Finding,
    GateOverride,
    GateState,
    Stage,
    StageLadder,
    gate_of,
)

TODAY = date(2026, 3, 31)
NOW = datetime(2026, 4, 1, tzinfo=UTC)
LADDER = StageLadder(
    (
        Stage("usage", (Criterion("staff_usage_rate", Fraction(4, 5)),)),
        Stage(
            "coverage", (Criterion("customer_coverage_rate", Fraction(1, 2)), Criterion("pool_size", Fraction(1000)))
        ),
        Stage("business", (), frozenset({"aum", "card_binding"})),
    )
)
REACHED = {
    "staff_usage_rate": Figure(800, 1000, TODAY),
    "customer_coverage_rate": Figure(5_000, 10_000, TODAY),
    "pool_size": Figure(1000, None, TODAY),
}


def test_a_node_that_met_everything_is_assessed_on_business() -> None:
    standing = LADDER.standing(REACHED)

    assert standing.stage == LADDER.stages[2]
    assert gate_of(standing, LADDER, "aum", (), NOW) is GateState.OPEN
    assert [one.finding for one in standing.evidence] == [Finding.MET] * 3


@pytest.mark.parametrize(
    ("kpi", "figure", "finding"),
    [
        ("staff_usage_rate", Figure(799, 1000, TODAY), Finding.BELOW),
        ("pool_size", Figure(999, None, TODAY), Finding.BELOW),
        ("customer_coverage_rate", None, Finding.ABSENT),
        ("staff_usage_rate", Figure(0, 0, TODAY), Finding.NO_BASE),
    ],
)
def test_one_criterion_that_is_not_met_keeps_the_gate_shut(kpi: str, figure: Figure | None, finding: Finding) -> None:
    figures = {name: found for name, found in {**REACHED, kpi: figure}.items() if found}

    standing = LADDER.standing(figures)

    assert gate_of(standing, LADDER, "aum", (), NOW) is GateState.LOCKED
    assert [one.finding for one in standing.evidence if one.criterion.kpi == kpi] == [finding]


def test_a_later_stage_does_not_help_over_an_earlier_one() -> None:
    standing = LADDER.standing({**REACHED, "staff_usage_rate": Figure(1, 2, TODAY)})

    assert standing.stage == LADDER.stages[0]
    assert [one.stage for one in standing.evidence] == ["usage"]


def test_a_kpi_that_no_stage_unlocks_is_assessed_from_the_beginning() -> None:
    assert gate_of(LADDER.standing({}), LADDER, "reply_rate", (), NOW) is GateState.OPEN


def test_an_override_opens_one_kpi_until_it_ends() -> None:
    override = GateOverride("gate_1", "aum", NOW + timedelta(seconds=1))
    shut = LADDER.standing({})

    assert gate_of(shut, LADDER, "aum", [override], NOW) is GateState.OVERRIDDEN
    assert gate_of(shut, LADDER, "card_binding", [override], NOW) is GateState.LOCKED
    assert gate_of(shut, LADDER, "aum", [override], NOW + timedelta(seconds=1)) is GateState.LOCKED


def test_all_stages_left_leaves_no_stage() -> None:
    ladder = StageLadder(LADDER.stages[:2])

    assert ladder.standing(REACHED).stage is None


def test_a_ladder_that_cannot_be_climbed_is_refused() -> None:
    usage = LADDER.stages[0]
    for stages in (
        (usage, usage),
        (usage, Stage("next", (), frozenset({"aum"})), LADDER.stages[2]),
        (replace(usage, criteria=(Criterion("staff_usage_rate", Fraction(0)),)),),
    ):
        with pytest.raises(InvalidPlanError):
            StageLadder(stages)
