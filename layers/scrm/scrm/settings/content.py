"""What a bank decides about content: the document of the topic ``content``, with the defaults the code ships."""

from datetime import timedelta
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

TOPIC: Final = "content"

type Phrase = Annotated[str, Field(min_length=2, max_length=64)]

STANDARD_CLAIMS: Final = (
    "保本",
    "保息",
    "保收益",
    "保证收益",
    "承诺收益",
    "确保收益",
    "无风险",
    "零风险",
    "没有风险",
    "稳赚",
    "稳赚不赔",
    "只赚不赔",
    "包赚",
    "刚性兑付",
    "刚兑",
    "百分百收益",
    "100%收益",
    "最高收益",
    "预期收益率",
    "内部产品",
    "guaranteed return",
    "guaranteed principal",
    "risk-free",
    "no risk",
    "zero risk",
)
STANDARD_WARNINGS: Final = (
    "不保本",
    "非保本",
    "不保证本金",
    "不保证收益",
    "不承诺收益",
    "不承诺保本",
    "不承诺保收益",
    "不代表没有风险",
    "并非无风险",
    "not risk-free",
    "no guaranteed return",
)


class ContentDocument(BaseModel):
    """Durations are ISO 8601 in JSON (``P366D``). WeCom's own limits are not the bank's to set and are not here."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    banned_claims: tuple[Phrase, ...] = Field(
        default=STANDARD_CLAIMS,
        max_length=2_000,
        description="Claims that block approval; width, case, spaces and punctuation do not matter.",
    )
    allowed_phrases: tuple[Phrase, ...] = Field(
        default=STANDARD_WARNINGS, max_length=2_000, description="Phrases that are no claim, such as a warning."
    )
    label_in_text: bool = Field(
        default=True, description="Whether every variant's text has to hold the compliance label."
    )
    longest_validity: timedelta = Field(
        default=timedelta(days=366), gt=timedelta(0), le=timedelta(days=1096), description="How long content may run."
    )
