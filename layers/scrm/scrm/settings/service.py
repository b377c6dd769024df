"""What the bank counts as good service: the document of the topic ``service``, with the code's defaults (S69)."""

from datetime import date, time, timedelta
from typing import Annotated, Final, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

TOPIC: Final = "service"

type Days = Annotated[tuple[date, ...], Field(max_length=400)]


class ServiceDocument(BaseModel):
    """Branches are open from ``opens`` to ``closes`` in Shanghai, Monday to Friday; durations as in ISO 8601."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    opens: time = Field(default=time(9), description="Time before it is not held against a member.")
    closes: time = Field(default=time(18), description="Nor is time after it.")
    holidays: Days = Field(default=(), description="Closed, whatever weekday they are.")
    working_weekends: Days = Field(default=(), description="Weekend days on which branches are open.")
    answer_within: Annotated[timedelta, Field(gt=timedelta(0), le=timedelta(days=7))] = Field(
        default=timedelta(minutes=30), description="An answer within this open time counts for the reply rate."
    )
    horizon_days: Annotated[int, Field(ge=0, le=7)] = Field(
        default=1, description="So many days after its own an inquiry may be answered; then it is unanswered."
    )

    @model_validator(mode="after")
    def opens_before_it_closes(self) -> Self:
        if self.closes <= self.opens or self.opens.tzinfo or self.closes.tzinfo:
            raise PydanticCustomError("never_open", "opens must lie before closes, both without a zone")
        return self
