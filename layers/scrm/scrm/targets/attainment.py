"""How far a node is: target to date, pace, and where the year will end, with a range (S7, S13).

Actuals of a month are taken to scatter around pace x target with a variance that grows with the target (as counts do),
so that a big month says more than a small one. The range covers what the scatter of the months themselves leaves open;
from fewer than three closed months there is none.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from scrm.inference import student

LEAST_MONTHS: Final = 3
DEFAULT_CONFIDENCE: Final = 0.8


@dataclass(frozen=True, slots=True)
class Forecast:
    """The whole year as the closed months foretell it; ``low`` and ``high`` are None where nothing can be said."""

    expected: int
    low: int | None
    high: int | None


@dataclass(frozen=True, slots=True)
class Attainment:
    """Units of the KPI. ``pace``: actual by target of the closed months, None while the target to date is 0.

    ``missing``: what a pace of 1 from now on would still leave open at the end of the year, 0 when ahead.
    """

    closed_months: int
    target_to_date: int
    actual_to_date: int
    year_target: int
    pace: Fraction | None
    forecast: Forecast | None

    @property
    def is_behind(self) -> bool:
        return self.actual_to_date < self.target_to_date

    @property
    def missing(self) -> int:
        return max(0, self.target_to_date - self.actual_to_date)


def attain(targets: Sequence[int], actuals: Sequence[int], confidence: float = DEFAULT_CONFIDENCE) -> Attainment:
    """``targets``: the months from the programme's first to December; ``actuals``: the closed ones, from the same month
    on without a gap.

    Raises ValueError when there are more months closed than the run has.
    """
    if len(actuals) > len(targets):
        raise ValueError("more months are closed than the run has")
    closed = len(actuals)
    target, actual = sum(targets[:closed]), sum(actuals)
    return Attainment(
        closed_months=closed,
        target_to_date=target,
        actual_to_date=actual,
        year_target=sum(targets),
        pace=Fraction(actual, target) if target else None,
        forecast=_forecast(targets, actuals, confidence) if target else None,
    )


def _forecast(targets: Sequence[int], actuals: Sequence[int], confidence: float) -> Forecast:
    """Ratio estimator with variance proportional to the target: the weighted regression through the origin."""
    closed = len(actuals)
    past, left, actual = sum(targets[:closed]), sum(targets[closed:]), sum(actuals)
    pace = actual / past
    expected = actual + pace * left
    seen = [(target, got) for target, got in zip(targets, actuals, strict=False) if target]
    if left == 0:
        return Forecast(actual, actual, actual)
    if len(seen) < LEAST_MONTHS:
        return Forecast(round(expected), None, None)
    scatter = sum((got - pace * target) ** 2 / target for target, got in seen) / (len(seen) - 1)
    deviation = math.sqrt(scatter * left * (1 + left / past))
    reach = student.quantile(0.5 + confidence / 2, len(seen) - 1) * deviation
    return Forecast(round(expected), math.floor(expected - reach), math.ceil(expected + reach))
