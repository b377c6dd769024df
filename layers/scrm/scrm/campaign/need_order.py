"""The most pressing needs first: whom of a ring its blast radius reaches."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from scrm.campaign.campaign_ports import OwnerPart


@dataclass(slots=True)
class Reach:
    """Places among a ring's owners: the higher ranks of all of them come before any lower one.

    Ask once for each owner, in the order of the snapshot: of the last rank that is reached the first ones get in.
    ``left`` are places by rank.
    """

    left: dict[int, int]

    @classmethod
    def of(cls, radius: int, owners: Iterable[OwnerPart]) -> Self:
        counted = Counter[int]()
        for owner in owners:
            counted.update(dict(owner.ranks))
        left = {}
        for rank in sorted(counted, reverse=True):
            left[rank] = min(radius, counted[rank])
            radius -= left[rank]
        return cls(left)

    def take(self, owner: OwnerPart) -> int:
        """How many of the owner's customers get in, in the snapshot's order."""
        found = 0
        for rank, customers in owner.ranks:
            reached = min(customers, self.left[rank])
            self.left[rank] -= reached
            found += reached
        return found
