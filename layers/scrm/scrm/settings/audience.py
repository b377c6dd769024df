"""What a bank decides about who must not get what: the document of the topic ``audience``, with the code's defaults."""

from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

TOPIC: Final = "audience"

type Risk = Annotated[int, Field(ge=1, le=5)]


class AudienceDocument(BaseModel):
    """Risks are 1 to 5 for R1 to R5. None of these rules can be turned off altogether but the one for seniors."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    assessment_days: int = Field(
        default=365, ge=1, le=365, description="Days on which a risk assessment counts, its own the first of them."
    )
    facts_days: int = Field(
        default=7, ge=1, le=30, description="Days after which what the bank's feed told no longer counts."
    )
    adult_age: int = Field(default=18, ge=18, le=21, description="Younger customers get no marketing.")
    senior_age: int = Field(default=65, ge=50, le=100, description="The age from which the next rule counts.")
    senior_highest_risk: Risk | None = Field(
        default=2, description="The highest product risk for seniors, whatever their class; null: no such rule."
    )
    public_highest_risk: Risk | None = Field(
        default=None, description="The highest product risk in Moments and group posts; null: no product in them."
    )
    ceiling_tags: bool = Field(
        default=False, description="Whether we keep the highest product risk of each customer as a corp tag at WeCom."
    )
