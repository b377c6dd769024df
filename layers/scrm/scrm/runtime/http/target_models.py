"""Targets on the wire. Amounts are in units of the KPI, fen for money; shares are numerator and denominator."""

from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from typing import Annotated, Self

from pydantic import AwareDatetime, Field

from scrm.runtime.http.wire import Asked, Page, Reply, Timestamp
from scrm.settings.targets import KpiName, TargetsDocument
from scrm.targets import planner, plans
from scrm.targets.errors import InvalidPlanError
from scrm.targets.figures import Lack
from scrm.targets.overrides import Override
from scrm.targets.plans import PlanState, quarters
from scrm.targets.review import Gates, Progress
from scrm.targets.stages import Finding, GateState
from scrm.two_persons import RequestState

type Month = Annotated[str, Field(pattern=r"^[1-9]\d{3}-(0[1-9]|1[0-2])$")]
type NodeText = Annotated[str, Field(min_length=1, max_length=64)]


class Ratio(Asked):
    """An exact share or rate."""

    numerator: Annotated[int, Field(ge=0, le=10**15)]
    denominator: Annotated[int, Field(gt=0, le=10**9)] = 1

    def exact(self) -> Fraction:
        return Fraction(self.numerator, self.denominator)


class ConversionRequest(Asked):
    """How customers become an outcome: from a pilot, or decided."""

    uplift_per_valid_add: Ratio = Field(description="Units of the KPI that a valid added customer brings in the end.")
    valid_per_added: Ratio
    added_per_reached: Ratio
    reached_per_rm: Ratio = Field(description="Customers an active RM reaches in a month.")
    ramp: tuple[Ratio, ...] = Field(
        default=(Ratio(numerator=1),),
        min_length=1,
        max_length=12,
        description="The share of the uplift that is there at the end of the month of the add, of the next, and so on.",
    )

    def exact(self) -> planner.Conversion:
        return planner.Conversion(
            self.uplift_per_valid_add.exact(),
            self.valid_per_added.exact(),
            self.added_per_reached.exact(),
            self.reached_per_rm.exact(),
            tuple(share.exact() for share in self.ramp),
        )


class ShareRequest(Asked):
    node_id: NodeText
    weight: Annotated[int, Field(gt=0, le=10**12, description="Customers, RMs, AUM: whatever the bank splits by.")]
    conversion: ConversionRequest | None = Field(default=None, description="Where the branch has one of its own.")
    first_month: Month | None = Field(default=None, description="Where the branch begins later than the programme.")


class BaselineRequest(Asked):
    value: Annotated[int, Field(ge=0, le=10**17)]
    as_of: date
    source: Annotated[str, Field(min_length=1, max_length=200)]


class PlanRequest(Asked):
    """A KPI's plan for a year. ``season``: weights of the months, January first; those before ``first_month`` count
    for nothing."""

    kpi: KpiName
    year: Annotated[int, Field(ge=2020, le=2100)]
    outcome: Annotated[int, Field(gt=0, le=10**17, description="What the KPI is to gain above the baseline.")]
    baseline: BaselineRequest
    conversion: ConversionRequest
    season: Annotated[tuple[Annotated[int, Field(ge=0, le=10**6)], ...], Field(min_length=12, max_length=12)] = (
        planner.EVEN_SEASON
    )
    first_month: Month | None = Field(
        default=None, description="With which the programme begins, a month of ``year``. Absent: January."
    )
    shares: Annotated[tuple[ShareRequest, ...], Field(min_length=1, max_length=5000)]

    def terms(self) -> plans.PlanTerms:
        """Raises InvalidPlanError."""
        return plans.PlanTerms(
            self.kpi,
            self.year,
            self.outcome,
            plans.Baseline(self.baseline.value, self.baseline.as_of, self.baseline.source),
            self.conversion.exact(),
            tuple(self.season),
            tuple(map(self._share, self.shares)),
            self._number(self.first_month) or 1,
        )

    def _share(self, told: ShareRequest) -> planner.BranchShare:
        own = told.conversion.exact() if told.conversion else None
        return planner.BranchShare(told.node_id, told.weight, own, self._number(told.first_month))

    def _number(self, month: str | None) -> int | None:
        if month is None:
            return None
        year, number = map(int, month.split("-"))
        if year != self.year:
            raise InvalidPlanError("first_month", f"{month} is no month of {self.year}")
        return number


class PlanVersion(Reply):
    plan_id: str
    version: int
    kpi: str
    year: int
    state: PlanState
    terms_sha256: str
    made_by: str
    made_at: Timestamp
    decided_by: str
    decided_at: Timestamp | None
    frozen_at: Timestamp | None = Field(description="Since when it is the word of the bank.")
    note: str

    @classmethod
    def of(cls, found: plans.PlanVersion) -> Self:
        return cls.model_validate(found)


class PlanVersionList(Reply):
    items: list[PlanVersion]


class MetricTargets(Reply):
    """Of ``active_rms`` a quarter has its busiest month, and the year too; of all others the sum."""

    metric: str
    months: list[int]
    quarters: list[int]
    year: int


class BelowTargets(Reply):
    """What is next below a node: a node's id, or ``member:<userid>``."""

    below_id: str
    metrics: list[MetricTargets]


class NodeTargets(Reply):
    plan: PlanVersion
    node_id: str
    first_month: str = Field(description="With which the programme begins at the node; before it nothing is asked for.")
    frozen_late: bool = Field(description="The version was approved when the programme had begun already.")
    baseline_value: int | None = Field(description="Of the whole bank: null for callers who do not see it.")
    baseline_as_of: date
    metrics: list[MetricTargets]
    below: list[BelowTargets]
    cursor: str | None = None


def metrics_of(targets: planner.MonthlyTargets) -> list[MetricTargets]:
    return [_metric(name, months) for name, months in targets.by_metric().items()]


def _metric(name: str, months: Sequence[int]) -> MetricTargets:
    combine = max if name == "active_rms" else sum
    by_quarter = list(quarters(months, combine))
    return MetricTargets(metric=name, months=list(months), quarters=by_quarter, year=combine(by_quarter))


class ProgressRow(Reply):
    """``gate`` locked: the figure is shown and counts for nothing yet. Figures are of the months from ``first_month``
    to ``last_month``, the last one told; where there are none ``absent`` says why, and ``absent_month`` which month
    that is about. Of ``active_rms`` all sums are RM-months, the year's target too: who was active in three months
    counts three times."""

    metric: str
    gate: GateState
    first_month: str
    last_month: str | None
    absent: Lack | None
    absent_month: str | None
    closed_months: int
    target_to_date: int | None
    actual_to_date: int | None
    year_target: int
    missing: int | None
    is_behind: bool | None
    forecast: int | None
    forecast_low: int | None = Field(description="None: fewer than three months are closed.")
    forecast_high: int | None

    @classmethod
    def of(cls, found: Progress) -> Self:
        done, run = found.metric.attained, found.metric.told
        told = done.forecast if done else None
        return cls(
            metric=found.metric.metric,
            gate=found.gate,
            first_month=run.first,
            last_month=run.through or None,
            absent=run.lack,
            absent_month=run.lacks or None,
            closed_months=done.closed_months if done else 0,
            target_to_date=done.target_to_date if done else None,
            actual_to_date=done.actual_to_date if done else None,
            year_target=sum(found.metric.targets),
            missing=done.missing if done else None,
            is_behind=done.is_behind if done else None,
            forecast=told.expected if told else None,
            forecast_low=told.low if told else None,
            forecast_high=told.high if told else None,
        )


class NodeProgress(Reply):
    """A node against the plan; each figure belongs to this version of it."""

    plan: PlanVersion
    node_id: str
    first_month: str
    frozen_late: bool
    confidence_percent: int
    rows: list[ProgressRow]


class EvidenceRow(Reply):
    stage: str
    kpi: str
    at_least: str = Field(description="As a fraction, ``4/5``.")
    numerator: int | None
    denominator: int | None
    as_of: date | None
    finding: Finding


class GateReply(Reply):
    """Where a node stands. ``stage``: the first that it has not left, empty when it has left all."""

    node_id: str
    month: str
    stage: str
    evidence: list[EvidenceRow]
    states: dict[str, GateState]

    @classmethod
    def told(cls, node_id: str, month: str, found: Gates) -> Self:
        standing = found.standing
        return cls(
            node_id=node_id,
            month=month,
            stage=standing.stage.name if standing.stage else "",
            evidence=[
                EvidenceRow(
                    stage=one.stage,
                    kpi=one.criterion.kpi,
                    at_least=str(one.criterion.at_least),
                    numerator=one.figure.numerator if one.figure else None,
                    denominator=one.figure.denominator if one.figure else None,
                    as_of=one.figure.as_of if one.figure else None,
                    finding=one.finding,
                )
                for one in standing.evidence
            ],
            states=dict(found.states),
        )


class OverrideRequest(Asked):
    kpi: KpiName
    node_id: NodeText
    valid_until: AwareDatetime
    reason: Annotated[str, Field(min_length=1, max_length=500)]


class DecisionNote(Asked):
    note: Annotated[str, Field(min_length=1, max_length=500)]


class GateOverride(Reply):
    override_id: str
    kpi: str
    node_id: str
    valid_until: Timestamp
    reason: str
    state: RequestState
    requested_by: str
    requested_at: Timestamp
    decided_by: str
    decided_at: Timestamp | None
    note: str

    @classmethod
    def of(cls, found: Override) -> Self:
        own = ("override_id", "state", "requested_by", "requested_at", "decided_by", "decided_at", "note")
        wanted = ("kpi", "node_id", "valid_until", "reason")
        return cls(**{n: getattr(found, n) for n in own}, **{n: getattr(found.wanted, n) for n in wanted})


class OverridePage(Page):
    items: list[GateOverride]


class FigureRow(Asked):
    node_id: NodeText
    kpi: KpiName
    numerator: Annotated[int, Field(ge=-(10**17), le=10**17)]
    denominator: Annotated[int, Field(ge=0, le=10**12)] | None = Field(default=None, description="None for a count.")


class FiguresRequest(Asked):
    """Figures of one month. ``as_of``: the business day that they tell of."""

    month: Month
    as_of: date
    source: Annotated[str, Field(min_length=1, max_length=100)]
    rows: Annotated[tuple[FigureRow, ...], Field(min_length=1, max_length=500)]


class FiguresTold(Reply):
    """``changed``: new versions; the others were known so already."""

    rows: int
    changed: int


class TargetSettings(Reply):
    version: int
    is_valid: bool
    given: list[str]
    settings: TargetsDocument


class TargetSettingsRequest(Asked):
    """The whole document: a field that is left out takes its default."""

    version: int = Field(ge=0)
    settings: TargetsDocument
