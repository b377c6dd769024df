"""Our t distribution against scipy's."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy import stats

from scrm.inference import student

FREEDOM = st.floats(1, 1e6)


@given(st.floats(0.0001, 0.9999), FREEDOM)
def test_a_quantile_is_scipys(p: float, df: float) -> None:
    assert student.quantile(p, df) == pytest.approx(stats.t.ppf(p, df), rel=1e-8, abs=1e-8)


@given(st.floats(-50, 50), FREEDOM)
@example(2.7284622868474353e-161, 302.0)  # its square is not 0, its share of both is
def test_a_probability_is_scipys(t: float, df: float) -> None:
    assert student.cdf(t, df) == pytest.approx(stats.t.cdf(t, df), abs=1e-8)
    assert student.two_sided_p(t, df) == pytest.approx(2 * stats.t.sf(abs(t), df), rel=1e-6, abs=1e-9)


def test_the_ends_are_certain() -> None:
    assert student.cdf(float("inf"), 3) == 1
    assert student.cdf(float("-inf"), 3) == 0


@pytest.mark.parametrize("p", [0, 1, -0.1, 1.5])
def test_a_quantile_outside_is_refused(p: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        student.quantile(p, 5)


def test_no_degree_of_freedom_is_refused() -> None:
    with pytest.raises(ValueError, match="above 0"):
        student.cdf(1, 0)
