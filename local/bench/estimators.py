"""Bench: estimates of 100 KPIs in 500 segments from their sums, by the code of `kpi_review` (`estimators_50000_s`).

Seconds of CPU time of one process. The holdout's estimate is what gbstats defines too, relative uplift with CUPED, its
interval, its p value corrected over the KPIs, and its verdict; the adjusted one compares in eight cells besides.
"""

import random
import time
from collections.abc import Mapping

from local.bench.figure import Figure
from scrm.uplift.comparison import Cell, compare
from scrm.uplift.moments import Moments
from scrm.uplift.randomised import effect
from scrm.uplift.verdict import Bar, corrected, p_against, verdict

KPIS = 100
SEGMENTS = 500
CELLS = 8
_SHARE = 10  # of the adjusted ones that are measured: they are ten times as dear


def measure() -> list[Figure]:
    chance = random.Random(6)  # noqa: S311 - repeatable
    return [
        Figure(
            name="estimators_50000_s",
            value=round(_of_holdouts(chance), 3),
            limit=2.0,
            better="lower",
            unit="s of CPU",
            peer="50,000 effects of a holdout with CUPED, interval, p, Holm and verdict",
        ),
        Figure(
            name="estimators_adjusted_50000_s",
            value=round(_of_comparisons(chance), 3),
            limit=12.0,
            better="lower",
            unit="s of CPU",
            peer=f"50,000 adjusted comparisons over {CELLS} cells with placebo",
        ),
    ]


def _of_holdouts(chance: random.Random) -> float:
    asked = [[(_arm(chance, 3000), _arm(chance, 3000)) for _ in range(KPIS)] for _ in range(SEGMENTS)]
    bar, said = Bar(), 0
    begun = time.process_time()
    for segment in asked:
        found = {str(kpi): effect(treated, held_out) for kpi, (treated, held_out) in enumerate(segment)}
        told = {kpi: one.relative for kpi, one in found.items() if one is not None and one.relative is not None}
        p = corrected({kpi: p_against(one, bar.uplift) for kpi, one in told.items()})
        said += sum(one.low > bar.uplift and p[kpi] < 1 - 0.95 for kpi, one in told.items())
    return time.process_time() - begun


def _of_comparisons(chance: random.Random) -> float:
    asked = [_cells(chance) for _ in range(KPIS * SEGMENTS // _SHARE)]
    bar = Bar()
    begun = time.process_time()
    for cells in asked:
        verdict(compare(cells), bar)
    return (time.process_time() - begun) * _SHARE


def _cells(chance: random.Random) -> Mapping[str, Cell]:
    return {str(number): Cell(_arm(chance, 300), _arm(chance, 300)) for number in range(CELLS)}


def _arm(chance: random.Random, most: int) -> Moments:
    """About 100 with a spread of 10, of which the level before explains most."""
    n, mean, level, square = chance.randint(most // 10, most), 100 + 10 * chance.random(), 100.0, 100.0
    return Moments(
        n,
        n * mean,
        n * (mean * mean + 1.1 * square),
        n * level,
        n * (level * level + square),
        n * (level * mean + square),
        n * 0.1 * chance.random(),
        n * 2.0,
        n * level * 0.1,
    )
