"""Contact pressure on the wire."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from scrm.pressure.exceptions import ExceptionScope, PressureException
from scrm.pressure.model import PressureClass
from scrm.runtime.http.wire import Asked, Page, Reply, Timestamp
from scrm.settings.pressure import PressureDocument
from scrm.two_persons import RequestState

type CappedClass = Literal[PressureClass.PUSH, PressureClass.MOMENTS, PressureClass.GROUP]


class WeekPressure(Reply):
    """One class in one ISO week of Shanghai."""

    week: str = Field(examples=["2026-W53"])
    pressure_class: PressureClass
    held: int = Field(description="Messages that may still be confirmed in this week.")
    settled: int = Field(description="Messages the customer got in this week.")


class CustomerPressure(Reply):
    """Last week, this one and those to come; what was a week before that, his exposure history tells."""

    external_userid: str
    owner_userid: str
    caps: dict[PressureClass, int] = Field(description="The weekly caps that hold for this customer now.")
    weeks: list[WeekPressure]


class CapException(Reply):
    """A request for a higher weekly cap, and what became of it."""

    exception_id: str
    scope: ExceptionScope
    subject_id: str = Field(description="The customer's external_userid, or the campaign's id.")
    pressure_class: PressureClass
    weekly_cap: int
    valid_until: Timestamp
    reason: str
    state: RequestState
    requested_by: str
    requested_at: Timestamp
    decided_by: str
    decided_at: Timestamp | None
    note: str = Field(description="Why it was rejected or revoked.")

    @classmethod
    def of(cls, found: PressureException) -> "CapException":
        wanted = {name: getattr(found.wanted, name) for name in found.wanted.__slots__}
        own = ("exception_id", "state", "requested_by", "requested_at", "decided_by", "decided_at", "note")
        return cls(**wanted, **{name: getattr(found, name) for name in own})


class ExceptionPage(Page):
    items: list[CapException]


class ExceptionRequest(Asked):
    """Names whom the cap shall be raised for, how far, until when and why."""

    scope: ExceptionScope
    subject_id: Annotated[str, Field(min_length=1, max_length=64)]
    pressure_class: CappedClass = PressureClass.PUSH
    weekly_cap: Annotated[int, Field(ge=1, le=50)]
    valid_until: AwareDatetime
    reason: Annotated[str, Field(min_length=1, max_length=500)]


class DecisionNote(Asked):
    """Why an exception is rejected or revoked."""

    note: Annotated[str, Field(min_length=1, max_length=500)]


class PressureSettings(Reply):
    """What is in force for contact pressure; a process takes up a change within a minute."""

    version: int = Field(description="Rises with every change, 0 before the first; a change names the one it replaces.")
    is_valid: bool = Field(description="False: what is stored does not fit, the defaults are shown; store it anew.")
    given: list[str] = Field(description="The fields that the bank decided; the others have the defaults of the code.")
    settings: PressureDocument


class PressureSettingsRequest(Asked):
    """The whole document: a field that is left out takes its default, now and after an upgrade."""

    version: int = Field(ge=0, description="The version that was read; another one in force answers 409.")
    settings: PressureDocument
