"""Leaves and covers on the wire."""

from datetime import date
from typing import Self

from pydantic import Field

from scrm.org.model import LeaveState
from scrm.org.queries import CoverRow
from scrm.runtime.cover_views import CoverDetail
from scrm.runtime.http.models import Case
from scrm.runtime.http.task_models import Task
from scrm.runtime.http.wire import Page, Reply, Timestamp


class Cover(Reply):
    """HR's latest word on a member's leave; days are days in Shanghai."""

    userid: str
    cover_userid: str = Field(description="Who acts for the member meanwhile; empty when nobody does.")
    state: LeaveState
    first_day: date
    last_day: date | None = Field(description="The last day of the leave; null: until he is back.")
    returned_on: date | None = Field(description="His first day back, once HR told of his return.")
    told_at: Timestamp = Field(description="When HR said so.")
    node_id: str = Field(description="Where the member belongs now.")

    @classmethod
    def of(cls, row: CoverRow, today: date) -> Self:
        return cls.model_validate(_fields(row, today))


class CoverPage(Page):
    """Leaves of today and later, those that end first come first."""

    items: list[Cover]


class MemberCover(Cover):
    """A leave with what goes to who acts for the member; lists hold what is among the first 100 of each kind."""

    acting_userid: str = Field(description="Who acts today: the member himself, a cover, or nobody when empty.")
    open_tasks: list[Task] = Field(description="Tasks of the member that the cover may end, earliest due first.")
    ended_tasks: list[Task] = Field(description="Tasks of the member that somebody else ended in these days.")
    cases: list[Case] = Field(
        description="Cases that wait for an approval or a person where the member is the manager: who acts is told."
    )
    is_whole: bool = Field(description="Whether no list was longer than what was looked at.")

    @classmethod
    def of_detail(cls, found: CoverDetail, today: date) -> Self:
        lists = ("open_tasks", "ended_tasks", "cases")
        more = {name: list(getattr(found, name)) for name in lists}
        return cls.model_validate(
            {**_fields(found.row, today), **more, "acting_userid": found.acting_userid, "is_whole": found.is_whole}
        )


def _fields(row: CoverRow, today: date) -> dict[str, object]:
    cover = row.cover
    return {
        "userid": cover.userid,
        "cover_userid": cover.cover_userid,
        "state": cover.state_on(today),
        "first_day": cover.first_day,
        "last_day": cover.last_day,
        "returned_on": cover.returned_on,
        "told_at": cover.said_at,
        "node_id": row.node_id,
    }
