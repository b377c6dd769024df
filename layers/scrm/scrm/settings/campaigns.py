"""What a bank decides about campaigns: the document of the topic ``campaigns``, with the defaults the code ships."""

from datetime import time, timedelta
from itertools import pairwise
from typing import Annotated, Final, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

TOPIC: Final = "campaigns"
_DAY: Final = timedelta(days=1)


def _rising(found: tuple[timedelta, ...]) -> tuple[timedelta, ...]:
    if any(later <= earlier for earlier, later in pairwise(found)):
        raise PydanticCustomError("rising", "each time must be later than the one before")
    return found


def _local(found: time) -> time:
    if found.tzinfo is not None:
        raise PydanticCustomError("local_time", "a time of day in Shanghai has no zone")
    return found


type TimeOfDay = Annotated[time, AfterValidator(_local)]


def _days(found: tuple[int, ...]) -> tuple[int, ...]:
    if not set(found) <= set(range(1, 8)) or len(set(found)) < len(found):
        raise PydanticCustomError("weekdays", "weekdays are 1 (Monday) to 7 (Sunday), each once")
    return found


class NodeHours(BaseModel):
    """When the members at or below a node work; times of day are Shanghai's."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    begins: TimeOfDay
    ends: TimeOfDay
    weekdays: Annotated[tuple[int, ...], AfterValidator(_days)] = Field(
        default=(1, 2, 3, 4, 5, 6, 7), min_length=1, description="1 is Monday."
    )

    @model_validator(mode="after")
    def _in_one_day(self) -> Self:
        if self.begins >= self.ends:
            raise PydanticCustomError("hours", "working hours begin before they end, on the same day")
        return self


class CampaignDocument(BaseModel):
    """Durations are ISO 8601 in JSON (``PT2H``), times of day are Shanghai's (``21:00``)."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    sending_stopped: bool = Field(
        default=False,
        description="The bank's kill switch: while it is on no campaign sends anything new, from a minute later on, "
        "and what waits with members is taken back.",
    )
    moved_percent: int = Field(
        default=10,
        ge=0,
        le=100,
        description="An audience that moved by more since its approval sends the campaign back to its maker.",
    )
    quiet_from: TimeOfDay = Field(
        default=time(21, 0),
        description="From then on no member is asked to send; what waits is taken back. Equal times: no quiet hours.",
    )
    quiet_until: TimeOfDay = Field(default=time(8, 0), description="When the quiet hours end.")
    working_hours: dict[Annotated[str, Field(pattern=r"^[0-9]{1,20}$")], NodeHours] = Field(
        default_factory=dict,
        max_length=5_000,
        description="Working hours by node id, for the members at or below it: nobody is asked to send outside them.",
    )
    reminders: Annotated[
        tuple[Annotated[timedelta, Field(gt=timedelta(0), le=14 * _DAY)], ...], AfterValidator(_rising)
    ] = Field(
        default=(timedelta(hours=2), timedelta(hours=4), timedelta(hours=8)),
        max_length=10,
        description="When a member who has not confirmed is reminded; WeCom takes three a day.",
    )
    horizon: timedelta = Field(
        default=35 * _DAY,
        ge=35 * _DAY,
        le=180 * _DAY,
        description="How long WeCom is asked for corrections of results.",
    )
    seeds: int = Field(default=20, ge=1, le=100, description="Customers of a test send at most.")
