"""HR's words about staff, as the bank's HR system puts them on the bus (source ``bank.*``; S61).

``userid``s are WeCom's. Days are days in Shanghai. A later event about the same member corrects an earlier one;
`StaffChangeCancelled` takes it back. Unknown fields are ignored.
"""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from scrm.handover.model import ChangeKind
from scrm.handover.userid import MOST_SUCCESSORS, Userid


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


def _in_words(stay: object) -> object:
    """Earlier events said only whether all stay."""
    return {True: "all", False: "none"}[stay] if isinstance(stay, bool) else stay


class StaffTransferred(_WithSuccessors):
    """A member gets another branch or post from ``effective_on`` on.

    ``customers_stay``: ``none`` all are handed over, ``all`` nobody is, ``tiers`` those of ``staying_tiers`` stay with
    him in the new post. ``groups_stay``: he takes his group chats along.
    """

    effective_on: date | None = None
    customers_stay: Annotated[Literal["none", "all", "tiers"], BeforeValidator(_in_words)] = "none"
    staying_tiers: tuple[str, ...] = Field((), max_length=50)
    groups_stay: bool = False

    @model_validator(mode="after")
    def _tiers_are_named(self) -> Self:
        if (self.customers_stay == "tiers") != bool(self.staying_tiers):
            raise PydanticCustomError("staying_tiers", "name staying_tiers with customers_stay = tiers, and only then")
        return self


class StaffOnLeave(_WithSuccessors):
    """A member is away from ``first_day`` to ``last_day``, without one until he is back.

    ``cover_userid`` acts for him; without one his branch's manager does. ``hand_over``: whether his customers get
    another owner; without a word the length decides (`HandoverSettings.leave_cover_days`, decision 0024), and an open
    end hands nobody over.
    """

    first_day: date
    last_day: date | None = None
    cover_userid: Userid | None = None
    hand_over: bool | None = None

    @model_validator(mode="after")
    def _days_are_in_order(self) -> Self:
        if self.last_day is not None and self.last_day < self.first_day:
            raise PydanticCustomError("days", "last_day is before first_day")
        return self


class StaffReturned(HrEvent):
    """A member is back from leave, earlier or later than was said; ``returned_on`` is his first day back."""

    returned_on: date | None = None


class StaffChangeCancelled(HrEvent):
    """HR takes a change back, or a ``leave`` that has not begun."""

    change: ChangeKind | Literal["leave"]


HR_EVENTS: dict[str, type[HrEvent]] = {
    model.__name__: model
    for model in (StaffDeparting, StaffDeparted, StaffTransferred, StaffOnLeave, StaffReturned, StaffChangeCancelled)
}
