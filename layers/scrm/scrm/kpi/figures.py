"""Measures become figures (S4, S10): of a node or member, for a day or a month, by one version of a definition.

A figure is absent rather than wrong. What was told at all is asked of the whole bank: where nobody has a count of
something, nor of what is told with it, nobody told it; where somebody has, a node without one has 0.
"""

from calendar import monthrange
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from scrm.kpi.catalogue import KpiDefinition
from scrm.targets.stages import Figure

type Days = Mapping[date, Mapping[str, int]]
"""Measures by business day, as `scrm.kpi.ports.NodeMeasures` gives them."""


class Absence(StrEnum):
    """Why there is no figure.

    Nothing was told in the period; there is nothing to divide by, such as a team without RMs; it is about too few
    customers, or would give away a figure that is; the month's figures are not made yet; head office tells it itself
    and has not; it is not counted by member.
    """

    NOT_TOLD = "not_told"
    NO_BASE = "no_base"
    TOO_FEW = "too_few"
    NOT_MADE_YET = "not_made_yet"
    NOT_TOLD_BY_HEAD_OFFICE = "not_told_by_head_office"
    NOT_BY_MEMBER = "not_by_member"


@dataclass(frozen=True, slots=True)
class Period:
    """Business days, both included."""

    first: date
    last: date

    @classmethod
    def of_month(cls, month: str, until: date | None = None) -> "Period":
        """``2027-03`` whole, or up to ``until`` where that comes first."""
        year, number = (int(part) for part in month.split("-"))
        last = date(year, number, monthrange(year, number)[1])
        return cls(date(year, number, 1), min(last, until) if until else last)

    def days(self) -> Iterable[date]:
        return (self.first + timedelta(days=number) for number in range((self.last - self.first).days + 1))


@dataclass(frozen=True, slots=True)
class Computed:
    """A figure by one definition, or why there is none. ``cell``: customers behind it, None where nobody asks."""

    definition: KpiDefinition
    figure: Figure | None
    absent: Absence | None = None
    cell: int | None = None


def compute(definition: KpiDefinition, days: Days, told: Days, period: Period, hide_below: int) -> Computed:
    """``days``: a node's or member's measures; ``told``: the whole bank's, which say what is known at all."""
    if not definition.numerator:
        return Computed(definition, None, Absence.NOT_TOLD_BY_HEAD_OFFICE)
    as_of = _as_of(definition, told, period)
    if as_of is None:
        return Computed(definition, None, Absence.NOT_TOLD)
    summed = period.days() if definition.is_counted else (as_of,)
    measures = [days[day] for day in summed if day in days]

    def side(names: Sequence[str]) -> int:
        return sum(one.get(name, 0) for one in measures for name in names)

    cell = side((definition.cell,)) if definition.cell else None
    if cell is not None and 0 < cell < hide_below:
        return Computed(definition, None, Absence.TOO_FEW, cell)
    denominator = side(definition.denominator) if definition.denominator else None
    if denominator == 0:
        return Computed(definition, None, Absence.NO_BASE, cell)
    return Computed(definition, Figure(side(definition.numerator) * definition.factor, denominator, as_of), None, cell)


def protect(siblings: Sequence[Computed], whole: int, hide_below: int) -> list[Computed]:
    """The figures of one KPI at all nodes next below one of ``whole`` customers.

    What the parent has more than those that are shown tells of its own customers and those of hidden nodes together:
    where they are too few, the smallest shown one is hidden as well.
    """
    shown = [one for one in siblings if one.figure is not None and one.cell]
    left = whole - sum(one.cell or 0 for one in shown)
    if not shown or not 0 < left < hide_below:
        return list(siblings)
    smallest = min(shown, key=lambda one: one.cell or 0)
    return [replace(one, figure=None, absent=Absence.TOO_FEW) if one is smallest else one for one in siblings]


def diverges(holding: tuple[Figure, Figure] | None, aum: tuple[Figure, Figure] | None) -> bool | None:
    """Whether customers hold more products and yet less money (S3): a claim to watch, not a law.

    Each pair is before and after; None where one of them is absent.
    """
    if holding is None or aum is None:
        return None
    before, after = (one.value for one in holding)
    if before is None or after is None:
        return None
    return after > before and aum[1].numerator < aum[0].numerator


def _as_of(definition: KpiDefinition, told: Days, period: Period) -> date | None:
    """The last day of the period that tells of it; of what stands somewhere, one that tells both sides."""
    sides = [definition.numerator, definition.denominator] if definition.denominator else [definition.numerator]
    if definition.is_counted:
        sides = [(*definition.numerator, *definition.denominator, *definition.known_by)]
    days = (
        day
        for day, measures in told.items()
        if period.first <= day <= period.last and all(any(name in measures for name in side) for side in sides)
    )
    return max(days, default=None)
