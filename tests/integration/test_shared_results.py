"""A node's share of a campaign page by page, over the template's tables."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from scrm.aws import session, shared_results
from scrm.aws.campaign_table import DynamoCampaignStore
from scrm.aws.send_task_table import DynamoTaskRepository
from scrm.aws.shared_results import DynamoSharedResults
from scrm.aws.table import Table
from scrm.campaign.model import Campaign
from scrm.campaign.stopping import TaskTallies
from scrm.campaign.task import RecipientState, SendPlan, SendTask
from scrm.campaign.terms import Channel, ContentRef
from scrm.paging import InvalidCursorError, Page
from tests.engine import EngineTables
from tests.fakes.campaigns import MAKER, NOW, definition

pytestmark = pytest.mark.engine
PLAN = SendPlan("camp_1", "all", Channel.ONE_TO_ONE, ContentRef("act_1", 1), NOW, NOW + timedelta(days=30))
BRANCH, TEAM = "/1/10/", "/1/10/11/"


@dataclass
class Places:
    """Where members are now; who is not in it left."""

    paths: dict[str, str] = field(default_factory=dict)

    def paths_of(self, userids: list[str]) -> Mapping[str, str]:
        return {userid: self.paths[userid] for userid in userids if userid in self.paths}


@pytest.fixture
def table(tables: EngineTables) -> Table:
    session.reset()
    return Table(tables.client, tables.names["SendTaskTable"])


@pytest.fixture
def tasks(table: Table) -> dict[str, list[SendTask]]:
    """By node path: 30 tasks of the team, 10 of another one of the branch, 40 of a branch beside it; two were moved."""
    found: dict[str, list[SendTask]] = {}
    for path, owners in ((TEAM, 30), ("/1/10/12/", 10), ("/1/100/11/", 40), ("", 2)):
        name = path.replace("/", "_") or "moved"
        found[path] = [
            task
            for owner in range(owners)
            for task in PLAN.tasks_of(f"rm{name}{owner}", [f"wm{name}{owner}_{number}" for number in range(3)], path)
        ]
    team = found[TEAM]
    team[0] = team[0].ended_as(RecipientState.SENT, team[0].target_ids[:2], NOW)
    DynamoTaskRepository(table).put_planned([task for part in found.values() for task in part])
    return found


def everything[Row](page_of: Callable[[str | None], Page[Row]], limit: int) -> list[Row]:
    found: list[Row] = []
    cursor: str | None = None
    while True:
        page = page_of(cursor)
        assert len(page.items) <= limit
        found += page.items
        cursor = page.cursor
        if cursor is None:
            return found


def ids_of(*parts: list[SendTask]) -> list[str]:
    return sorted(task.task_id for part in parts for task in part)


@pytest.mark.parametrize("limit", [1, 7, 100])
def test_every_task_of_the_node_is_on_one_page_and_no_other(
    table: Table, tasks: dict[str, list[SendTask]], limit: int
) -> None:
    shared = DynamoSharedResults(table, BRANCH, Places({"rmmoved0": TEAM, "rmmoved1": "/1/100/"}))

    found = everything(lambda cursor: shared.tasks("camp_1", cursor, limit), limit)

    came = [task for task in tasks[""] if task.owner_userid == "rmmoved0"]
    assert sorted(one.task_id for one in found) == ids_of(tasks[TEAM], tasks["/1/10/12/"], came)


@pytest.mark.parametrize("limit", [2, 5])
def test_every_customer_of_the_node_is_on_one_page_and_no_other(
    table: Table, tasks: dict[str, list[SendTask]], limit: int
) -> None:
    shared = DynamoSharedResults(table, TEAM, Places())

    found = everything(lambda cursor: shared.recipients("camp_1", cursor, limit), limit)

    assert sorted(one.target_id for one in found) == sorted(one for task in tasks[TEAM] for one in task.target_ids)
    assert sum(one.state is RecipientState.SENT for one in found) == 2


def test_a_small_node_is_found_among_many_within_a_few_reads_a_page(
    table: Table, tasks: dict[str, list[SendTask]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_results, "_MOST_READS", 2)
    monkeypatch.setattr(shared_results, "_TOGETHER", 3)
    shared = DynamoSharedResults(table, "/1/10/12/", Places())

    found = everything(lambda cursor: shared.tasks("camp_1", cursor, 2), 2)
    customers = everything(lambda cursor: shared.recipients("camp_1", cursor, 2), 2)

    assert sorted(one.task_id for one in found) == ids_of(tasks["/1/10/12/"])
    assert len({one.target_id for one in customers}) == len(customers) == 30


def test_the_shares_of_all_branches_add_up_to_the_whole(table: Table, tasks: dict[str, list[SendTask]]) -> None:
    places = Places({"rmmoved0": TEAM, "rmmoved1": "/1/100/"})

    def planned(path: str) -> int:
        return TaskTallies(DynamoSharedResults(table, path, places), lambda: NOW).results("camp_1").tally.planned

    whole = TaskTallies(DynamoTaskRepository(table), lambda: NOW).results("camp_1").tally.planned
    assert (planned(BRANCH), planned("/1/100/")) == (123, 123)
    assert planned(BRANCH) + planned("/1/100/") == whole


def test_a_cursor_of_another_node_is_refused(table: Table, tasks: dict[str, list[SendTask]]) -> None:
    cursor = DynamoSharedResults(table, BRANCH, Places()).tasks("camp_1", None, 1).cursor

    with pytest.raises(InvalidCursorError):
        DynamoSharedResults(table, TEAM, Places()).tasks("camp_1", cursor, 1)


def test_campaigns_of_the_nodes_above_are_listed_when_they_have_begun(tables: EngineTables) -> None:
    session.reset()
    store = DynamoCampaignStore(Table(tables.client, tables.names["CampaignTable"]))
    wanted = [
        ("root-old", "/1/", 0, "snap"),
        ("root-new", "/1/", 5, "snap"),
        ("root-draft", "/1/", 6, ""),
        ("branch", BRANCH, 1, "snap"),
        ("own", TEAM, 2, "snap"),
        ("beside", "/1/100/", 3, "snap"),
        ("other-team", "/1/10/12/", 4, "snap"),
    ]
    for name, path, minutes, snapshot in wanted:
        made = Campaign(name, definition(), path, MAKER, NOW + timedelta(minutes=minutes))
        store.save(replace(made, snapshot_id=snapshot))
    store.save(replace(Campaign("test", definition(), "/1/", MAKER, NOW, test_of="root-old"), snapshot_id="snap"))

    def above(path: str) -> list[str]:
        return [one.campaign_id for one in everything(lambda cursor: store.above(path, cursor, 2), 2)]

    assert above(TEAM) == ["root-new", "root-old", "branch"]
    assert above(BRANCH) == ["root-new", "root-old"]
    assert above("/1/") == []
