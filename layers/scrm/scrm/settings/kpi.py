"""What a bank decides about its KPIs: the document of the topic ``kpi``, with the code's defaults (S4, S5)."""

from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

TOPIC: Final = "kpi"

type KpiName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
type MeasureName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
type NodeId = Annotated[str, Field(pattern=r"^\d{1,20}$")]
type Month = Annotated[str, Field(pattern=r"^(\d{4}-(0[1-9]|1[0-2]))?$")]


class DefinitionDocument(BaseModel):
    """One version of one KPI (docs/kpi.md, section 1): a new KPI, or a version beside one that is shipped."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    kpi: KpiName
    version: Annotated[int, Field(ge=1, le=10_000)]
    title: Annotated[str, Field(min_length=1, max_length=60)]
    unit: Annotated[str, Field(pattern=r"^(persons|customers|sends|tasks|cases|share|rate|seconds|fen)$")]
    aggregation: Annotated[str, Field(pattern=r"^(sum|ratio_of_sums|last|distinct)$")]
    numerator: tuple[MeasureName, ...] = Field(default=(), max_length=20)
    denominator: tuple[MeasureName, ...] = Field(default=(), max_length=20)
    source: Annotated[
        str, Field(pattern=r"^(contacts|sends|tasks|archive|handover|statistics|relations|bank_facts|told)$")
    ]
    as_of: Annotated[str, Field(pattern=r"^(event_day|last_snapshot|last_publication|told)$")]
    owner_level: Annotated[str, Field(pattern=r"^(bank|branch|team|member)$")]
    known_by: tuple[MeasureName, ...] = Field(
        default=(), max_length=20, description="Of a sum: told where one of these is, so that nothing is 0."
    )
    cell: Annotated[str, Field(pattern=r"^([a-z][a-z0-9_]{0,63})?$")] = ""
    factor: Annotated[int, Field(ge=1, le=10**9)] = 1
    first_month: Month = ""
    last_month: Month = ""


class KpiDocument(BaseModel):
    """Definitions that the sources leave open, the least cell, and when a month's figures are taken."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    definitions: tuple[DefinitionDocument, ...] = Field(
        default=(), max_length=200, description="New KPIs, and new versions of the shipped ones."
    )
    last_months: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}@\d{1,5}$")], Month] = Field(
        default_factory=dict,
        max_length=200,
        description="The last month of a version, by ``kpi@version``; until then it leads and the next runs beside it.",
    )
    hide_below: Annotated[int, Field(ge=1, le=1000)] = Field(
        default=10, description="Figures about fewer customers than this are hidden; 1 hides none."
    )
    active_rm_messages: Annotated[int, Field(ge=1, le=1000)] = Field(
        default=1, description="An RM who sent customers so many messages in the period is active."
    )
    rm_posts: frozenset[Annotated[str, Field(min_length=1, max_length=64)]] = Field(
        default=frozenset(),
        max_length=50,
        description="Posts of the staff roster that make an RM; none: all active members who may have customers.",
    )
    settled_after_days: Annotated[int, Field(ge=1, le=28)] = Field(
        default=5,
        description="So many days after a month's end its figures are told daily, then weekly.",
    )
    licence_fen_per_month: Annotated[int, Field(ge=0, le=10**7)] = Field(
        default=0, description="What a licensed member costs a month; 0: not known, and no cost is told."
    )
    merged_nodes: dict[NodeId, NodeId] = Field(
        default_factory=dict,
        max_length=2_000,
        description="Closed nodes with the node each was merged into: who asks for that one finds the past of both.",
    )
    gain_of_aum_per_10000: Annotated[int, Field(ge=0, le=10_000)] = Field(
        default=0, description="What a year of assets brings the bank, in ten-thousandths; 0: not known."
    )
    feed_bad_percent: Annotated[int, Field(ge=0, le=50)] = Field(
        default=1, description="A delivery of the bank's feeds of which more rows cannot be used is refused."
    )
    feed_least_percent: Annotated[int, Field(ge=0, le=100)] = Field(
        default=70, description="A delivery has so many percent of the rows of the version before at least."
    )
    feed_negative_money: bool = Field(
        default=False, description="Rows with negative amounts are taken; else they are left out."
    )
