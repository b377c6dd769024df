"""A blast radius takes the most pressing needs of a ring first."""

from hypothesis import given, settings
from hypothesis import strategies as st

from scrm.campaign.campaign_ports import OwnerPart
from scrm.campaign.need_order import Reach

RANKS = st.dictionaries(st.integers(-1, 5), st.integers(1, 9), max_size=4)


def owner(number: int, ranks: dict[int, int]) -> OwnerPart:
    falling = tuple(sorted(ranks.items(), reverse=True))
    return OwnerPart(f"rm_{number}", "/1/", sum(ranks.values()) or 3, 0, falling)


def test_higher_needs_of_all_owners_come_before_lower_ones() -> None:
    owners = [owner(1, {80: 1, 0: 5}), owner(2, {90: 2, 80: 2}), owner(3, {})]

    reach = Reach.of(4, owners)

    assert [reach.take(each) for each in owners] == [1, 3, 0]


def test_without_needs_the_first_owners_come_first() -> None:
    owners = [owner(number, {}) for number in range(3)]

    reach = Reach.of(4, owners)

    assert [reach.take(each) for each in owners] == [3, 1, 0]


@settings(max_examples=50)
@given(st.integers(1, 60), st.lists(RANKS, min_size=1, max_size=6))
def test_everybody_reached_presses_as_much_as_anybody_who_is_not(radius: int, told: list[dict[int, int]]) -> None:
    owners = [owner(number, ranks) for number, ranks in enumerate(told)]
    reach = Reach.of(radius, owners)
    within: list[int] = []
    beyond: list[int] = []

    for each in owners:
        ranked = [rank for rank, customers in each.ranks for _ in range(customers)]
        places = reach.take(each)
        within += ranked[:places]
        beyond += ranked[places:]

    assert len(within) == min(radius, len(within) + len(beyond))
    assert not within or not beyond or min(within) >= max(beyond)
