"""Campaign effect from a randomised holdout (S17): the causal figure. Equal to gbstats on the same sums (O9)."""

import math
from dataclasses import dataclass
from typing import Final

from scrm.uplift.estimate import Estimate, pooled_df
from scrm.uplift.moments import Moments

SRM_ALARM: Final = 0.001


@dataclass(frozen=True, slots=True)
class Effect:
    """What those who were reached have more than the holdout: in units of the KPI, and by the holdout's mean (None
    where that is 0). ``explained``: the share of the spread that the level before takes away."""

    absolute: Estimate
    relative: Estimate | None
    explained: float


def effect(treated: Moments, holdout: Moments, confidence: float = 0.95, *, by_level: bool = True) -> Effect | None:
    """None where nothing scatters or somebody is alone: then nothing can be said.

    ``by_level``: the level before takes its part of the spread away (CUPED), with one slope over both arms.
    """
    if min(treated.n, holdout.n) <= 1:
        return None
    slope = _slope(treated + holdout) if by_level else 0.0
    spreads = [_left(arm, slope) for arm in (treated, holdout)]
    if min(spreads) <= 0:
        return None
    difference = (treated.mean - slope * treated.level) - (holdout.mean - slope * holdout.level)
    variances = [spread / arm.n for spread, arm in zip(spreads, (treated, holdout), strict=True)]
    parts = [(variance, arm.n - 1) for variance, arm in zip(variances, (treated, holdout), strict=True)]
    df = pooled_df(parts)
    absolute = Estimate.of(difference, sum(variances), df, confidence)
    plain = treated.spread() / treated.n + holdout.spread() / holdout.n
    explained = 1 - sum(variances) / plain if plain else 0.0
    return Effect(absolute, _relative(treated, holdout, difference, variances, df, confidence), explained)


def _relative(
    treated: Moments, holdout: Moments, difference: float, variances: list[float], df: float, confidence: float
) -> Estimate | None:
    """By the delta method."""
    base = holdout.mean
    if base == 0:
        return None
    variance = variances[0] / base**2 + variances[1] * treated.mean**2 / base**4
    return Estimate.of(difference / base, variance, df, confidence)


def _slope(both: Moments) -> float:
    spread = both.spread_of_level()
    return both.shared_spread() / spread if spread > 0 and both.spread() > 0 else 0.0


def _left(arm: Moments, slope: float) -> float:
    return arm.spread() + slope * slope * arm.spread_of_level() - 2 * slope * arm.shared_spread()


@dataclass(frozen=True, slots=True)
class SampleRatio:
    """Whether the arms have the sizes that chance would give them: a mismatch means that the assignment or the counting
    is broken, and that no effect is to be believed (SRM)."""

    p: float

    @property
    def is_mismatch(self) -> bool:
        return self.p < SRM_ALARM


def sample_ratio(treated: int, holdout: int, treated_share: float) -> SampleRatio:
    """Chi-square with one degree of freedom. Raises ValueError for a share that is not between 0 and 1."""
    if not 0 < treated_share < 1:
        raise ValueError("the share of the treated lies between 0 and 1")
    expected = (treated + holdout) * treated_share
    if treated + holdout == 0:
        return SampleRatio(1.0)
    off = (treated - expected) ** 2
    square = off / expected + off / (treated + holdout - expected)
    return SampleRatio(math.erfc(math.sqrt(square / 2)))
