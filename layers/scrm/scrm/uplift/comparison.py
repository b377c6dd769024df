"""Customers who added an RM against those who did not (S15 to S17): naive and adjusted side by side.

Who adds an RM was more active before, so the naive figure misleads. The adjusted one compares like with like: within a
cell (same stratum, same band of the level before) the untreated tell by their own regression on the level what the
treated would have had. It holds if, among customers of the same cell and level, chance decided who added; it cannot see
what nobody recorded. The placebo asks the same of the trend *before*: where the treated were on another path already,
the groups are not comparable, whatever the estimate says.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from scrm.uplift.estimate import Estimate, pooled_df
from scrm.uplift.moments import NOBODY, Moments

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
    adjusted, counterfactual = _ratio(told, confidence)
    return Comparison(
        naive=_naive(treated, untreated, confidence),
        adjusted=adjusted,
        gain=adjusted.value * counterfactual if adjusted else None,
        placebo=_placebo(told, counterfactual, confidence) if adjusted else None,
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


@dataclass(frozen=True, slots=True)
class _Told:
    """Of the treated of all cells: their mean, what they would have had, and the variances of both by cell."""

    mean: float
    counterfactual: float
    parts: Sequence[tuple[float, float]]
    counterfactual_parts: Sequence[tuple[float, float]]


def _ratio(cells: list[Cell], confidence: float) -> tuple[Estimate | None, float]:
    if not cells:
        return None, 0.0
    told = _told(cells)
    base = told.counterfactual
    if base == 0:
        return None, 0.0
    share = told.mean / base
    parts = [(variance / base**2, df) for variance, df in told.parts]
    parts += [(variance * share**2 / base**2, df) for variance, df in told.counterfactual_parts]
    variance = sum(part for part, _ in parts)
    return (Estimate.of(share - 1, variance, pooled_df(parts), confidence) if variance > 0 else None), base


def _placebo(cells: list[Cell], base: float, confidence: float) -> Estimate | None:
    """The difference of trends before, as a share of the counterfactual mean."""
    told = _told([Cell(cell.treated.of_trend(), cell.untreated.of_trend()) for cell in cells])
    parts = [(variance / base**2, df) for variance, df in (*told.parts, *told.counterfactual_parts)]
    variance = sum(part for part, _ in parts)
    value = (told.mean - told.counterfactual) / base
    return Estimate.of(value, variance, pooled_df(parts), confidence) if variance > 0 else None


def _told(cells: list[Cell]) -> _Told:
    """Weighted by the treated: what is estimated is the effect on those who were treated."""
    everybody = sum(cell.treated.n for cell in cells)
    mean = counterfactual = 0.0
    parts: list[tuple[float, float]] = []
    counterfactual_parts: list[tuple[float, float]] = []
    for cell in cells:
        treated, untreated = cell.treated, cell.untreated
        weight = treated.n / everybody
        slope, left = _regression(untreated)
        ahead = treated.level - untreated.level
        mean += weight * treated.mean
        counterfactual += weight * (untreated.mean + slope * ahead)
        spread_of_level = untreated.spread_of_level() * (untreated.n - 1)
        reach = ahead * ahead / spread_of_level if spread_of_level > 0 else 0.0
        _, left_of_treated = _regression(treated)
        parts.append((weight**2 * left_of_treated / treated.n, treated.n - 1))
        counterfactual_parts.append((weight**2 * left * (1 / untreated.n + reach), untreated.n - 2))
    return _Told(mean, counterfactual, parts, counterfactual_parts)


def _regression(arm: Moments) -> tuple[float, float]:
    """The slope of the KPI on the level before, and the variance it leaves; of few customers no slope."""
    spread = arm.spread_of_level()
    if spread <= 0 or arm.n < LEAST_IN_CELL:
        return 0.0, arm.spread()
    slope = arm.shared_spread() / spread
    left = (arm.spread() - slope * arm.shared_spread()) * (arm.n - 1) / (arm.n - 2)
    return slope, max(left, 0.0)
