"""Joins the members' own tasks as a channel of campaigns."""

from typing import TYPE_CHECKING

from scrm import clock
from scrm.aws.org_table import DynamoOrgRepository
from scrm.campaign.ports import MassMessages
from scrm.runtime.rm_task_joins import RmTaskMessages
from scrm.runtime.task_joins import OrgTaskPlaces
from scrm.runtime.wiring.tables import table
from scrm.runtime.wiring.told_tasks import told_tasks

if TYPE_CHECKING:
    from scrm.campaign.member_messages import MemberWords


def messages() -> MassMessages:
    return RmTaskMessages(told_tasks(), clock.now, tell=_tell)


def _tell(userid: str, words: "MemberWords") -> None:
    from scrm.runtime.wiring import member_messages  # noqa: PLC0415 - most looks remind nobody

    member_messages.calls().tell(userid, words)


def messages_with_places() -> MassMessages:
    places = OrgTaskPlaces(DynamoOrgRepository(table("ORG_TABLE")))
    return RmTaskMessages(told_tasks(), clock.now, places)
