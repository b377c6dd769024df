"""Sums over customers of one arm in one cell: all that an estimate needs to know of them."""

from dataclasses import dataclass
from typing import Self


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
        return self._central(self.yy, self.y, self.y)

    def spread_of_level(self) -> float:
        return self._central(self.xx, self.x, self.x)

    def shared_spread(self) -> float:
        """The covariance of ``x`` and ``y``."""
        return self._central(self.xy, self.x, self.y)

    def _central(self, products: float, one: float, other: float) -> float:
        if self.n <= 1:
            return 0.0
        return (products - one * other / self.n) / (self.n - 1)


NOBODY = Moments(0, 0.0, 0.0)
