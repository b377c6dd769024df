"""What may be said of each KPI, and of all (S16, S12): "insufficient" and "not comparable" are answers too."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from scrm.inference import student
from scrm.uplift.comparison import Comparison
from scrm.uplift.dilution import Dilution
from scrm.uplift.estimate import Estimate


class Verdict(StrEnum):
    """``passed``: all of the interval lies above the bar; ``failed``: below it; ``open``: the bar lies inside."""

    PASSED = "passed"
    FAILED = "failed"
    OPEN = "open"
    NOT_COMPARABLE = "not_comparable"
    INSUFFICIENT = "insufficient"


BELIEVED: Final = frozenset({Verdict.PASSED, Verdict.FAILED, Verdict.OPEN})
"""With these a figure is shown and counts; with the others it is nobody's to believe."""


@dataclass(frozen=True, slots=True)
class Bar:
    """``least``: customers of each group. ``uplift``: what has to be exceeded, 0.2 for 20 %. ``least_compared``: the
    share of the treated that has to be compared. A placebo counts as a difference below ``placebo_p`` where it is also
    more than ``tolerated_trend`` of the counterfactual mean: in large groups everything differs a little. Of the people
    in WeCom more than ``tolerated_unlinked`` whom the bank does not recognise are warned of."""

    uplift: float = 0.2
    least: int = 200
    least_compared: float = 0.8
    placebo_p: float = 0.01
    tolerated_trend: float = 0.01
    tolerated_unlinked: float = 0.05


def verdict(found: Comparison, bar: Bar, diluted: Dilution | None = None) -> Verdict:
    """Of one KPI. What people whom the bank does not recognise can have hidden is never called failed."""
    if min(found.treated, found.untreated) < bar.least or found.adjusted is None:
        return Verdict.INSUFFICIENT
    if found.compared < bar.least_compared:
        return Verdict.NOT_COMPARABLE
    placebo = found.placebo
    if placebo is not None and placebo.p < bar.placebo_p and abs(placebo.value) > bar.tolerated_trend:
        return Verdict.NOT_COMPARABLE
    if found.adjusted.low > bar.uplift:
        return Verdict.PASSED
    if found.adjusted.high >= bar.uplift or (diluted is not None and diluted.reaches(bar.uplift)):
        return Verdict.OPEN
    return Verdict.FAILED


def overall(verdicts: Sequence[Verdict]) -> Verdict:
    """All KPIs have to pass (S16); the worst that can be said of one is said of all."""
    order = (Verdict.FAILED, Verdict.NOT_COMPARABLE, Verdict.INSUFFICIENT, Verdict.OPEN, Verdict.PASSED)
    return next((one for one in order if one in verdicts), Verdict.INSUFFICIENT)


def p_against(found: Estimate, bar: float) -> float:
    """How likely a figure at least so far from the bar is where the truth is the bar."""
    return student.two_sided_p((found.value - bar) / found.error, found.df)


def corrected(p_by_kpi: Mapping[str, float]) -> dict[str, float]:
    """Holm: with many KPIs one of them looks good by chance. The p value of each, as if it were asked alone."""
    ordered = sorted(p_by_kpi, key=lambda kpi: p_by_kpi[kpi])
    found: dict[str, float] = {}
    highest = 0.0
    for place, kpi in enumerate(ordered):
        highest = max(highest, min(1.0, p_by_kpi[kpi] * (len(ordered) - place)))
        found[kpi] = highest
    return found
