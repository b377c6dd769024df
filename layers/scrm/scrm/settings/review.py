"""What a bank decides about review cases: the document of the topic ``review``, with the defaults the code ships."""

from datetime import timedelta
from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

TOPIC: Final = "review"

type Time = Annotated[timedelta, Field(ge=timedelta(hours=1), le=timedelta(days=90))]
type SeverityName = Literal["notice", "warning", "serious"]


class ReviewDocument(BaseModel):
    """Durations are ISO 8601 in JSON (``PT24H``), counted from when the case was opened."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    serious_due: Time = Field(default=timedelta(days=1), description="How long a serious hit may wait for its end.")
    warning_due: Time = Field(default=timedelta(days=3), description="The same for a warning.")
    notice_due: Time = Field(default=timedelta(days=7), description="The same for a notice, and for a sample.")
    complaint_due: Time = Field(
        default=timedelta(days=15), description="The same for a complaint, of whatever severity (R6)."
    )
    escalate_after: Time | None = Field(
        default=timedelta(days=1),
        description="A branch's case that is so long overdue goes to head office by itself; null: never.",
    )
    second_for: frozenset[SeverityName] = Field(
        default=frozenset({"serious"}), description="Severities whose cases always have a second reviewer."
    )
    second_share: float = Field(
        default=0.05, ge=0, le=1, description="Share of the other cases that have a second reviewer as well."
    )
    sample_share: float = Field(
        default=0.0005, ge=0, le=0.2, description="Share of messages without a hit that are looked at all the same."
    )

    @model_validator(mode="after")
    def what_is_worse_is_due_first(self) -> Self:
        if not self.serious_due <= self.warning_due <= self.notice_due:
            raise PydanticCustomError("due_order", "serious_due, warning_due and notice_due must not fall")
        return self
