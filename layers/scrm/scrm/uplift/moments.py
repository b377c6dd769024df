"""Sums over customers of one arm in one cell: all that an estimate needs to know of them."""

from dataclasses import dataclass
from typing import Final, Self

_ROUNDING: Final = 1e-10
"""Of the mean square: what seems to scatter less than this may be nothing but how floating point rounds."""


def variance(n: float, total: float, squares: float) -> float:
    """As of a sample of ``n`` > 1. 0 where all are alike: a line through rounding errors would have any slope."""
    left = squares - total * (total / n)
    return left / (n - 1) if left > _ROUNDING * squares else 0.0


@dataclass(frozen=True, slots=True)
class Moments:
    """``n`` customers. ``y``: the KPI after. ``x``: its level before, the mean of the months of the pre-period. ``d``:
    its trend before, the mean of the later half of those months less that of the earlier half. Sums, sums of
    squares and of products."""

    n: int
    y: float
    yy: float
    x: float = 0.0
    xx: float = 0.0
    xy: float = 0.0
    d: float = 0.0
    dd: float = 0.0
    xd: float = 0.0

    def __add__(self, other: Self) -> "Moments":
        return Moments(
            self.n + other.n,
            self.y + other.y,
            self.yy + other.yy,
            self.x + other.x,
            self.xx + other.xx,
            self.xy + other.xy,
            self.d + other.d,
            self.dd + other.dd,
            self.xd + other.xd,
        )

    @property
    def mean(self) -> float:
        return self.y / self.n

    @property
    def level(self) -> float:
        """The mean of ``x``."""
        return self.x / self.n

    @property
    def trend(self) -> float:
        """The mean of ``d``."""
        return self.d / self.n

    def spread(self) -> float:
        """The variance of ``y``, as of a sample."""
        return variance(self.n, self.y, self.yy) if self.n > 1 else 0.0

    def spread_of_level(self) -> float:
        return variance(self.n, self.x, self.xx) if self.n > 1 else 0.0

    def shared_spread(self) -> float:
        """The covariance of ``x`` and ``y``."""
        return (self.xy - self.x * self.y / self.n) / (self.n - 1) if self.n > 1 else 0.0


NOBODY = Moments(0, 0.0, 0.0)
