"""What all families of the API say alike, on the wire; what one family says is in its own ``*_models``."""

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainSerializer, WithJsonSchema

from scrm import clock


def _with_zone(found: datetime) -> datetime:
    if found.tzinfo is None:
        raise ValueError("a time needs a zone")
    return found


Timestamp = Annotated[
    datetime,
    PlainSerializer(clock.to_iso, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-11-21T08:00:00.000Z"]}),
]
Moment = Annotated[datetime, AfterValidator(_with_zone)]
NodeText = Annotated[str, Field(pattern=r"^[0-9]{1,20}$")]


class Reply(BaseModel):
    model_config = ConfigDict(from_attributes=True, frozen=True, defer_build=True)


class Asked(BaseModel):
    """What a request may hold, and nothing else."""

    model_config = ConfigDict(extra="forbid", frozen=True, from_attributes=True, defer_build=True)


class ProblemField(Reply):
    """One invalid part: where it is (``query.limit``) and what kind of fault it has (``less_than_equal``)."""

    where: str
    kind: str


class Problem(Reply):
    """Problem details, RFC 9457. ``type`` is stable and meant for programs."""

    type: str = Field(examples=["urn:scrm:problem:not-found"])
    title: str
    status: int
    detail: str
    fields: list[ProblemField] | None = None


class Page(Reply):
    cursor: str | None = Field(description="Continues the list; null at its end. A page may be short, even empty.")
