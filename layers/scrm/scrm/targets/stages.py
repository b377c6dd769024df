"""Stages in order, and the funnel gate (S10 to S13): business KPIs count for a node once its front end is reached.

A node stands at its first stage whose criteria are not met. A figure that is absent, or whose base is 0, meets nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from fractions import Fraction

from scrm.targets.errors import InvalidPlanError


@dataclass(frozen=True, slots=True)
class Figure:
    """A KPI of a node as of a business day: a count, or a ratio with what it was divided by."""

    numerator: int
    denominator: int | None
    as_of: date

    @property
    def value(self) -> Fraction | None:
        """None where there is nothing to divide by."""
        if self.denominator is None:
            return Fraction(self.numerator)
        return Fraction(self.numerator, self.denominator) if self.denominator else None


@dataclass(frozen=True, slots=True)
class Criterion:
    """``kpi`` reaches ``at_least`` (a share for ratios, a count for counts)."""

    kpi: str
    at_least: Fraction


@dataclass(frozen=True, slots=True)
class Stage:
    """``criteria``: what has to be reached to leave it; all of them. ``assesses``: KPIs that count from here on."""

    name: str
    criteria: tuple[Criterion, ...]
    assesses: frozenset[str] = frozenset()


class Finding(StrEnum):
    """Whether a criterion is met, and if it is not, whether there is a figure to tell."""

    MET = "met"
    BELOW = "below"
    ABSENT = "absent"
    NO_BASE = "no_base"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a criterion was compared with."""

    stage: str
    criterion: Criterion
    figure: Figure | None
    finding: Finding


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a node stands: ``stage`` is the first that it has not left, None when it has left all."""

    stage: Stage | None
    evidence: tuple[Evidence, ...]
    unlocked: frozenset[str]

    def is_unlocked(self, kpi: str) -> bool:
        """Whether the KPI is assessed and may be what a campaign works for."""
        return kpi in self.unlocked


@dataclass(frozen=True, slots=True)
class StageLadder:
    """The stages of a programme in order. Raises InvalidPlanError for a ladder that cannot be climbed."""

    stages: tuple[Stage, ...]

    def __post_init__(self) -> None:
        if len({stage.name for stage in self.stages}) != len(self.stages):
            raise InvalidPlanError("stages", "two stages have the same name")
        assessed = [kpi for stage in self.stages for kpi in stage.assesses]
        if len(set(assessed)) != len(assessed):
            raise InvalidPlanError("stages", "a KPI is unlocked by one stage only")
        wanted = [criterion for stage in self.stages for criterion in stage.criteria]
        if any(criterion.at_least <= 0 for criterion in wanted):
            raise InvalidPlanError("stages", "a criterion is above 0, or everybody meets it")

    @property
    def gated(self) -> frozenset[str]:
        """KPIs that some stage unlocks; every other one is assessed from the beginning."""
        return frozenset(kpi for stage in self.stages for kpi in stage.assesses)

    def standing(self, figures: Mapping[str, Figure]) -> Standing:
        """Where a node with these figures stands."""
        evidence: list[Evidence] = []
        unlocked: set[str] = set()
        for stage in self.stages:
            unlocked |= stage.assesses
            found = [compared(stage.name, criterion, figures.get(criterion.kpi)) for criterion in stage.criteria]
            evidence += found
            if any(one.finding is not Finding.MET for one in found) or not stage.criteria:
                return Standing(stage, tuple(evidence), frozenset(unlocked))
        return Standing(None, tuple(evidence), frozenset(unlocked))


def compared(stage: str, criterion: Criterion, figure: Figure | None) -> Evidence:
    """One criterion against one figure."""
    if figure is None:
        return Evidence(stage, criterion, None, Finding.ABSENT)
    value = figure.value
    if value is None:
        return Evidence(stage, criterion, figure, Finding.NO_BASE)
    return Evidence(stage, criterion, figure, Finding.MET if value >= criterion.at_least else Finding.BELOW)


class GateState(StrEnum):
    """Whether a KPI counts for a node: by its stage, by an approved override, or not."""

    OPEN = "open"
    OVERRIDDEN = "overridden"
    LOCKED = "locked"


@dataclass(frozen=True, slots=True)
class GateOverride:
    """An approved word that a KPI counts for a node although its stage says no; it ends by itself."""

    override_id: str
    kpi: str
    valid_until: datetime


def gate_of(
    standing: Standing, ladder: StageLadder, kpi: str, overrides: Sequence[GateOverride], now: datetime
) -> GateState:
    """Whether the KPI is assessed at the node now."""
    if kpi not in ladder.gated or standing.is_unlocked(kpi):
        return GateState.OPEN
    holds = any(override.kpi == kpi and now < override.valid_until for override in overrides)
    return GateState.OVERRIDDEN if holds else GateState.LOCKED
