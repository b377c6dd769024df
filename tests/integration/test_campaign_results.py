"""A campaign's tasks and customers page by page, over the template's table."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from scrm.aws import session
from scrm.aws.campaign_results import DynamoCampaignResults
from scrm.aws.send_task_table import DynamoTaskRepository
from scrm.aws.table import Table
from scrm.campaign.stopping import TaskTallies
from scrm.campaign.task import RecipientState, SendPlan, SendTask
from scrm.campaign.terms import Channel, ContentRef
from scrm.paging import InvalidCursorError, Page
from tests.engine import EngineTables
from tests.fakes.campaigns import NOW

pytestmark = pytest.mark.engine
PLAN = SendPlan("camp_1", "all", Channel.ONE_TO_ONE, ContentRef("act_1", 1), NOW, NOW + timedelta(days=30))


@pytest.fixture
def table(tables: EngineTables) -> Table:
    session.reset()
    return Table(tables.client, tables.names["SendTaskTable"])


@pytest.fixture
def tasks(table: Table) -> list[SendTask]:
    """Twenty owners with seven customers each; of the first one three are left out and one was handed on."""
    found = [
        task
        for owner in range(20)
        for task in PLAN.tasks_of(f"rm_{owner:02d}", [f"wm_{owner:02d}_{number}" for number in range(7)])
    ]
    first = found[0].ended_as(RecipientState.EXCLUDED, found[0].target_ids[:3], NOW, "holdout")
    found[0] = first.ended_as(RecipientState.MOVED, found[0].target_ids[3:4], NOW, "send_elsewhere")
    DynamoTaskRepository(table).put_planned(found)
    return found


def everything[Row](page_of: Callable[[str | None], Page[Row]]) -> list[Row]:
    found: list[Row] = []
    cursor: str | None = None
    while True:
        page = page_of(cursor)
        found += page.items
        cursor = page.cursor
        if cursor is None:
            return found


def test_every_task_is_on_one_page(table: Table, tasks: list[SendTask]) -> None:
    results = DynamoCampaignResults(table)

    found = everything(lambda cursor: results.tasks("camp_1", cursor, 3))

    assert sorted(one.task_id for one in found) == sorted(task.task_id for task in tasks)
    (first,) = [one for one in found if one.task_id == tasks[0].task_id]
    assert (first.counts, first.excluded) == ({"excluded": 3, "pending": 3}, {"holdout": 3})


def test_every_customer_is_on_one_page_where_he_has_his_state(table: Table, tasks: list[SendTask]) -> None:
    results = DynamoCampaignResults(table)

    found = everything(lambda cursor: results.recipients("camp_1", cursor, 5))

    wanted = {one for task in tasks for one in task.target_ids} - {"wm_00_3"}
    assert sorted(one.target_id for one in found) == sorted(wanted)
    assert {one.reason for one in found if one.state is RecipientState.EXCLUDED} == {"holdout"}


def test_a_cursor_of_another_list_is_refused(table: Table, tasks: list[SendTask]) -> None:
    results = DynamoCampaignResults(table)
    cursor = results.tasks("camp_1", None, 1).cursor

    with pytest.raises(InvalidCursorError):
        results.recipients("camp_1", cursor, 1)
    with pytest.raises(InvalidCursorError):
        results.tasks("camp_2", cursor, 1)


def test_the_sums_are_those_of_the_tasks(table: Table, tasks: list[SendTask]) -> None:
    found = TaskTallies(DynamoTaskRepository(table), lambda: NOW).results("camp_1")

    assert (found.tasks, found.tally.planned, found.tally.pending) == (20, 139, 136)
    assert (found.excluded, found.tally.by_state) == ({"holdout": 3}, {"excluded": 3})
