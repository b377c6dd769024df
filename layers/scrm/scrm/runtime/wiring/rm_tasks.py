"""Joins the members' own tasks as a channel of campaigns."""

from scrm import clock
from scrm.aws.org_table import DynamoOrgRepository
from scrm.aws.task_table import DynamoTaskTable
from scrm.campaign.ports import MassMessages
from scrm.runtime.rm_task_joins import RmTaskMessages
from scrm.runtime.task_joins import OrgTaskPlaces
from scrm.runtime.wiring.tables import table


def messages() -> MassMessages:
    return RmTaskMessages(DynamoTaskTable(table("TASKS_TABLE")), clock.now)


def messages_with_places() -> MassMessages:
    places = OrgTaskPlaces(DynamoOrgRepository(table("ORG_TABLE")))
    return RmTaskMessages(DynamoTaskTable(table("TASKS_TABLE")), clock.now, places)
