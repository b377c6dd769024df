"""Which added customers count: the document of the topic ``adds``, with the code's defaults (S9).

Its version is that of the rules: each judgement names it.
"""

from typing import Annotated, Final, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

TOPIC: Final = "adds"
LONGEST_WAIT: Final = 44
"""Snapshots of the morning have contacts of 85 days: 30 are the company an add lies in, 9 may have been missed mornings
(`scrm.adds.snapshots`)."""

type Percent = Annotated[int, Field(ge=1, le=100)]
type Tier = Annotated[str, Field(min_length=1, max_length=64)]


class AddsDocument(BaseModel):
    """The limits of the rules (docs/valid-adds.md, section 1), and how long an exclusion is open to appeal."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    kept_days: Annotated[int, Field(ge=1, le=LONGEST_WAIT)] = Field(
        default=7, description="A contact that ends within so many days does not count."
    )
    link_days: Annotated[int, Field(ge=0, le=LONGEST_WAIT)] = Field(
        default=35, description="So many days a link to a customer of the bank is waited for."
    )
    staff_tiers: frozenset[Tier] = Field(
        default=frozenset({"staff"}),
        max_length=20,
        description="Tiers of the customer master that mean the bank's own people.",
    )
    many_adders: Annotated[int, Field(ge=2, le=100)] = Field(
        default=3, description="Who is added by so many members within 30 days counts for his manager alone."
    )
    burst_adds: Annotated[int, Field(ge=2, le=1000)] = Field(
        default=15, description="A burst is a day with so many adds of a member at least ..."
    )
    burst_times_usual: Annotated[int, Field(ge=1, le=100)] = Field(
        default=3, description="... and so many times what is usual for him."
    )
    burst_signals: Annotated[int, Field(ge=1, le=4)] = Field(
        default=2, description="So many of the four shares that follow make a burst a bought one."
    )
    burst_unlinked_percent: Percent = Field(default=40, description="Who are no customers of the bank.")
    burst_elsewhere_percent: Percent = Field(default=40, description="Of its customers, whom another branch keeps.")
    burst_lost_percent: Percent = Field(default=20, description="Who left within ``kept_days``.")
    burst_shared_percent: Percent = Field(default=20, description="Whom other members added too.")
    elsewhere_percent: Percent = Field(
        default=40, description="Of a member's customers of 30 days: then those whom other branches keep do not count."
    )
    elsewhere_adds: Annotated[int, Field(ge=1, le=1000)] = Field(
        default=10, description="With fewer customers in 30 days that share says nothing."
    )
    appeal_days: Annotated[int, Field(ge=1, le=330)] = Field(
        default=90, description="So many days after an add an exclusion can be appealed and decided."
    )

    @model_validator(mode="after")
    def can_be_appealed(self) -> Self:
        if self.appeal_days <= max(self.kept_days, self.link_days) + 1:
            text = "appeal_days are more than kept_days and link_days, or an exclusion could not be appealed any more"
            raise PydanticCustomError("too_short", text)
        return self
