"""A pilot's exit (S46): it lasts, and it shows a business result. Evaluated from figures and one uplift review.

*It lasts*: every criterion of the stage ladder (usage, coverage, pool: S10 to S12) is met in each of the last closed
months, and so is what the bank adds about lost customers and handovers. *It shows a result*: the review that was named
for the pilot says so of every KPI that it declared (S16). Nobody's word counts beside that: a month without a figure,
or a review that was written down when its answer could be known, proves nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import Final

from scrm.targets.figures import MonthFigure
from scrm.targets.stages import Criterion, Figure, StageLadder, compared

LOST: Final = "lost"
POOL: Final = "pool_size"
HANDED_OVER: Final = "handover_success"
SUSTAINED: Final = "sustained"
"""The stage's name of what the bank asks for beside the ladder."""


class ExitFinding(StrEnum):
    """``met``, or ``below``: worse than what is asked. All others prove nothing either way.

    ``absent``: no figure or result is there. ``no_base``: nothing to divide by. ``open``: the bar lies inside the
    interval. ``late``: the review was registered when its answer could be known.
    """

    MET = "met"
    BELOW = "below"
    ABSENT = "absent"
    NO_BASE = "no_base"
    INSUFFICIENT = "insufficient"
    NOT_COMPARABLE = "not_comparable"
    OPEN = "open"
    LATE = "late"


class ExitVerdict(StrEnum):
    """``not_ready``: something is worse than asked. ``undecided``: nothing is, and something is not proven yet."""

    READY = "ready"
    NOT_READY = "not_ready"
    UNDECIDED = "undecided"


class ResultBar(StrEnum):
    """``passed``: all of the interval of every KPI lies above the review's bar (S16). ``above_zero``: above nothing."""

    PASSED = "passed"
    ABOVE_ZERO = "above_zero"


@dataclass(frozen=True, slots=True)
class ExitTerms:
    """``months``: closed months in a row. ``lost_at_most``: of the pool at the month's end; ``handed_over_at_least``:
    of the customers whose handover ended in the month. None: not asked for."""

    months: int = 3
    result: ResultBar = ResultBar.PASSED
    lost_at_most: Fraction | None = None
    handed_over_at_least: Fraction | None = None


@dataclass(frozen=True, slots=True)
class MonthLine:
    """One criterion in one month. ``at_most``: the bound is an upper one. ``source``: where the figure is from."""

    stage: str
    kpi: str
    month: str
    bound: Fraction
    figure: Figure | None
    source: str
    finding: ExitFinding
    at_most: bool = False

    @property
    def counts(self) -> bool:
        """Where nobody left, no handover can have gone wrong."""
        return not (self.kpi == HANDED_OVER and self.finding is ExitFinding.NO_BASE)


@dataclass(frozen=True, slots=True)
class ResultLine:
    """One KPI of the review. ``bar``: what its interval has to exceed; figures are shares. None where nobody is to
    believe one: of too few customers (S12), of groups that cannot be compared."""

    kpi: str
    arm: str
    bar: float
    value: float | None
    low: float | None
    high: float | None
    finding: ExitFinding


@dataclass(frozen=True, slots=True)
class NamedReview:
    """The review that was named for the pilot. ``version``: of its result, 0 while there is none. ``others``: reviews
    over the same node that were not named; who chooses among many answers finds one that fits."""

    review_id: str
    name: str
    kind: str
    version: int
    is_late: bool
    due_on: date
    terms_sha256: str
    lines: tuple[ResultLine, ...] = ()
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a pilot is not ready. ``months``: of a figure; none of a result."""

    finding: ExitFinding
    kpi: str
    months: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PilotExit:
    """What was asked of a node and what was found. ``through``: the last month that was looked at."""

    node_id: str
    through: str
    terms: ExitTerms
    lasting: tuple[MonthLine, ...]
    review: NamedReview | None

    @property
    def results(self) -> tuple[ResultLine, ...]:
        """Those of the review; without one it is absent."""
        if self.review is not None and self.review.lines:
            return tuple(_unless_late(line, is_late=self.review.is_late) for line in self.review.lines)
        return (ResultLine("", "", 0.0, None, None, None, ExitFinding.ABSENT),)

    @property
    def verdict(self) -> ExitVerdict:
        found = {one.finding for one in self.reasons}
        if ExitFinding.BELOW in found:
            return ExitVerdict.NOT_READY
        return ExitVerdict.UNDECIDED if found else ExitVerdict.READY

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """None when it is ready. In the order of the ladder, results last."""
        months: dict[tuple[ExitFinding, str], list[str]] = {}
        for line in self.lasting:
            if line.counts and line.finding is not ExitFinding.MET:
                months.setdefault((line.finding, line.kpi), []).append(line.month)
        lasting = [Reason(finding, kpi, tuple(missed)) for (finding, kpi), missed in months.items()]
        results = [Reason(one.finding, one.kpi) for one in self.results if one.finding is not ExitFinding.MET]
        if not self.lasting:  # a ladder that asks for nothing shows nothing
            lasting = [Reason(ExitFinding.ABSENT, "")]
        return (*lasting, *results)


def lasting(
    ladder: StageLadder, terms: ExitTerms, months: Sequence[str], figures: Mapping[str, Mapping[str, MonthFigure]]
) -> tuple[MonthLine, ...]:
    """Each criterion in each month. ``figures``: by KPI and month."""
    found = [
        _line(stage.name, criterion, month, figures.get(criterion.kpi, {}).get(month))
        for stage in ladder.stages
        for criterion in stage.criteria
        for month in months
    ]
    if terms.lost_at_most is not None:
        found += [_lost(terms.lost_at_most, month, figures) for month in months]
    if terms.handed_over_at_least is not None:
        bound = Criterion(HANDED_OVER, terms.handed_over_at_least)
        found += [_line(SUSTAINED, bound, month, figures.get(HANDED_OVER, {}).get(month)) for month in months]
    return tuple(found)


def asked_for(ladder: StageLadder, terms: ExitTerms) -> list[str]:
    """The KPIs that the evaluation reads, those of the ladder first."""
    own = [criterion.kpi for stage in ladder.stages for criterion in stage.criteria]
    lost: Iterable[str] = (LOST, POOL) if terms.lost_at_most is not None else ()
    handed_over: Iterable[str] = (HANDED_OVER,) if terms.handed_over_at_least is not None else ()
    return list(dict.fromkeys([*own, *lost, *handed_over]))


def _line(stage: str, criterion: Criterion, month: str, told: MonthFigure | None) -> MonthLine:
    evidence = compared(stage, criterion, told.figure if told else None)
    finding, source = ExitFinding(evidence.finding.value), told.source if told else ""
    return MonthLine(stage, criterion.kpi, month, criterion.at_least, evidence.figure, source, finding)


def _lost(bound: Fraction, month: str, figures: Mapping[str, Mapping[str, MonthFigure]]) -> MonthLine:
    """Customers lost in the month, as a share of the pool at its end."""
    lost, pool = (figures.get(kpi, {}).get(month) for kpi in (LOST, POOL))
    if lost is None or pool is None or lost.figure is None or pool.figure is None:
        return MonthLine(SUSTAINED, LOST, month, bound, None, "", ExitFinding.ABSENT, at_most=True)
    figure = Figure(lost.figure.numerator, pool.figure.numerator, lost.figure.as_of)
    finding = ExitFinding.NO_BASE
    if (share := figure.value) is not None:
        finding = ExitFinding.MET if share <= bound else ExitFinding.BELOW
    return MonthLine(SUSTAINED, LOST, month, bound, figure, lost.source, finding, at_most=True)


def _unless_late(line: ResultLine, *, is_late: bool) -> ResultLine:
    """A question that was written down with its answer at hand proves nothing; that it failed still counts."""
    if not is_late or line.finding is not ExitFinding.MET:
        return line
    return replace(line, finding=ExitFinding.LATE)
