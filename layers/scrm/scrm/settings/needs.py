"""Which needs of customers the bank looks for: the document of the topic ``needs``. None, until it says so.

Weighing customers by a machine wants an impact assessment first (R4), so rules without the id of one are refused.
"""

from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

TOPIC: Final = "needs"

type Code = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]
type Codes = Annotated[tuple[Code, ...], Field(max_length=50)]
type Kind = Literal["activity", "content", "product", "script", "investor_education"]


class NeedRuleDocument(BaseModel):
    """A need, and which content answers it: what any of the four lists names."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    rule_id: Annotated[str, Field(pattern=r"^[a-z0-9_]{1,32}$", description="Its name; stored with what it chose.")]
    when: Annotated[
        str, Field(min_length=1, max_length=2_000, description="Whose need it is, in the language of segments.")
    ]
    score: Annotated[int, Field(ge=1, le=100, description="How pressing; the highest comes first.")]
    reason: Annotated[str, Field(min_length=1, max_length=60, description="Why, as the member reads it.")]
    activity_ids: Codes = ()
    product_ids: Codes = ()
    kinds: Annotated[tuple[Kind, ...], Field(max_length=5)] = ()
    target_kpis: Codes = ()
    unless_held: bool = Field(default=True, description="Nobody who holds the content's product already.")

    @model_validator(mode="after")
    def names_content(self) -> Self:
        if not (self.activity_ids or self.product_ids or self.kinds or self.target_kpis):
            raise PydanticCustomError("no_content", "a rule names activities, products, kinds or target KPIs")
        return self


class NeedsDocument(BaseModel):
    """All rules, and the assessment of what they do to customers."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    impact_assessment_id: Annotated[
        str, Field(max_length=64, description="The bank's id of the impact assessment (R4); rules need one.")
    ] = ""
    rules: Annotated[tuple[NeedRuleDocument, ...], Field(max_length=50)] = ()

    @model_validator(mode="after")
    def is_assessed(self) -> Self:
        if self.rules and not self.impact_assessment_id.strip():
            text = "rules that weigh customers need the id of a personal-information impact assessment"
            raise PydanticCustomError("no_assessment", text)
        ids = [rule.rule_id for rule in self.rules]
        if len(set(ids)) < len(ids):
            raise PydanticCustomError("same_id", "each rule has an id of its own")
        return self
