"""The effect of a randomised holdout, beside gbstats on the same sums."""

import numpy as np
import pytest
from gbstats.frequentist.tests import FrequentistConfig, TwoSidedTTest
from gbstats.models.statistics import RegressionAdjustedStatistic, SampleMeanStatistic
from hypothesis import given, settings
from hypothesis import strategies as st

from scrm.uplift.moments import NOBODY, Moments
from scrm.uplift.randomised import effect, sample_ratio
from tests.fakes.uplift import arm


def pair(seed: int, treated: int, holdout: int, lift: float, correlation: float) -> tuple[Moments, Moments]:
    chance = np.random.default_rng(seed)

    def one(n: int, by: float) -> Moments:
        x = chance.normal(50, 10, n)
        y = 20 + correlation * x + np.sqrt(1 - correlation**2) * chance.normal(30, 10, n) + by
        return arm(y, x)

    return one(treated, lift), one(holdout, 0.0)


def of_gbstats(moments: Moments, by_level: bool) -> RegressionAdjustedStatistic | SampleMeanStatistic:  # noqa: FBT001
    """It finds the slope itself."""
    post = SampleMeanStatistic(moments.n, moments.y, moments.yy)
    pre = SampleMeanStatistic(moments.n, moments.x, moments.xx)
    return RegressionAdjustedStatistic(moments.n, post, pre, moments.xy, 0) if by_level else post


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    treated=st.integers(5, 4000),
    holdout=st.integers(5, 4000),
    lift=st.floats(-20, 20),
    correlation=st.floats(0, 0.95),
    relative=st.booleans(),
    by_level=st.booleans(),
)
def test_an_effect_is_gbstats(
    seed: int,
    treated: int,
    holdout: int,
    lift: float,
    correlation: float,
    relative: bool,  # noqa: FBT001
    by_level: bool,  # noqa: FBT001
) -> None:
    ours, theirs = pair(seed, treated, holdout, lift, correlation)
    config = FrequentistConfig(difference_type="relative" if relative else "absolute")
    wanted = TwoSidedTTest(*(of_gbstats(one, by_level) for one in (theirs, ours)), config).compute_result()

    found = effect(ours, theirs, by_level=by_level)

    assert found is not None
    estimate = found.relative if relative else found.absolute
    assert estimate is not None
    assert estimate.value == pytest.approx(wanted.expected, rel=1e-6, abs=1e-9)
    assert (estimate.low, estimate.high) == pytest.approx(tuple(wanted.ci), rel=1e-6, abs=1e-9)
    assert estimate.p == pytest.approx(wanted.p_value, rel=1e-5, abs=1e-9)


@pytest.mark.parametrize("correlation", [0.6, 0.8])
def test_the_level_before_takes_the_spread_away_that_it_explains(correlation: float) -> None:
    found = effect(*pair(1, 20_000, 20_000, 1.0, correlation))

    assert found is not None
    assert found.explained == pytest.approx(correlation**2, abs=0.02)
    assert found.explained >= 0.3


def test_where_nothing_scatters_or_nobody_is_there_nothing_is_said() -> None:
    assert effect(NOBODY, NOBODY) is None
    assert effect(Moments(5, 5, 5), Moments(5, 5, 5)) is None
    found = effect(Moments(3, 3, 5), Moments(3, 0, 2))
    assert found is not None
    assert found.relative is None


def test_a_holdout_of_another_size_than_it_was_drawn_is_a_mismatch() -> None:
    assert sample_ratio(1100, 900, 0.5).is_mismatch
    assert not sample_ratio(1020, 980, 0.5).is_mismatch
    assert not sample_ratio(0, 0, 0.5).is_mismatch
    with pytest.raises(ValueError, match="between 0 and 1"):
        sample_ratio(1, 1, 1.0)
