"""Banks whose truth is known: who adds an RM, and what that does, is drawn from a seed."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from scrm.uplift.comparison import Cell
from scrm.uplift.moments import NOBODY, Moments

type Numbers = NDArray[np.float64]

TIERS = 3
BANDS = 8
MONTHS = 6


@dataclass(frozen=True, slots=True)
class World:
    """``by_level``, ``by_trend``: how strongly the level and the trend before decide who adds. ``effect``: what adding
    brings, as a share."""

    customers: int = 3000
    effect: float = 0.0
    by_level: float = 1.0
    by_trend: float = 0.0


@dataclass(frozen=True, slots=True)
class Drawn:
    """One bank. ``chance``: with which each customer adds; ``expected``: his KPI after without it."""

    y: Numbers
    level: Numbers
    trend: Numbers
    tier: NDArray[np.int64]
    treated: NDArray[np.bool_]
    chance: Numbers
    expected: Numbers
    effect: float

    def cells(self, bands: int = BANDS) -> Mapping[str, Cell]:
        """By tier and band of the level, as the SQL makes them."""
        edges = np.quantile(self.level, np.arange(1, bands) / bands)
        place = self.tier * bands + np.searchsorted(edges, self.level)
        arms = {arm: sums(self, place, TIERS * bands, self.treated == arm) for arm in (True, False)}
        return {str(one): Cell(arms[True][one], arms[False][one]) for one in range(TIERS * bands)}


def draw(world: World, seed: int) -> Drawn:
    """Wealth lasts, months scatter; tiers add more often and grow by themselves."""
    chance = np.random.default_rng(seed)
    tier = chance.integers(0, TIERS, world.customers)
    wealth = np.exp(chance.normal(0.4 * tier, 0.35, world.customers)) * 100
    slope = chance.normal(0, 1.5, world.customers)
    time = np.arange(MONTHS) - (MONTHS - 1) / 2
    before = wealth[:, None] + slope[:, None] * time + chance.normal(0, 6, (world.customers, MONTHS))
    level = before.mean(axis=1)
    half = MONTHS // 2
    trend = before[:, half:].mean(axis=1) - before[:, :half].mean(axis=1)
    standard = (np.log(np.maximum(level, 1)) - 5.0) / 0.5
    odds = -0.6 + world.by_level * standard + 0.3 * tier + world.by_trend * trend / 5
    propensity = 1 / (1 + np.exp(-odds))
    treated = chance.random(world.customers) < propensity
    lasting = wealth + slope * (MONTHS + 1) / 2 * (world.by_trend != 0)
    expected = lasting * (1.02 + 0.01 * tier)
    y = expected * (1 + world.effect * treated) + chance.normal(0, 8, world.customers)
    return Drawn(y, level, trend, tier, treated, propensity, expected, world.effect)


def sums(drawn: Drawn, place: NDArray[np.int64], places: int, wanted: NDArray[np.bool_]) -> list[Moments]:
    where = place[wanted]
    y, x, d = drawn.y[wanted], drawn.level[wanted], drawn.trend[wanted]
    counts = np.bincount(where, minlength=places)
    columns = [np.bincount(where, one, places) for one in (y, y * y, x, x * x, x * y, d, d * d, x * d)]
    return [
        Moments(int(counts[one]), *(float(column[one]) for column in columns)) if counts[one] else NOBODY
        for one in range(places)
    ]


def arm(y: Numbers, x: Numbers) -> Moments:
    """The sums of one arm, without trends."""
    return Moments(len(y), y.sum(), (y * y).sum(), x.sum(), (x * x).sum(), (x * y).sum())


def oracle_error(drawn: Drawn) -> float:
    """The standard error of the effect on the treated for who is told each customer's chance of adding and what he
    would have without it: no estimate from the data can do much better (Hahn 1998)."""
    weight = drawn.chance / (1 - drawn.chance)
    treated = drawn.treated
    left = drawn.y - drawn.expected * (1 + drawn.effect * treated)
    share = treated.mean()
    influence = np.where(treated, left, -(1 + drawn.effect) * weight * left) / share  # of a ratio, by the delta method
    base = drawn.expected[treated].mean()
    return float(influence.std() / np.sqrt(len(drawn.y)) / base)


def without_links(drawn: Drawn, missing: float | str, seed: int) -> tuple[Drawn, int]:
    """The bank as it looks where some of those who added are not recognised and count as not added; how many they are.
    ``missing``: of what share, or of whom more than of others."""
    if missing == "the rich":
        chance = np.clip(0.2 + 0.3 * (np.log(np.maximum(drawn.level, 1)) - 5.0), 0, 0.8)
    elif missing == "high tiers":
        chance = np.array([0.05, 0.2, 0.45])[drawn.tier]
    else:
        chance = np.full(len(drawn.y), float(missing))
    hidden = drawn.treated & (np.random.default_rng(10_000 + seed).random(len(drawn.y)) < chance)
    return replace(drawn, treated=drawn.treated & ~hidden), int(hidden.sum())
