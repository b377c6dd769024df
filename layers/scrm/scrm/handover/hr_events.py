"""HR's words about staff, as the bank's HR system puts them on the bus (source ``bank.*``; S61).

``userid``s are WeCom's. Days are days in Shanghai. A later event about the same member corrects an earlier one;
`StaffChangeCancelled` takes it back. Unknown fields are ignored.
"""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from scrm import ids
from scrm.handover.model import ChangeKind

MOST_SUCCESSORS = 100

type Userid = Annotated[
    str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.@-]*$"), AfterValidator(ids.fold_userid)
]


class HrEvent(BaseModel):
    """What every event about a member carries. ``successor_userids`` in the order of preference."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    schema_version: Literal[1] = 1
    event_id: str = Field(min_length=1, max_length=128)
    occurred_at: AwareDatetime
    corp_id: str = Field(min_length=1)
    userid: Userid
    reason: str = Field("", max_length=500)


class _WithSuccessors(HrEvent):
    successor_userid: Userid | None = None
    successor_userids: tuple[Userid, ...] = Field((), max_length=MOST_SUCCESSORS)

    @property
    def successors(self) -> tuple[str, ...]:
        first = (self.successor_userid,) if self.successor_userid else ()
        return tuple(dict.fromkeys((*first, *self.successor_userids)))

    @model_validator(mode="after")
    def _successor_is_someone_else(self) -> Self:
        if self.userid in self.successors:
            raise PydanticCustomError("self_handover", "a successor is the member himself; name somebody else")
        return self


class StaffDeparting(_WithSuccessors):
    """A member will leave the bank; ``last_day`` is his last working day."""

    last_day: date


class StaffDeparted(_WithSuccessors):
    """A member has left the bank."""

    last_day: date | None = None


class StaffTransferred(_WithSuccessors):
    """A member gets another branch or post from ``effective_on`` on.

    ``customers_stay``: ``none`` all are handed over, ``all`` nobody is, ``tiers`` those of ``staying_tiers`` stay.
    """

    effective_on: date | None = None
    to_node_id: str = Field("", max_length=64)
    customers_stay: Literal["none", "all", "tiers"] = "none"
    staying_tiers: tuple[str, ...] = ()
    groups_stay: bool = False

    @model_validator(mode="after")
    def _tiers_are_named(self) -> Self:
        if (self.customers_stay == "tiers") != bool(self.staying_tiers):
            raise PydanticCustomError("staying_tiers", "staying_tiers goes with customers_stay = tiers, and only with it")
        return self


class StaffOnLeave(_WithSuccessors):
    """A member is away from ``first_day`` to ``last_day``; ``cover_userid`` acts for him."""

    first_day: date
    last_day: date
    cover_userid: Userid | None = None

    @model_validator(mode="after")
    def _days_are_in_order(self) -> Self:
        if self.last_day < self.first_day:
            raise PydanticCustomError("days", "last_day is before first_day")
        if self.cover_userid == self.userid:
            raise PydanticCustomError("self_cover", "cover_userid is the member himself; name somebody else")
        return self


class StaffReturned(HrEvent):
    """A member is back from leave, earlier or later than was said."""

    returned_on: date | None = None


class StaffChangeCancelled(HrEvent):
    """HR takes a change back."""

    change: ChangeKind


HR_EVENTS: dict[str, type[HrEvent]] = {
    model.__name__: model
    for model in (StaffDeparting, StaffDeparted, StaffTransferred, StaffOnLeave, StaffReturned, StaffChangeCancelled)
}
