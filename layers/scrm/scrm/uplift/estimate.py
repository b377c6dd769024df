"""A figure with what is known about its error."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from scrm.inference import student


@dataclass(frozen=True, slots=True)
class Estimate:
    """``error``: standard error. ``df``: degrees of freedom of its t distribution. ``low`` to ``high`` is the interval
    that holds the true value with the confidence that was asked for."""

    value: float
    error: float
    df: float
    low: float
    high: float
    p: float

    @classmethod
    def of(cls, value: float, variance: float, df: float, confidence: float) -> "Estimate":
        """``variance`` of the value, above 0."""
        error = math.sqrt(variance)
        reach = student.quantile(0.5 + confidence / 2, df) * error
        return cls(value, error, df, value - reach, value + reach, student.two_sided_p(value / error, df))


def pooled_df(parts: Sequence[tuple[float, float]]) -> float:
    """Welch and Satterthwaite: of a sum of independent variances, each with its degrees of freedom."""
    whole = sum(variance for variance, _ in parts)
    return whole * whole / sum(variance * variance / df for variance, df in parts if variance)
