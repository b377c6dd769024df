"""The backward planner (S8, S9): from the year's outcome to the customers that have to be added and reached for it.

Outcome <- valid adds <- adds <- customers reached <- active RMs, each month by itself. Everything is exact: counts are
whole numbers, conversions are fractions, and `forward` of what `backward` gives is never below the outcome.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from fractions import Fraction
from itertools import pairwise
from typing import Final

from scrm.targets.apportion import largest_remainder, over_months
from scrm.targets.errors import InvalidPlanError

MONTHS: Final = 12
EVEN_SEASON: Final = (1,) * MONTHS


@dataclass(frozen=True, slots=True)
class Conversion:
    """How customers become an outcome; measured in a pilot or decided, and frozen with the plan.

    ``uplift_per_valid_add``: units of the KPI (fen for money) that one valid added customer brings at full effect.
    ``valid_per_added``, ``added_per_reached``: shares, above 0 to 1. ``reached_per_rm``: customers that an active RM
    reaches in a month. ``ramp``: which share of the uplift is there at the end of the month of the add, of the next
    one, and so on; the last one stays.
    """

    uplift_per_valid_add: Fraction
    valid_per_added: Fraction
    added_per_reached: Fraction
    reached_per_rm: Fraction
    ramp: tuple[Fraction, ...] = (Fraction(1),)

    def __post_init__(self) -> None:
        for name in ("uplift_per_valid_add", "reached_per_rm"):
            if getattr(self, name) <= 0:
                raise InvalidPlanError(name, f"{name} must be above 0: with nothing gained nothing can be planned")
        for name in ("valid_per_added", "added_per_reached"):
            if not 0 < getattr(self, name) <= 1:
                raise InvalidPlanError(name, f"{name} is a share above 0 and up to 1")
        rises = all(before <= after for before, after in zip(self.ramp, self.ramp[1:], strict=False))
        if not self.ramp or not rises or not self.ramp[0] >= 0 or not 0 < self.ramp[-1] <= 1:
            raise InvalidPlanError("ramp", "the ramp lists shares from 0 to 1 that never fall and end above 0")

    def arrived(self, months_since_add: int) -> Fraction:
        """The share of the uplift that is there; 0 before the add."""
        if months_since_add < 0:
            return Fraction(0)
        return self.ramp[min(months_since_add, len(self.ramp) - 1)]

    def ramp_in_parts(self) -> tuple[list[int], int]:
        """The ramp as whole parts of a common denominator: plans of thousands of branches are made of these."""
        whole = math.lcm(*(share.denominator for share in self.ramp))
        return [int(share * whole) for share in self.ramp], whole

    def worth_of_reached(self) -> Fraction:
        """Units of the KPI that one reached customer brings at full effect."""
        return self.added_per_reached * self.worth_of_added()

    def worth_of_added(self) -> Fraction:
        return self.valid_per_added * self.uplift_per_valid_add


@dataclass(frozen=True, slots=True)
class MonthlyTargets:
    """Twelve whole numbers each, January first. ``outcome`` is what the KPI gains in the month (units of the KPI);
    ``active_rms`` are RMs at work in the month and sum up over nodes, never over months."""

    outcome: tuple[int, ...]
    valid_added: tuple[int, ...]
    added: tuple[int, ...]
    reached: tuple[int, ...]
    active_rms: tuple[int, ...]

    def by_metric(self) -> dict[str, tuple[int, ...]]:
        return {metric.name: getattr(self, metric.name) for metric in fields(self)}


@dataclass(frozen=True, slots=True)
class BranchShare:
    """``weight`` of a branch in the bank's outcome; its own conversion, and the month (1 to 12) with which the
    programme begins there, where they are not the bank's."""

    node_id: str
    weight: int
    conversion: Conversion | None = None
    first_month: int | None = None


def plan_bank(
    outcome: int,
    season: Sequence[int],
    conversion: Conversion,
    shares: Sequence[BranchShare],
    first_month: int = 1,
    only: str | None = None,
) -> dict[str, MonthlyTargets]:
    """Each branch's targets by node id, or those of ``only`` one. The bank's are the `total` of all, whose outcome is
    ``outcome`` exactly."""
    if len({share.node_id for share in shares}) != len(shares):
        raise InvalidPlanError("shares", "a branch is listed twice")
    try:
        parts = largest_remainder(outcome, [share.weight for share in shares])
    except ValueError as error:
        raise InvalidPlanError("shares", str(error)) from error
    return {
        share.node_id: _of_branch(share, part, season, conversion, first_month)
        for share, part in zip(shares, parts, strict=True)
        if only in {None, share.node_id}
    }


def _of_branch(
    share: BranchShare, part: int, season: Sequence[int], conversion: Conversion, first_month: int
) -> MonthlyTargets:
    """Where it is the branch's own terms that do not fit, the error names the branch."""
    try:
        return backward(part, season, share.conversion or conversion, share.first_month or first_month)
    except InvalidPlanError as invalid:
        if share.conversion is None and share.first_month is None:
            raise
        raise InvalidPlanError("shares", f"branch {share.node_id}: {invalid}") from invalid


def backward(outcome: int, season: Sequence[int], conversion: Conversion, first_month: int = 1) -> MonthlyTargets:
    """What has to happen in each month so that the KPI has gained ``outcome`` at the end of the year.

    ``season``: twelve weights of when customers are reached; those before ``first_month`` (1 to 12), with which the
    programme begins, count for nothing, so that the months that are left share all of it. Raises InvalidPlanError.
    """
    season = _of_run(season, first_month)
    _check_season(season, conversion)

    def needed(worth: Fraction) -> list[int]:
        return _fewest(outcome, worth, season, conversion)

    valid = needed(conversion.uplift_per_valid_add)
    reached = needed(conversion.worth_of_reached())
    return MonthlyTargets(
        outcome=tuple(largest_remainder(outcome, _arrivals(valid, conversion)) if outcome else [0] * MONTHS),
        valid_added=tuple(valid),
        added=tuple(needed(conversion.worth_of_added())),
        reached=tuple(reached),
        active_rms=tuple(math.ceil(count / conversion.reached_per_rm) for count in reached),
    )


def forward(targets: MonthlyTargets, conversion: Conversion) -> Fraction:
    """The outcome at the end of the year if exactly these customers are reached, or added, or validly added:
    the least of the three."""
    levels = (
        (targets.valid_added, conversion.uplift_per_valid_add),
        (targets.added, conversion.worth_of_added()),
        (targets.reached, conversion.worth_of_reached()),
    )
    return min(_at_year_end(counts, worth, conversion) for counts, worth in levels)


def total(plans: Sequence[MonthlyTargets]) -> MonthlyTargets:
    """The sum of nodes, month by month."""
    by_metric = [plan.by_metric() for plan in plans]
    return _targets(lambda name: [sum(column) for column in zip(*(plan[name] for plan in by_metric), strict=True)])


def split(targets: MonthlyTargets, weights: Mapping[str, int]) -> dict[str, MonthlyTargets]:
    """The targets of the nodes or members below, by id: each metric sums to the parent's in each month (O8)."""
    names, shares = list(weights), list(weights.values())
    try:
        parts = {metric: over_months(months, shares) for metric, months in targets.by_metric().items()}
    except ValueError as error:
        raise InvalidPlanError("weights", str(error)) from error
    return {
        name: _targets(lambda metric, place=place: [month[place] for month in parts[metric]])  # type: ignore[misc]
        for place, name in enumerate(names)
    }


def _targets(months_of: Callable[[str], Sequence[int]]) -> MonthlyTargets:
    return MonthlyTargets(**{metric.name: tuple(months_of(metric.name)) for metric in fields(MonthlyTargets)})


def _of_run(season: Sequence[int], first_month: int) -> Sequence[int]:
    if len(season) != MONTHS or min(season) < 0:
        raise InvalidPlanError("season", "the season has twelve weights of 0 or more, January first")
    if not 1 <= first_month <= MONTHS:
        raise InvalidPlanError("first_month", "the programme begins with a month of the plan's year")
    return [weight if month >= first_month else 0 for month, weight in enumerate(season, start=1)]


def _check_season(season: Sequence[int], conversion: Conversion) -> None:
    if not any(weight and conversion.arrived(MONTHS - 1 - month) for month, weight in enumerate(season)):
        raise InvalidPlanError("season", "no month with a weight is early enough for its customers to count this year")


def _fewest(outcome: int, worth: Fraction, season: Sequence[int], conversion: Conversion) -> list[int]:
    """Counts by month, as few as bring ``outcome`` by the end of the year. Rounding to whole customers moves some
    into months that count less, hence the look at what they bring."""
    share = sum(weight * conversion.arrived(MONTHS - 1 - month) for month, weight in enumerate(season)) / sum(season)
    count = math.ceil(outcome / (worth * share))
    while True:
        months = largest_remainder(count, season)
        missing = outcome - _at_year_end(months, worth, conversion)
        if missing <= 0:
            return months
        count += math.ceil(missing / worth)


def _at_year_end(counts: Sequence[int], worth: Fraction, conversion: Conversion) -> Fraction:
    shares, whole = conversion.ramp_in_parts()
    arrived = sum(count * shares[min(MONTHS - 1 - month, len(shares) - 1)] for month, count in enumerate(counts))
    return worth * Fraction(arrived, whole)


def _arrivals(valid: Sequence[int], conversion: Conversion) -> list[int]:
    """Weights of the months by the uplift that arrives in them."""
    shares, _ = conversion.ramp_in_parts()
    gains = [later - earlier for earlier, later in pairwise([0, *shares])]
    return [
        sum(valid[month - late] * gain for late, gain in enumerate(gains) if late <= month) for month in range(MONTHS)
    ]
