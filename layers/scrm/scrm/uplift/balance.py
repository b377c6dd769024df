"""How alike the groups are, covariate by covariate: differences in units of the covariate's own spread.

Below a tenth is taken as alike. ``raw``: as they come; ``weighted``: the untreated counted as the cells of the treated
are filled, which is what the adjusted figure compares.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from scrm.uplift.comparison import Cell
from scrm.uplift.moments import NOBODY, Moments

ALIKE: Final = 0.1


@dataclass(frozen=True, slots=True)
class Covariate:
    """``raw`` and ``weighted``: None where nothing scatters and the means differ all the same."""

    name: str
    treated: float
    untreated: float
    raw: float | None
    weighted: float | None

    @property
    def is_alike(self) -> bool:
        return self.weighted is not None and abs(self.weighted) < ALIKE


def balance(cells: Mapping[str, Cell], groups: Mapping[str, Mapping[str, Sequence[str]]]) -> list[Covariate]:
    """``groups``: by stratum and its value the names of its cells. Only cells that compare are weighted."""
    told = {name: cell for name, cell in cells.items() if cell.compares}
    treated = sum((cell.treated for cell in cells.values()), NOBODY)
    untreated = sum((cell.untreated for cell in cells.values()), NOBODY)
    if min(treated.n, untreated.n) <= 1 or not told:
        return []
    compared = sum(cell.treated.n for cell in told.values())
    found = []
    for name, one in (("level", _as_level), ("trend", _as_trend)):
        of_treated, of_untreated = one(treated), one(untreated)
        spread = math.sqrt((of_treated.spread() + of_untreated.spread()) / 2)
        ahead = sum(cell.treated.n * (one(cell.treated).mean - one(cell.untreated).mean) for cell in told.values())
        found.append(
            Covariate(
                name,
                of_treated.mean,
                of_untreated.mean,
                _by(of_treated.mean - of_untreated.mean, spread),
                _by(ahead / compared, spread),
            )
        )
    for stratum, by_value in sorted(groups.items()):
        for value, names in sorted(by_value.items()):
            found.append(_share(f"{stratum}={value}", cells, names, (treated.n, untreated.n)))
    return found


def _share(name: str, cells: Mapping[str, Cell], names: Sequence[str], of: tuple[int, int]) -> Covariate:
    """Within a cell all are alike in their strata: once weighted nothing is left of the difference."""
    treated = sum(cells[one].treated.n for one in names) / of[0]
    untreated = sum(cells[one].untreated.n for one in names) / of[1]
    spread = math.sqrt((treated * (1 - treated) + untreated * (1 - untreated)) / 2)
    return Covariate(name, treated, untreated, _by(treated - untreated, spread), 0.0)


def _by(difference: float, spread: float) -> float | None:
    if spread > 0:
        return difference / spread
    return 0.0 if difference == 0 else None


def _as_level(arm: Moments) -> Moments:
    return Moments(arm.n, arm.x, arm.xx)


def _as_trend(arm: Moments) -> Moments:
    return Moments(arm.n, arm.d, arm.dd)
