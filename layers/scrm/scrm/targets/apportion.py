"""Whole numbers split so that the parts sum exactly to the whole (S8, O8): the method of the largest remainder."""

from collections.abc import Sequence
from itertools import accumulate


def largest_remainder(amount: int, weights: Sequence[int]) -> list[int]:
    """``amount`` >= 0 in proportion to ``weights`` >= 0: each part is its exact share, rounded down or up.

    Of equal remainders the greater weight comes first, then the earlier place. Raises ValueError when an amount has
    nobody to go to.
    """
    return over_months([amount], weights)[0]


def over_months(amounts: Sequence[int], weights: Sequence[int]) -> list[list[int]]:
    """Each month's amount split by the same weights: a list of parts for each month, each sums to its amount.

    A part is measured by what its receiver is entitled to since the first month, less what it got: so a receiver with
    a small weight gets his share over the year, and not the rounding of every month against him.
    """
    whole = sum(weights)
    if min(weights, default=0) < 0 or min(amounts, default=0) < 0:
        raise ValueError("amounts and weights are 0 or more")
    if whole == 0 and any(amounts):
        raise ValueError("nobody has a weight above 0: there is nobody to split among")
    given = [0] * len(weights)
    months = []
    for amount, so_far in zip(amounts, accumulate(amounts), strict=True):
        owed = [so_far * weight - got * whole for weight, got in zip(weights, given, strict=True)]
        parts = _rounded(amount, owed, weights, whole)
        given = [got + part for got, part in zip(given, parts, strict=True)]
        months.append(parts)
    return months


def _rounded(amount: int, owed: Sequence[int], weights: Sequence[int], whole: int) -> list[int]:
    """Whole parts of what is ``owed`` (in parts of ``whole``) that sum to ``amount``, none below 0."""
    if whole == 0:
        return [0] * len(weights)
    parts = [max(0, one // whole) for one in owed]
    places = sorted(
        (place for place, weight in enumerate(weights) if weight),
        key=lambda place: (parts[place] * whole - owed[place], -weights[place], place),
    )
    left = amount - sum(parts)
    for place in places[: max(0, left)]:
        parts[place] += 1
    while left < 0:  # who is ahead of his share counts as 0, so that the others may be owed more than there is
        for place in reversed(places):
            if left < 0 and parts[place]:
                parts[place] -= 1
                left += 1
    return parts
