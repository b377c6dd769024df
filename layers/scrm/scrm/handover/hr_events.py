"""HR's words about staff, as the bank's HR system puts them on the bus (source ``bank.*``; S61).

``userid``s are WeCom's. Days are days in Shanghai. A later event about the same member corrects an earlier one;
`StaffChangeCancelled` takes it back. Unknown fields are ignored.
"""

from datetime import date
from typing import Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from scrm.handover.model import ChangeKind
from scrm.handover.userid import Userid

MOST_SUCCESSORS = 100


class HrEvent(BaseModel):
    """What every event about a member carries. ``successor_userids`` in the order of preference.

    ``actor``: who entered it, by the ``sub`` of his token for the admin API, if HR's system knows; he made the plan
    that follows from it and may not approve it.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    schema_version: Literal[1] = 1
    event_id: str = Field(min_length=1, max_length=128)
    occurred_at: AwareDatetime
    corp_id: str = Field(min_length=1)
    userid: Userid
    reason: str = Field("", max_length=500)
    actor: str = Field("", max_length=200, pattern=r"^[!-~]*$")


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

    ``customers_stay`` and ``groups_stay`` say what he takes along to the new post.
    """

    effective_on: date | None = None
    customers_stay: bool = False
    groups_stay: bool = False


class StaffChangeCancelled(HrEvent):
    """HR takes a change back."""

    change: ChangeKind


HR_EVENTS: dict[str, type[HrEvent]] = {
    model.__name__: model for model in (StaffDeparting, StaffDeparted, StaffTransferred, StaffChangeCancelled)
}
