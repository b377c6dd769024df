"""What a bank decides about contact pressure: the document of the topic ``pressure``, with the code's defaults."""

from datetime import timedelta
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

TOPIC: Final = "pressure"

type WeeklyCap = Annotated[int, Field(ge=0, le=50)]


class PressureDocument(BaseModel):
    """Durations are ISO 8601 in JSON (``P30D``). Service messages have no cap."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    pushes_per_week: WeeklyCap = Field(
        default=2, description="One-to-one mass messages a customer gets in an ISO week at most, whoever sends (S39)."
    )
    moments_per_week: WeeklyCap = Field(default=7, description="Moments shown to a customer in an ISO week at most.")
    group_posts_per_week: WeeklyCap = Field(default=3, description="Posts to a customer group in an ISO week at most.")
    most_by_exception: WeeklyCap = Field(default=5, description="No exception raises a weekly cap above this.")
    longest_exception: Annotated[timedelta, Field(gt=timedelta(0), le=timedelta(days=366))] = Field(
        default=timedelta(days=30), description="No exception lasts longer."
    )
