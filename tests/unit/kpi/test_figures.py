"""From measures to figures: days and months, what is absent and why, what is hidden."""

from dataclasses import replace
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from scrm.kpi.catalogue import Catalogue, KpiDefinition
from scrm.kpi.figures import Absence, Computed, Period, compute, diverges, protect
from scrm.kpi.shipped import SHIPPED
from scrm.targets.stages import Figure

CATALOGUE = Catalogue(SHIPPED)
MARCH = Period.of_month("2027-03")
FIRST, LAST = date(2027, 3, 1), date(2027, 3, 31)


def kpi(name: str) -> KpiDefinition:
    found = CATALOGUE.leading(name, "2027-03")
    assert found is not None
    return found


def test_counts_of_a_month_add_up_and_other_months_stay_out() -> None:
    days = {FIRST: {"added": 3}, LAST: {"added": 4}, date(2027, 4, 1): {"added": 99}}

    found = compute(kpi("added"), days, days, MARCH, 10)

    assert found.figure == Figure(7, None, LAST)


def test_a_ratio_is_made_of_sums_and_never_of_ratios() -> None:
    days = {FIRST: {"answered_in_time": 1, "questions": 1}, LAST: {"answered_in_time": 1, "questions": 9}}

    found = compute(kpi("reply_rate"), days, days, MARCH, 10)

    assert found.figure == Figure(2, 10, LAST)


def test_what_stands_is_of_the_last_day_that_tells_both_sides() -> None:
    days = {
        FIRST: {"covered_customers": 40, "bank_customers": 100},
        date(2027, 3, 20): {"covered_customers": 50, "bank_customers": 110},
        LAST: {"covered_customers": 60},
    }

    found = compute(kpi("customer_coverage_rate"), days, days, MARCH, 10)

    assert found.figure == Figure(50, 110, date(2027, 3, 20))


def test_a_node_without_a_count_has_none_where_the_bank_has_some() -> None:
    found = compute(kpi("added"), {}, {FIRST: {"added": 5}}, MARCH, 10)

    assert found.figure == Figure(0, None, FIRST)


def test_what_nobody_told_is_absent_and_not_zero() -> None:
    told = {FIRST: {"added": 5}, date(2027, 4, 2): {"sends_settled_moments": 1}}

    assert compute(kpi("reached"), {}, told, MARCH, 10).absent is Absence.NOT_TOLD
    assert compute(kpi("valid_added"), {}, told, MARCH, 10).absent is Absence.NOT_TOLD
    assert compute(kpi("programme_cost"), {}, told, MARCH, 10).absent is Absence.NOT_TOLD_BY_HEAD_OFFICE


def test_what_was_looked_at_and_found_nothing_is_zero() -> None:
    told = {FIRST: {"added": 5}, LAST: {"adds_decided": 5, "sends_settled_one_to_one": 3}}

    assert compute(kpi("lost"), told, told, MARCH, 10).figure == Figure(0, None, FIRST)
    assert compute(kpi("valid_added"), told, told, MARCH, 10).figure == Figure(0, None, LAST)
    assert compute(kpi("reached"), told, told, MARCH, 10).figure == Figure(0, None, LAST)


def test_a_team_without_rms_has_no_usage_rate_and_the_answer_says_why() -> None:
    told = {LAST: {"active_rms": 8, "roster_rms": 10}}

    found = compute(kpi("staff_usage_rate"), {LAST: {"active_rms": 0, "roster_rms": 0}}, told, MARCH, 10)

    assert (found.figure, found.absent) == (None, Absence.NO_BASE)


def test_an_rm_without_customers_counts_as_staff_and_his_team_has_no_coverage_to_be_measured_by() -> None:
    told = {LAST: {"active_rms": 8, "roster_rms": 10, "covered_customers": 5, "bank_customers": 9, "aum_fen": 7}}
    alone = {LAST: {"active_rms": 0, "roster_rms": 1}}

    def found(name: str) -> Computed:
        return compute(kpi(name), alone, told, MARCH, 10)

    assert found("staff_usage_rate").figure == Figure(0, 1, LAST)
    assert (found("customer_coverage_rate").figure, found("customer_coverage_rate").absent) == (None, Absence.NO_BASE)
    assert found("aum").figure == Figure(0, None, LAST)  # of nobody there is nothing to hide


def test_money_of_few_customers_is_hidden_and_of_enough_is_shown() -> None:
    nine, ten = {LAST: {"aum_fen": 900, "fact_customers": 9}}, {LAST: {"aum_fen": 1000, "fact_customers": 10}}

    assert compute(kpi("aum"), nine, ten, MARCH, 10).absent is Absence.TOO_FEW
    assert compute(kpi("aum"), ten, ten, MARCH, 10).figure == Figure(1000, None, LAST)
    assert compute(kpi("aum"), nine, ten, MARCH, 1).figure == Figure(900, None, LAST)


AUM = kpi("aum")
SHOWN = [Computed(AUM, Figure(amount, None, LAST), None, cell) for amount, cell in ((500, 50), (120, 12))]


def hidden(cell: int) -> Computed:
    return Computed(AUM, None, Absence.TOO_FEW, cell)


def test_one_hidden_node_takes_the_smallest_other_with_it() -> None:
    found = protect([*SHOWN, hidden(3)], whole=65, hide_below=10)

    assert [one.absent for one in found] == [None, Absence.TOO_FEW, Absence.TOO_FEW]
    assert protect(SHOWN, whole=62, hide_below=10) == SHOWN


def test_hidden_nodes_that_are_too_few_together_take_the_smallest_other_with_them() -> None:
    together = [*SHOWN, hidden(4), hidden(5)]

    assert protect(together, whole=71, hide_below=10)[1].absent is Absence.TOO_FEW
    assert protect([*SHOWN, hidden(4), hidden(6)], whole=72, hide_below=10)[1].absent is None


def test_customers_of_the_parent_itself_are_what_it_has_more_than_the_nodes_below() -> None:
    assert protect(SHOWN, whole=65, hide_below=10)[1].absent is Absence.TOO_FEW
    assert protect(SHOWN[:1], whole=53, hide_below=10)[0].absent is Absence.TOO_FEW
    assert protect([*SHOWN, hidden(3)], whole=75, hide_below=10) == [*SHOWN, hidden(3)]


@given(
    cells=st.lists(st.integers(0, 40), min_size=1, max_size=6),
    directly=st.integers(0, 40),
    hide_below=st.integers(1, 12),
)
def test_what_is_shown_never_tells_of_too_few_by_subtraction(cells: list[int], directly: int, hide_below: int) -> None:
    told = {LAST: {"aum_fen": 1, "fact_customers": 1}}
    below = [
        compute(AUM, {LAST: {"aum_fen": 100 * cell, "fact_customers": cell}}, told, MARCH, hide_below) for cell in cells
    ]

    found = protect(below, sum(cells) + directly, hide_below)

    shown = [one.cell or 0 for one in found if one.figure is not None and one.cell]
    left = sum(cells) + directly - sum(shown)
    assert not shown or left == 0 or left >= hide_below


def test_a_price_makes_money_of_licences() -> None:
    priced = replace(next(one for one in SHIPPED if one.kpi == "licence_cost"), factor=15_00)
    days = {LAST: {"licensed_rms": 20}}

    assert compute(priced, days, days, MARCH, 10).figure == Figure(30_000, None, LAST)


def test_more_products_and_less_money_is_flagged() -> None:
    def pair(before: int, after: int, base: int | None = None) -> tuple[Figure, Figure]:
        return Figure(before, base, FIRST), Figure(after, base, LAST)

    assert diverges(pair(20, 25, 10), pair(100, 90)) is True
    assert diverges(pair(20, 25, 10), pair(100, 110)) is False
    assert diverges(None, pair(100, 90)) is None


@given(
    st.lists(
        st.dictionaries(st.dates(FIRST, LAST), st.fixed_dictionaries({"added": st.integers(0, 9)}), max_size=5),
        min_size=1,
        max_size=5,
    )
)
def test_children_sum_to_their_parent_whatever_days_they_have(children: list[dict[date, dict[str, int]]]) -> None:
    parent: dict[date, dict[str, int]] = {}
    for days in children:
        for day, measures in days.items():
            known = parent.setdefault(day, {"added": 0})
            known["added"] += measures["added"]

    whole = compute(kpi("added"), parent, parent, MARCH, 10).figure
    parts = [compute(kpi("added"), days, parent, MARCH, 10).figure for days in children]

    assert (whole.numerator if whole else 0) == sum(part.numerator for part in parts if part)
