"""The tasks' table on the embedded engine, and the fake by the same rules."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, Protocol

import pytest

from local.engine.emulator import Engine
from scrm.aws.table import Table
from scrm.aws.task_table import DynamoTaskTable
from scrm.paging import InvalidCursorError, Page
from scrm.runtime.task_joins import TaskPart
from scrm.tasks.model import Task, TaskKind, TaskState, task_id_of
from scrm.tasks.move import TaskMove
from scrm.tasks.ports import MOST_CHANGES_TOGETHER, TaskChange, TaskPages, TaskRepository
from scrm.tasks.work import MemberRename, TaskWork
from tests.fakes.tasks import START, FakeTasks, FakeTaskStaff

pytestmark = pytest.mark.engine
NAME = "tasks-alone"  # the template's has the same keys; other tests of the session may have left it behind
OWNER, TAKER = "rm_wang01", "rm_li02"


class TaskStore(TaskRepository, TaskPages, Protocol):
    """Both sides of the table."""


class Requests:
    """Names of the requests a client makes."""

    def __init__(self, client: Any) -> None:
        self.names: list[str] = []
        client.meta.events.register("before-call.dynamodb", self._note)

    def _note(self, model: Any, **_: Any) -> None:
        self.names.append(model.name)

    def taken(self) -> list[str]:
        names, self.names = self.names, []
        return names


@pytest.fixture(scope="module")
def client(engine: Engine) -> Iterator[Any]:
    client = engine.client("dynamodb")
    client.create_table(
        TableName=NAME,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk", "node_pk", "node_sk")
        ],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by_node",
                "KeySchema": [
                    {"AttributeName": "node_pk", "KeyType": "HASH"},
                    {"AttributeName": "node_sk", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
        ],
    )
    yield client
    client.delete_table(TableName=NAME)


@pytest.fixture
def table(client: Any) -> DynamoTaskTable:
    for item in client.scan(TableName=NAME)["Items"]:
        client.delete_item(TableName=NAME, Key={name: item[name] for name in ("pk", "sk")})
    return DynamoTaskTable(Table(client, NAME))


@pytest.fixture(params=["table", "fake"])
def store(request: pytest.FixtureRequest) -> TaskStore:
    if request.param == "fake":
        return FakeTasks()
    found: DynamoTaskTable = request.getfixturevalue("table")
    return found


def task_of(number: int, owner: str = OWNER, path: str = "/1/10/", subjects: Sequence[str] = ("wm1",)) -> Task:
    return Task(
        task_id=task_id_of(TaskKind.FOLLOW_UP, owner, str(number)),
        owner_userid=owner,
        kind=TaskKind.FOLLOW_UP,
        subject_ids=tuple(subjects),
        node_path=path,
        created_at=START,
        due_at=START + timedelta(hours=number),
    )


def stored(store: TaskStore, *tasks: Task) -> list[Task]:
    assert store.save([TaskChange(None, task) for task in tasks])
    return store.tasks([task.task_id for task in tasks])


def everything(first: Page[Task], more: Any) -> list[Task]:
    found, cursor = list(first.items), first.cursor
    while cursor:
        page = more(cursor)
        found, cursor = [*found, *page.items], page.cursor
    return found


def test_a_task_comes_back_as_it_was_stored(store: TaskStore) -> None:
    full = replace(
        task_of(1, subjects=("wm1", "wm2")),
        state=TaskState.DONE,
        done_by=TAKER,
        note="greeted",
        campaign_id="camp_1",
        ended_at=START,
        moved_ids=("wm3",),
    )

    assert stored(store, task_of(2), full) == [replace(task_of(2), version=1), replace(full, version=1)]


def test_tasks_come_in_the_order_asked_for_and_unknown_ones_are_left_out(store: TaskStore) -> None:
    first, second = stored(store, task_of(1), task_of(2))

    assert store.tasks([second.task_id, "task_none", first.task_id, second.task_id]) == [second, first]
    assert store.tasks([]) == []


def test_a_task_that_exists_is_not_stored_again(store: TaskStore) -> None:
    stored(store, task_of(1))

    assert not store.save([TaskChange(None, replace(task_of(1), note="other"))])
    assert not store.save([TaskChange(None, task_of(2)), TaskChange(None, task_of(1))])
    assert [task.task_id for task in store.open_tasks_of(OWNER)] == [task_of(1).task_id]


def test_a_task_that_moved_or_ended_is_not_stored_again_at_its_first_place(store: TaskStore) -> None:
    moved, ended = stored(store, task_of(1), task_of(2))
    store.save([TaskChange(moved, replace(moved, owner_userid=TAKER))])
    store.save([TaskChange(ended, ended.ended(TaskState.DONE, OWNER, "", START))])

    assert not store.save([TaskChange(None, task_of(1))])
    assert not store.save([TaskChange(None, task_of(2))])
    assert list(store.open_tasks_of(OWNER)) == []


@pytest.mark.parametrize("change", ["in place", "moved", "ended"])
def test_a_change_of_what_someone_else_wrote_since_is_refused(store: TaskStore, change: str) -> None:
    (read,) = stored(store, task_of(1))
    store.save([TaskChange(read, replace(read, subject_ids=("wm1", "wm2")))])
    wanted = {
        "in place": replace(read, note="mine"),
        "moved": replace(read, owner_userid=TAKER),
        "ended": read.ended(TaskState.DONE, OWNER, "", START),
    }[change]

    assert not store.save([TaskChange(read, wanted)])
    assert [task.subject_ids for task in store.tasks([read.task_id])] == [("wm1", "wm2")]


def test_changes_are_written_all_or_none(store: TaskStore) -> None:
    stale, fresh = stored(store, task_of(1), task_of(2))
    store.save([TaskChange(stale, replace(stale, note="other"))])

    refused = store.save([TaskChange(task, replace(task, owner_userid=TAKER)) for task in (fresh, stale)])

    assert not refused
    assert list(store.open_tasks_of(TAKER)) == []


def test_as_many_changes_as_allowed_fit_one_write(store: TaskStore) -> None:
    tasks = stored(store, *(task_of(number) for number in range(MOST_CHANGES_TOGETHER)))

    assert store.save([TaskChange(task, replace(task, owner_userid=TAKER)) for task in tasks])
    assert len(list(store.open_tasks_of(TAKER))) == MOST_CHANGES_TOGETHER


def test_open_tasks_come_earliest_due_first_and_ended_ones_are_not_among_them(store: TaskStore) -> None:
    later, ended, sooner, _ = stored(store, task_of(9), task_of(5), task_of(1), task_of(2, owner=TAKER))
    store.save([TaskChange(ended, ended.ended(TaskState.CANCELLED, OWNER, "", START))])

    assert list(store.open_tasks_of(OWNER)) == [sooner, later]
    assert len(store.some_tasks_of(OWNER, 10)) == 3
    assert len(store.some_tasks_of(OWNER, 2)) == 2


@pytest.mark.parametrize("limit", [1, 2, 50])
def test_a_members_tasks_are_listed_page_by_page(store: TaskStore, limit: int) -> None:
    tasks = stored(store, *(task_of(number) for number in (3, 1, 2, 4, 5)), task_of(1, owner=TAKER))
    for number, state in ((0, TaskState.DONE), (1, TaskState.CANCELLED), (2, TaskState.DONE)):
        at = START + timedelta(days=number)
        store.save([TaskChange(tasks[number], tasks[number].ended(state, OWNER, "", at))])

    def listed(state: TaskState) -> list[Task]:
        first = store.of_owner(OWNER, state, "", limit)
        return everything(first, lambda cursor: store.of_owner(OWNER, state, cursor, limit))

    assert [task.task_id for task in listed(TaskState.OPEN)] == [task_of(4).task_id, task_of(5).task_id]
    assert [task.task_id for task in listed(TaskState.DONE)] == [task_of(2).task_id, task_of(3).task_id]
    assert [task.task_id for task in listed(TaskState.CANCELLED)] == [task_of(1).task_id]


@pytest.mark.parametrize("limit", [1, 2, 50])
def test_a_nodes_tasks_are_listed_latest_due_first(store: TaskStore, limit: int) -> None:
    paths = ("/1/10/", "/1/10/12/", "/1/20/", "/1/10/13/", "/1/")
    tasks = stored(store, *(task_of(number, path=path) for number, path in enumerate(paths)))
    store.save([TaskChange(tasks[3], tasks[3].ended(TaskState.DONE, OWNER, "", START))])

    def listed(path: str, state: TaskState = TaskState.OPEN) -> list[str]:
        first = store.of_node(path, state, "", limit)
        found = everything(first, lambda cursor: store.of_node(path, state, cursor, limit))
        return [task.node_path for task in found]

    assert listed("/1/10/") == ["/1/10/12/", "/1/10/"]
    assert listed("/1/10/12/") == ["/1/10/12/"]
    assert listed("/1/10/", TaskState.DONE) == ["/1/10/13/"]
    assert listed("/1/") == ["/1/"]


def test_a_cursor_of_another_list_is_refused(store: TaskStore) -> None:
    stored(store, *(task_of(number) for number in range(3)))
    of_owner = store.of_owner(OWNER, TaskState.OPEN, "", 1).cursor or ""
    of_node = store.of_node("/1/10/", TaskState.OPEN, "", 1).cursor or ""

    with pytest.raises(InvalidCursorError):
        store.of_owner(TAKER, TaskState.OPEN, of_owner, 1)
    with pytest.raises(InvalidCursorError):
        store.of_node("/1/20/", TaskState.OPEN, of_node, 1)


def test_use_cases_work_on_the_table(table: DynamoTaskTable) -> None:
    work, part = TaskWork(table, FakeTaskStaff()), TaskPart(TaskMove(table, FakeTaskStaff()))
    for number in range(40):
        subjects = [f"wm{number}", f"wm{number + 100}"]
        work.create(OWNER, TaskKind.FOLLOW_UP, subjects, "/1/10/", START, START, cause=[str(number)])

    contents = part.collect(OWNER, [f"wm{number}" for number in range(120)])
    moved = part.apply(TAKER, contents, "attempt_1")
    again = part.apply(TAKER, contents, "attempt_1")
    renamed = MemberRename(table).rename(TAKER, "rm_li_new")

    assert (moved.written, again.written, renamed) == (40, 0, 40)
    assert len(list(table.open_tasks_of(OWNER))) == 20
    assert len(list(table.open_tasks_of("rm_li_new"))) == 40


def test_collecting_the_tasks_of_a_hundred_customers_is_one_request(client: Any, table: DynamoTaskTable) -> None:
    tasks = [task_of(number, subjects=(f"wm{number}",)) for number in range(120)]
    for first in range(0, 120, MOST_CHANGES_TOGETHER):
        stored(table, *tasks[first : first + MOST_CHANGES_TOGETHER])
    part, requests = TaskPart(TaskMove(table, FakeTaskStaff())), Requests(client)

    contents = part.collect(OWNER, [f"wm{number}" for number in range(100)])
    collecting = requests.taken()
    part.apply(TAKER, contents, "attempt_1")
    moving = requests.taken()

    assert len(contents) == 100
    assert collecting == ["Query"]
    assert moving == ["BatchGetItem"] * 2 + ["TransactWriteItems"] * 7
