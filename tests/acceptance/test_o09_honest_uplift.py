"""O9, honest uplift: on banks whose truth is known the naive figure misleads, the adjusted one does not, and where the
groups cannot be compared it says so."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pytest

from scrm.uplift.comparison import Comparison, compare
from scrm.uplift.randomised import effect, sample_ratio
from scrm.uplift.verdict import Bar, Verdict, verdict
from tests.fakes.uplift import World, arm, draw, oracle_error

SEEDS = range(1000)


@dataclass(frozen=True, slots=True)
class Seen:
    """What a thousand banks of one truth told."""

    found: Sequence[Comparison]
    widths: Sequence[float]
    oracle: Sequence[float]

    def held(self, truth: float) -> float:
        """How often the interval holds the truth."""
        return float(np.mean([one.adjusted.low <= truth <= one.adjusted.high for one in self.found if one.adjusted]))


def look(world: World) -> Seen:
    drawn = [draw(world, seed) for seed in SEEDS]
    found = [compare(one.cells()) for one in drawn]
    errors = [one.adjusted.error for one in found if one.adjusted]
    assert len(errors) == len(SEEDS)
    return Seen(found, errors, [oracle_error(one) for one in drawn])


@pytest.mark.parametrize("truth", [0.0, 0.25])
def test_the_interval_holds_the_truth_and_the_naive_figure_does_not(truth: float) -> None:
    seen = look(World(effect=truth))

    naive = [one.naive.value for one in seen.found if one.naive]
    assert min(naive) > truth + 0.2
    assert 0.93 <= seen.held(truth) <= 0.97
    assert np.mean(seen.widths) <= 1.3 * np.mean(seen.oracle)
    said = [verdict(one, Bar()) for one in seen.found]
    assert said.count(Verdict.NOT_COMPARABLE) <= 0.03 * len(said)
    wrong = Verdict.PASSED if truth == 0 else Verdict.FAILED
    assert said.count(wrong) <= 0.01 * len(said)


def test_selection_on_the_trend_ends_as_not_comparable() -> None:
    said = [verdict(compare(draw(World(by_trend=1.5), seed).cells()), Bar()) for seed in range(50)]

    assert said == [Verdict.NOT_COMPARABLE] * 50


def test_the_level_before_takes_thirty_percent_of_the_variance_at_a_correlation_of_0_6() -> None:
    chance = np.random.default_rng(9)
    x = chance.normal(100, 20, 40_000)
    y = 0.6 * x + 0.8 * chance.normal(100, 20, 40_000)
    assert np.corrcoef(x, y)[0, 1] >= 0.59

    found = effect(arm(y[::2], x[::2]), arm(y[1::2], x[1::2]))

    assert found is not None
    assert found.explained >= 0.3


def test_a_holdout_of_55_to_45_is_flagged_from_two_thousand_on() -> None:
    assert sample_ratio(1100, 900, 0.5).is_mismatch
    assert not sample_ratio(1000, 1000, 0.5).is_mismatch


def test_too_few_customers_are_insufficient_and_no_percentage() -> None:
    found = compare(draw(World(customers=150, effect=2.0), 1).cells())

    assert verdict(found, Bar()) is Verdict.INSUFFICIENT
