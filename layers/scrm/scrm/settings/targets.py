"""What a bank decides about stages and gates: the document of the topic ``targets``, with the code's defaults."""

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

TOPIC: Final = "targets"

type KpiName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]


class CriterionDocument(BaseModel):
    """A ratio is told as numerator and denominator, a count with the denominator 1."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    kpi: KpiName
    at_least_numerator: Annotated[int, Field(gt=0, le=10**15)]
    at_least_denominator: Annotated[int, Field(gt=0, le=10**9)] = 1


class StageDocument(BaseModel):
    """``criteria``: what a node has to reach to leave the stage. ``assesses``: KPIs that count from this stage on."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
    criteria: tuple[CriterionDocument, ...] = Field(default=(), max_length=10)
    assesses: frozenset[KpiName] = Field(default=frozenset(), max_length=30)


def _default_stages() -> tuple[StageDocument, ...]:
    def share(kpi: str, percent: int) -> CriterionDocument:
        return CriterionDocument(kpi=kpi, at_least_numerator=percent, at_least_denominator=100)

    pool = CriterionDocument(kpi="pool_size", at_least_numerator=1000)
    business = frozenset({"aum", "product_holding", "card_binding", "active_rate", "mobile_bank_mau"})
    return (
        StageDocument(name="usage", criteria=(share("staff_usage_rate", 80),)),
        StageDocument(name="coverage", criteria=(share("customer_coverage_rate", 50), pool)),
        StageDocument(name="business", assesses=business),
    )


type Percent = Annotated[int, Field(ge=0, le=100)]


class PilotExitDocument(BaseModel):
    """When a pilot has proven itself (S46). The sources ask that it lasts and brings a result, and give no numbers."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    months: Annotated[int, Field(ge=1, le=12)] = Field(
        default=3, description="In each of so many closed months every criterion of the stages is met."
    )
    result: Literal["passed", "above_zero"] = Field(
        default="passed",
        description="The review's interval lies above its bar for every KPI (S16), or above zero only.",
    )
    lost_percent_at_most: Percent | None = Field(
        default=None, description="Customers lost in a month, of the pool at its end; null: not asked for."
    )
    handed_over_percent_at_least: Percent | None = Field(
        default=None, description="Handovers of customers that succeed in a month; null: not asked for."
    )


class TargetsDocument(BaseModel):
    """The funnel gate (S10 to S13), the way from pilot to bank (S44 to S46), and how forecasts are told."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    stages: tuple[StageDocument, ...] = Field(
        default_factory=_default_stages,
        min_length=1,
        max_length=10,
        description="In order; the sources name usage and coverage and give no thresholds, so these are ours.",
    )
    forecast_confidence_percent: Annotated[int, Field(ge=50, le=99)] = Field(
        default=80, description="How often the year shall end within a forecast's range."
    )
    pilot_exit: PilotExitDocument = PilotExitDocument()
    rollout_gate: bool = Field(
        default=False,
        description="Whether a node becomes formal only after a recorded exit of a pilot, or by two persons' override.",
    )
