"""Whole numbers split exactly."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrm.targets.apportion import largest_remainder, over_months

WEIGHTS = st.lists(st.integers(0, 10**9), min_size=1, max_size=40).filter(any)
AMOUNTS = st.lists(st.integers(0, 10**12), min_size=1, max_size=12)


def test_the_greatest_remainders_get_what_is_left() -> None:
    assert largest_remainder(10, [47, 16, 16, 11, 10]) == [5, 2, 1, 1, 1]
    assert largest_remainder(2, [1, 1, 1]) == [1, 1, 0]


@given(st.integers(0, 10**15), WEIGHTS)
def test_parts_sum_to_the_whole_and_each_is_its_share_rounded(amount: int, weights: list[int]) -> None:
    parts = largest_remainder(amount, weights)

    assert sum(parts) == amount
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part - Fraction(amount * weight, sum(weights))) < 1


@given(AMOUNTS, WEIGHTS)
def test_months_sum_exactly_and_nobody_is_far_from_his_share_of_the_year(
    amounts: list[int], weights: list[int]
) -> None:
    months = over_months(amounts, weights)

    assert [sum(parts) for parts in months] == amounts
    assert all(part >= 0 for parts in months for part in parts)
    for place, weight in enumerate(weights):
        year = sum(parts[place] for parts in months)
        assert abs(year - Fraction(sum(amounts) * weight, sum(weights))) < 2
        assert weight or year == 0


def test_a_small_weight_gets_its_share_over_the_year() -> None:
    months = over_months([3] * 12, [1] * 36)

    assert [sum(parts[place] for parts in months) for place in range(36)] == [1] * 36


@pytest.mark.parametrize(("amount", "weights"), [(1, []), (1, [0, 0]), (-1, [1]), (1, [2, -1])])
def test_what_cannot_be_split_is_refused(amount: int, weights: list[int]) -> None:
    with pytest.raises(ValueError, match=r"above 0|0 or more"):
        largest_remainder(amount, weights)
