"""Backward from the outcome, and forward again."""

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scrm.targets import planner
from scrm.targets.errors import InvalidPlanError
from scrm.targets.planner import EVEN_SEASON, BranchShare, Conversion

SHARES = st.fractions(Fraction(1, 1000), 1)
RAMPS = st.lists(st.fractions(0, 1, max_denominator=100), min_size=1, max_size=12).map(
    lambda shares: tuple(sorted(max(share, Fraction(1, 100)) for share in shares))
)
CONVERSIONS = st.builds(
    Conversion,
    uplift_per_valid_add=st.fractions(Fraction(1, 100), 10**8, max_denominator=1000),
    valid_per_added=SHARES,
    added_per_reached=SHARES,
    reached_per_rm=st.fractions(1, 10_000, max_denominator=10),
    ramp=RAMPS,
)
SEASONS = st.lists(st.integers(0, 100), min_size=12, max_size=12).filter(any)
OUTCOMES = st.integers(0, 10**15)
BEGINNINGS = st.integers(1, 12)
AT_ONCE = Conversion(Fraction(50_000_00), Fraction(4, 5), Fraction(1, 10), Fraction(300))


def test_an_outcome_becomes_customers_and_rms_of_each_month() -> None:
    targets = planner.backward(12_000_000_000_00, EVEN_SEASON, AT_ONCE)

    assert targets.valid_added == (20_000,) * 12
    assert targets.added == (25_000,) * 12
    assert targets.reached == (250_000,) * 12
    assert targets.active_rms == (834,) * 12
    assert targets.outcome == (1_000_000_000_00,) * 12


def test_the_months_that_are_left_share_all_of_it() -> None:
    season = (9, 9, 9, 9, 1, 1, 1, 1, 1, 1, 1, 3)

    targets = planner.backward(12_000_000_000_00, season, AT_ONCE, first_month=5)

    assert targets.valid_added == (0, 0, 0, 0, *(24_000,) * 7, 72_000)
    assert targets.outcome == (0, 0, 0, 0, *(1_200_000_000_00,) * 7, 3_600_000_000_00)
    assert targets.active_rms[:4] == (0, 0, 0, 0)


@given(OUTCOMES, SEASONS, CONVERSIONS, BEGINNINGS)
def test_forward_of_backward_reaches_the_outcome_whenever_it_begins(
    outcome: int, season: list[int], conversion: Conversion, begins: int
) -> None:
    season[begins - 1] += 1
    targets = planner.backward(outcome, season, conversion, begins)

    for months in targets.by_metric().values():
        assert not any(months[: begins - 1])
    assert planner.forward(targets, conversion) >= outcome
    assert sum(targets.outcome) == outcome
    for reached, active in zip(targets.reached, targets.active_rms, strict=True):
        assert active * conversion.reached_per_rm >= reached


@pytest.mark.parametrize("first_month", [0, 13])
def test_a_programme_begins_within_the_year(first_month: int) -> None:
    with pytest.raises(InvalidPlanError, match="a month of the plan's year"):
        planner.backward(1, EVEN_SEASON, AT_ONCE, first_month)


def test_a_season_that_is_over_when_the_programme_begins_is_refused() -> None:
    with pytest.raises(InvalidPlanError, match="early enough"):
        planner.backward(1, (1, 1, 1, 1) + (0,) * 8, AT_ONCE, first_month=5)


@given(OUTCOMES.filter(bool), SEASONS, CONVERSIONS)
def test_no_more_is_asked_for_than_rounding_needs(outcome: int, season: list[int], conversion: Conversion) -> None:
    targets = planner.backward(outcome, season, conversion)

    worth = conversion.worth_of_reached()
    surplus = planner.forward(replace(targets, valid_added=(10**18,) * 12, added=(10**18,) * 12), conversion) - outcome
    assert surplus <= 13 * worth


def test_a_customer_of_december_counts_for_what_has_arrived() -> None:
    slow = replace(AT_ONCE, ramp=(Fraction(0), Fraction(1, 2), Fraction(1)))
    december = (0,) * 11 + (1,)

    with pytest.raises(InvalidPlanError, match="early enough"):
        planner.backward(1000, december, slow)
    november = planner.backward(1000_000_00, (0,) * 10 + (1, 0), slow)

    assert november.valid_added == (0,) * 10 + (40, 0)
    assert november.outcome == (0,) * 11 + (1000_000_00,)


@settings(max_examples=30)
@given(
    OUTCOMES,
    SEASONS,
    st.lists(st.tuples(st.integers(1, 10**6), st.none() | CONVERSIONS, st.none() | BEGINNINGS), min_size=1, max_size=6),
    CONVERSIONS,
    BEGINNINGS,
)
def test_branches_sum_to_the_bank_and_together_reach_its_outcome(
    outcome: int,
    season: list[int],
    weighted: list[tuple[int, Conversion | None, int | None]],
    usual: Conversion,
    begins: int,
) -> None:
    season[-1] += 1
    shares = [BranchShare(str(place), *rest) for place, rest in enumerate(weighted)]

    branches = planner.plan_bank(outcome, season, usual, shares, begins)

    for share in shares:
        assert not any(branches[share.node_id].reached[: (share.first_month or begins) - 1])
    bank = planner.total(list(branches.values()))
    assert sum(bank.outcome) == outcome
    reached = sum(planner.forward(branches[share.node_id], share.conversion or usual) for share in shares)
    assert reached >= outcome


@given(
    OUTCOMES,
    SEASONS,
    st.dictionaries(st.text(max_size=3), st.integers(0, 1000), min_size=1).filter(lambda w: any(w.values())),
    BEGINNINGS,
)
def test_what_is_below_a_node_sums_to_it_in_every_month(
    outcome: int, season: list[int], weights: dict[str, int], begins: int
) -> None:
    season[-1] += 1
    targets = planner.backward(outcome, season, AT_ONCE, begins)

    below = planner.split(targets, weights)

    assert planner.total(list(below.values())) == targets
    assert set(below) == set(weights)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("uplift_per_valid_add", Fraction(0)),
        ("valid_per_added", Fraction(11, 10)),
        ("added_per_reached", Fraction(0)),
        ("reached_per_rm", Fraction(-1)),
        ("ramp", ()),
        ("ramp", (Fraction(1, 2), Fraction(1, 3))),
        ("ramp", (Fraction(0),)),
        ("ramp", (Fraction(1, 2), Fraction(3, 2))),
    ],
)
def test_an_impossible_conversion_names_its_field(field: str, value: object) -> None:
    with pytest.raises(InvalidPlanError) as refused:
        replace(AT_ONCE, **{field: value})  # type: ignore[arg-type]

    assert refused.value.field == field


@pytest.mark.parametrize("season", [(1,) * 11, (0,) * 12, (-1,) + (1,) * 11])
def test_an_impossible_season_is_refused(season: tuple[int, ...]) -> None:
    with pytest.raises(InvalidPlanError, match=r"twelve weights|no month"):
        planner.backward(100, season, AT_ONCE)


def test_a_branch_that_is_listed_twice_is_refused() -> None:
    with pytest.raises(InvalidPlanError, match="twice"):
        planner.plan_bank(1, EVEN_SEASON, AT_ONCE, [BranchShare("7", 1), BranchShare("7", 2)])


def test_nobody_to_split_among_is_refused() -> None:
    with pytest.raises(InvalidPlanError, match="nobody"):
        planner.plan_bank(1, EVEN_SEASON, AT_ONCE, [])
    with pytest.raises(InvalidPlanError, match="nobody"):
        planner.split(planner.backward(100, EVEN_SEASON, AT_ONCE), {"a": 0})


def test_a_branch_that_begins_after_the_season_is_named() -> None:
    season = (1,) * 6 + (0,) * 6
    shares = [BranchShare("10", 1), BranchShare("20", 1, first_month=9)]

    with pytest.raises(InvalidPlanError, match=r"^branch 20: no month") as refused:
        planner.plan_bank(1_000, season, AT_ONCE, shares)

    assert refused.value.field == "shares"
