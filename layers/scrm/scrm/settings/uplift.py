"""What the bank decides about reviews and the attribution ledger: the document of the topic ``uplift``."""

from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

TOPIC: Final = "uplift"

type Days = Annotated[int, Field(ge=1, le=366)]
type Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.\-]{1,64}$")]


class UnitWorth(BaseModel):
    """What one unit of a KPI is worth to the bank in a year, as a ratio: 3 of 1,000 fen for each fen of AUM."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    numerator_fen: Annotated[int, Field(ge=0, le=10**12)]
    denominator: Annotated[int, Field(gt=0, le=10**9)] = 1


class CostItem(BaseModel):
    """What the programme costs in a year: licences, people, incentives."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    name: Annotated[str, Field(min_length=1, max_length=60)]
    fen: Annotated[int, Field(ge=0, le=10**15)]


class UpliftDocument(BaseModel):
    """Windows in days: how long before a change a touch may lie to be credited with it (S18)."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    window_days: Days = Field(default=30, description="Of every KPI and product that is not named below.")
    kpi_window_days: dict[Name, Days] = Field(default={}, max_length=20, description="By KPI.")
    product_window_days: dict[Name, Days] = Field(
        default={}, max_length=50, description="By product: what takes long to decide has a longer one."
    )
    worth: dict[Name, UnitWorth] = Field(
        default={}, max_length=20, description="By KPI; one that is not named is worth nothing in the view of returns."
    )
    yearly_costs: tuple[CostItem, ...] = Field(default=(), max_length=50)
