"""What is said of a KPI, and when nothing is."""

from collections.abc import Iterable

import pytest

from scrm.uplift.comparison import Cell, Comparison, compare
from scrm.uplift.estimate import Estimate
from scrm.uplift.moments import Moments
from scrm.uplift.verdict import Bar, Verdict, corrected, overall, verdict
from tests.fakes.uplift import World, draw

BAR = Bar()


def estimate(value: float, reach: float, p: float = 0.5) -> Estimate:
    return Estimate(value, reach / 2, 1000, value - reach, value + reach, p)


def comparison(
    value: float, reach: float, placebo: Estimate | None = None, treated: int = 500, compared: float = 1.0
) -> Comparison:
    return Comparison(None, estimate(value, reach), 1.0, placebo, treated, 900, compared)


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (comparison(0.3, 0.05), Verdict.PASSED),
        (comparison(0.22, 0.05), Verdict.OPEN),
        (comparison(0.1, 0.05), Verdict.FAILED),
        (comparison(0.3, 0.05, treated=199), Verdict.INSUFFICIENT),
        (comparison(0.3, 0.05, compared=0.79), Verdict.NOT_COMPARABLE),
        (comparison(0.3, 0.05, estimate(0.05, 0.01, p=0.0001)), Verdict.NOT_COMPARABLE),
        (comparison(0.3, 0.05, estimate(0.005, 0.001, p=0.0001)), Verdict.PASSED),
        (Comparison(None, None, None, None, 500, 900, 0.0), Verdict.INSUFFICIENT),
    ],
)
def test_a_verdict_says_no_more_than_is_known(found: Comparison, said: Verdict) -> None:
    assert verdict(found, BAR) is said


def test_all_kpis_have_to_pass() -> None:
    assert overall([Verdict.PASSED, Verdict.PASSED]) is Verdict.PASSED
    assert overall([Verdict.PASSED, Verdict.OPEN]) is Verdict.OPEN
    assert overall([Verdict.INSUFFICIENT, Verdict.FAILED]) is Verdict.FAILED
    assert overall([]) is Verdict.INSUFFICIENT


def test_many_kpis_are_corrected_by_holm() -> None:
    assert corrected({"a": 0.01, "b": 0.04, "c": 0.03}) == pytest.approx({"a": 0.03, "c": 0.06, "b": 0.06})
    assert corrected({"a": 0.9, "b": 0.8}) == pytest.approx({"a": 1.0, "b": 1.0})


def test_treated_without_anybody_to_compare_with_are_left_out_and_counted() -> None:
    drawn = draw(World(), 3)
    cells = {name: cell for name, cell in drawn.cells().items() if cell.compares}
    lonely = Cell(treated=cells["1"].treated)
    found = compare({**cells, "lonely": lonely})

    assert found.compared == pytest.approx(1 - lonely.treated.n / found.treated)
    assert found.adjusted == compare(cells).adjusted


def test_without_cells_nothing_is_said() -> None:
    found = compare({})

    assert (found.naive, found.adjusted, found.placebo, found.gain, found.compared) == (None, None, None, None, 0.0)


def moments(customers: Iterable[tuple[float, float]]) -> Moments:
    """Of level and KPI, summed up one by one."""
    n, y, yy, x, xx, xy = 0, 0.0, 0.0, 0.0, 0.0, 0.0
    for level, kpi in customers:
        n, y, yy, x, xx, xy = n + 1, y + kpi, yy + kpi * kpi, x + level, xx + level * level, xy + level * kpi
    return Moments(n, y, yy, x, xx, xy)


@pytest.mark.parametrize("customers", range(10, 60))
def test_no_line_is_drawn_through_rounding_errors(customers: int) -> None:
    """A cell whose untreated all held seven products in six months: nothing tells what a larger level would bring."""
    untreated = moments((7 / 6, 1.0 + number % 2) for number in range(customers))
    treated = moments(((7 + number % 2) / 6, 1.0 + number % 2) for number in range(20))

    found = compare({"": Cell(treated, untreated)}).adjusted

    assert found is not None
    assert found.value == pytest.approx(treated.mean / untreated.mean - 1)
    assert found.error < 1
