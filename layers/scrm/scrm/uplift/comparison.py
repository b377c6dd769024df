"""Customers who added an RM against those who did not (S15 to S17): naive and adjusted side by side.

Who adds an RM was more active before, so the naive figure misleads. The adjusted one compares like with like: within a
cell (same stratum, same band of the level before) the untreated tell by their own regression on the level what the
treated would have had. It holds if, among customers of the same cell and level, chance decided who added; it cannot see
what nobody recorded. The placebo asks the same of the trend *before*: where the treated were on another path already,
the groups are not comparable, whatever the estimate says.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from scrm.uplift.estimate import Estimate, pooled_df
from scrm.uplift.moments import NOBODY, Moments, variance

LEAST_IN_CELL: Final = 10


@dataclass(frozen=True, slots=True)
class Cell:
    """Customers of one stratum and one band of the level before."""

    treated: Moments = NOBODY
    untreated: Moments = NOBODY

    @property
    def compares(self) -> bool:
        """Whether both are here in numbers that tell something."""
        return self.treated.n > 1 and self.untreated.n >= LEAST_IN_CELL


@dataclass(frozen=True, slots=True)
class Comparison:
    """Shares of the counterfactual mean (naive: of the untreated mean). ``adjusted`` and ``placebo`` are None where no
    cell compares. ``compared``: the share of the treated who are in a cell that compares."""

    naive: Estimate | None
    adjusted: Estimate | None
    gain: float | None
    placebo: Estimate | None
    treated: int
    untreated: int
    compared: float


def compare(cells: Mapping[str, Cell], confidence: float = 0.95) -> Comparison:
    """``gain``: units of the KPI per treated customer, of those who are compared."""
    treated = sum((cell.treated for cell in cells.values()), NOBODY)
    untreated = sum((cell.untreated for cell in cells.values()), NOBODY)
    told = [cell for cell in cells.values() if cell.compares]
    compared = sum(cell.treated.n for cell in told)
    adjusted, counterfactual = _ratio(_told(told, _of_kpi), confidence)
    before = _told(told, _of_trend) if adjusted else None
    return Comparison(
        naive=_naive(treated, untreated, confidence),
        adjusted=adjusted,
        gain=adjusted.value * counterfactual if adjusted else None,
        placebo=_placebo(before, counterfactual, confidence) if before else None,
        treated=treated.n,
        untreated=untreated.n,
        compared=compared / treated.n if treated.n else 0.0,
    )


def _naive(treated: Moments, untreated: Moments, confidence: float) -> Estimate | None:
    if min(treated.n, untreated.n) <= 1 or untreated.mean == 0:
        return None
    base, share = untreated.mean, treated.mean / untreated.mean
    parts = [
        (treated.spread() / treated.n / base**2, treated.n - 1),
        (untreated.spread() / untreated.n * share**2 / base**2, untreated.n - 1),
    ]
    variance = sum(part for part, _ in parts)
    return Estimate.of(share - 1, variance, pooled_df(parts), confidence) if variance > 0 else None


class Line(NamedTuple):
    """An arm's own regression on the level before: its mean, the mean of the level and its variance, the slope (of few
    customers none), and the variance that it leaves."""

    mean: float
    level: float
    spread_of_level: float
    slope: float
    left: float


def _of_kpi(arm: Moments) -> Line:
    return _line(arm.n, arm.y, arm.yy, arm.x, arm.xx, arm.xy)


def _of_trend(arm: Moments) -> Line:
    """The trend before in the place of the KPI after: what a placebo is made of."""
    return _line(arm.n, arm.d, arm.dd, arm.x, arm.xx, arm.xd)


def _line(n: int, y: float, yy: float, x: float, xx: float, xy: float) -> Line:
    mean, level, df = y / n, x / n, n - 1
    spread, spread_of_level = variance(n, y, yy), variance(n, x, xx)
    if spread_of_level == 0 or n < LEAST_IN_CELL:
        return Line(mean, level, spread_of_level, 0.0, spread)
    shared = (xy - x * mean) / df
    slope = shared / spread_of_level
    left = (spread - slope * shared) * df / (n - 2)
    return Line(mean, level, spread_of_level, slope, max(left, 0.0))


class _Told(NamedTuple):
    """Of the treated of all cells: their mean, what they would have had, and the variances of both by cell."""

    mean: float
    counterfactual: float
    parts: Sequence[tuple[float, float]]
    counterfactual_parts: Sequence[tuple[float, float]]


def _ratio(told: _Told | None, confidence: float) -> tuple[Estimate | None, float]:
    if told is None or told.counterfactual == 0:
        return None, 0.0
    base = told.counterfactual
    share = told.mean / base
    square, shared_square = 1 / base**2, share**2 / base**2
    parts = [(variance * square, df) for variance, df in told.parts]
    parts += [(variance * shared_square, df) for variance, df in told.counterfactual_parts]
    variance = sum(part for part, _ in parts)
    return (Estimate.of(share - 1, variance, pooled_df(parts), confidence) if variance > 0 else None), base


def _placebo(told: _Told, base: float, confidence: float) -> Estimate | None:
    """The difference of trends before, as a share of the counterfactual mean."""
    square = 1 / base**2
    parts = [(variance * square, df) for variance, df in (*told.parts, *told.counterfactual_parts)]
    variance = sum(part for part, _ in parts)
    value = (told.mean - told.counterfactual) / base
    return Estimate.of(value, variance, pooled_df(parts), confidence) if variance > 0 else None


def _told(cells: list[Cell], arm: Callable[[Moments], Line]) -> _Told | None:
    """Weighted by the treated: what is estimated is the effect on those who were treated."""
    if not cells:
        return None
    everybody = sum(cell.treated.n for cell in cells)
    mean = counterfactual = 0.0
    parts: list[tuple[float, float]] = []
    counterfactual_parts: list[tuple[float, float]] = []
    for cell in cells:
        treated, untreated = arm(cell.treated), arm(cell.untreated)
        n, others = cell.treated.n, cell.untreated.n
        weight = n / everybody
        ahead = treated.level - untreated.level
        reach = ahead * ahead / (untreated.spread_of_level * (others - 1)) if untreated.spread_of_level > 0 else 0.0
        mean += weight * treated.mean
        counterfactual += weight * (untreated.mean + untreated.slope * ahead)
        parts.append((weight * weight * treated.left / n, n - 1))
        counterfactual_parts.append((weight * weight * untreated.left * (1 / others + reach), others - 2))
    return _Told(mean, counterfactual, parts, counterfactual_parts)
