"""How far a figure may be understated because some of those who "did not add" had added, unrecognised (decision 0042).

Of the people in WeCom whom the bank does not recognise nobody knows which cell they are in, or whether they are its
customers at all. So the worst is taken: all of them are customers, and in the cells in which they mislead most. What
adding does to them is taken to be what it does to those who are recognised.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from scrm.uplift.comparison import Cell
from scrm.uplift.estimate import Estimate


@dataclass(frozen=True, slots=True)
class Dilution:
    """``share``: at most so much of what the treated are compared with comes from people who had added too. ``low`` to
    ``high``: the interval of the figure, widened by what that can have hidden; ``high`` None: no upper end can be
    told."""

    share: float
    low: float
    high: float | None

    def reaches(self, bar: float) -> bool:
        """Whether the truth may lie at the bar or above it."""
        return self.high is None or self.high >= bar


def dilution(cells: Mapping[str, Cell], found: Estimate, unlinked: float) -> Dilution:
    """``unlinked``: people who may be among the untreated of these cells."""
    share = _largest_share([cell for cell in cells.values() if cell.compares], unlinked)
    high = _undiluted(found.high, share) if found.high > 0 else found.high
    low = _undiluted(found.low, share) if found.low < 0 else found.low
    return Dilution(share, found.low if low is None else min(low, found.low), high)


def _largest_share(cells: list[Cell], unlinked: float) -> float:
    """A hidden one misleads in proportion to the treated who are compared with his cell, by the cell's untreated: the
    cells where that is largest are filled first, up to everybody in them.

    Treated count by their KPI: where adding brings everybody the same share, that is what they would have had, times
    a constant that cancels.
    """
    everything = sum(max(cell.treated.y, 0.0) for cell in cells)
    if everything <= 0 or unlinked <= 0:
        return 0.0
    left, share = unlinked, 0.0
    for cell in sorted(cells, key=lambda one: one.treated.y / one.untreated.n, reverse=True):
        hidden = min(left, cell.untreated.n)
        share += max(cell.treated.y, 0.0) / everything * hidden / cell.untreated.n
        left -= hidden
    return min(share, 1.0)


def _undiluted(seen: float, share: float) -> float | None:
    """Seen is ``(1 + truth) / (1 + share * truth) - 1``; None: no truth is too large to be seen so."""
    left = 1 - share * (1 + seen)
    return seen / left if left > 0 else None
