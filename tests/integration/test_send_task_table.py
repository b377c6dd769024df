"""The send tasks' table on the embedded engine, and the fake by the same rules."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from local.engine.emulator import Engine
from scrm.aws.send_task_table import DynamoTaskRepository
from scrm.aws.table import Table
from scrm.campaign import task_steps
from scrm.campaign.dispatch_errors import CallInDoubtError, StaleTaskError
from scrm.campaign.dispatch_settings import DispatchSettings
from scrm.campaign.ports import MOST_SUCCESSORS, AcceptedMessage, TaskRepository
from scrm.campaign.task import (
    MOST_CUSTOMERS,
    CancelCause,
    Need,
    RecipientState,
    Result,
    SendPlan,
    SendTask,
    TaskState,
)
from scrm.campaign.terms import Channel
from tests.fakes.dispatch import CAMPAIGN, CONTENT, FAR, START, FakeTasks

pytestmark = pytest.mark.engine
NAME = "send-tasks-alone"
OWNER = "rm_li"
SETTINGS = DispatchSettings()
INDEXES = {"by_due": ("due_pk", "due_at"), "by_campaign": ("campaign_pk", "pk"), "by_owner": ("owner_pk", "owner_sk")}
HOUR = timedelta(hours=1)


def planned(count: int = 3, owner: str = OWNER, first: int = 0) -> SendTask:
    plan = SendPlan(CAMPAIGN, "pilot", Channel.ONE_TO_ONE, CONTENT, START, FAR, deadline=5 * HOUR, priority=7)
    (task,) = plan.tasks_of(owner, [f"wmSIM{number:027}" for number in range(first, first + count)], "/1/10/")
    return task


@pytest.fixture(scope="module")
def client(engine: Engine) -> Iterator[Any]:
    client = engine.client("dynamodb")
    attributes = sorted({"pk", "sk"}.union(*INDEXES.values()))
    client.create_table(
        TableName=NAME,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in attributes],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        GlobalSecondaryIndexes=[
            {
                "IndexName": name,
                "KeySchema": [
                    {"AttributeName": hash_key, "KeyType": "HASH"},
                    {"AttributeName": range_key, "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            }
            for name, (hash_key, range_key) in INDEXES.items()
        ],
    )
    yield client
    client.delete_table(TableName=NAME)


@pytest.fixture(params=["table", "fake"])
def store(request: pytest.FixtureRequest, client: Any) -> TaskRepository:
    if request.param == "fake":
        return FakeTasks()
    for item in client.scan(TableName=NAME)["Items"]:
        client.delete_item(TableName=NAME, Key={name: item[name] for name in ("pk", "sk")})
    return DynamoTaskRepository(Table(client, NAME))


def stored(store: TaskRepository, task: SendTask) -> SendTask:
    found = store.load(task.task_id)
    assert found is not None
    return found


def test_a_planned_task_comes_back_as_it_was_and_a_repeat_changes_nothing(store: TaskRepository) -> None:
    task = planned()
    store.put_planned([task])
    begun = store.save(task_steps.intended(task, "text", START + HOUR, SETTINGS, START))

    store.put_planned([task])

    assert stored(store, task) == begun
    assert store.load("send_unknown") is None


def test_everything_a_task_can_hold_is_kept(store: TaskRepository) -> None:
    task = planned(6)
    ids = task.target_ids
    task = replace(task, needs={ids[1]: Need("gap", 80, "尚未持有"), ids[3]: Need("gap", 80, "尚未持有")})
    store.put_planned([task])
    full = replace(
        task,
        state=TaskState.CANCELLING,
        results={
            ids[0]: Result(RecipientState.SENT, START + HOUR, "despite_stopped", "rm_wu"),
            ids[1]: Result(RecipientState.SENT, START + HOUR),
            ids[4]: Result(RecipientState.EXCLUDED, START, "opted_out"),
            ids[5]: Result(RecipientState.MOVED, START, "send_other"),
        },
        not_before=START,
        first_intent_at=START,
        first_created_at=START,
        intended_at=START + HOUR,
        text_hash="hash",
        msgid="msg_1",
        created_at=START,
        alive_until=FAR,
        cancel_cause=CancelCause.STOPPED,
        cancel_asked_at=START,
        is_cancelled=True,
        reminded_at=(START, START + HOUR),
        looks=3,
        due_at=START + HOUR,
        predecessor_id="send_before",
        untold=True,
        answer_lost=True,
    )

    saved = store.save(full)

    assert saved == replace(full, version=1)
    assert stored(store, task) == saved


def test_ten_thousand_customers_fit(store: TaskRepository) -> None:
    task = planned(MOST_CUSTOMERS)
    store.put_planned([task])
    sent = {
        one: Result(RecipientState.SENT, START + timedelta(seconds=place)) for place, one in enumerate(task.target_ids)
    }

    store.save(task.with_results(sent))

    assert stored(store, task).results == sent


def test_a_write_over_an_older_version_is_refused(store: TaskRepository) -> None:
    task = planned()
    store.put_planned([task])
    store.save(task)

    with pytest.raises(StaleTaskError):
        store.save(task)


def test_a_message_is_one_tasks_for_ever(store: TaskRepository) -> None:
    task, other = planned(), planned(owner="rm_wu")
    store.put_planned([task, other])
    accepted = AcceptedMessage("msg_1")
    store.claim(task_steps.accepted(task, accepted, SETTINGS, START))

    with pytest.raises(StaleTaskError):
        store.claim(task_steps.accepted(other, accepted, SETTINGS, START))

    assert store.holders(["msg_1", "msg_2"]) == {"msg_1": task.task_id}
    assert stored(store, other).state is TaskState.PLANNED


def test_of_one_member_only_one_call_is_in_doubt(store: TaskRepository) -> None:
    first, second, elsewhere = planned(), planned(first=10), planned(owner="rm_wu")
    second = replace(second, task_id="send_2")
    store.put_planned([first, second, elsewhere])

    assert store.sending_of(OWNER) is None
    sending = store.intend(announced(first))
    with pytest.raises(CallInDoubtError) as other:
        store.intend(announced(second))
    store.intend(announced(elsewhere))

    assert other.value.known_at == sending.due_at
    assert store.sending_of(OWNER) == stored(store, first) == sending
    again = store.intend(announced(sending))
    store.save(task_steps.postponed(again, START + HOUR))
    assert store.sending_of(OWNER) is None
    moved, successor = task_steps.moved(second, second.target_ids[:1], START, owner_userid="rm_sun")
    store.intend(announced(moved), [successor])
    assert stored(store, successor) == successor
    with pytest.raises(StaleTaskError):
        store.intend(announced(second))


def announced(task: SendTask) -> SendTask:
    return task_steps.intended(task, "text", START + HOUR, SETTINGS, START)


def test_successors_come_with_the_write_or_not_at_all(store: TaskRepository) -> None:
    task = planned(MOST_SUCCESSORS)
    store.put_planned([task])
    after, added = task, []
    for place, target_id in enumerate(task.target_ids):
        after, successor = task_steps.moved(after, [target_id], START, owner_userid=f"rm_{place}")
        added.append(successor)
    with pytest.raises(StaleTaskError):
        store.save(replace(after, version=9), added)
    before = [store.load(one.task_id) for one in added]

    store.save(after, added)

    assert before == [None] * MOST_SUCCESSORS
    assert [store.load(one.task_id) for one in added] == added


def test_two_tasks_change_together_or_neither(store: TaskRepository) -> None:
    task, other = planned(), planned(owner="rm_wu")
    store.put_planned([task, other])
    store.save(other)

    with pytest.raises(StaleTaskError):
        store.save(task, changed=[other])

    assert stored(store, task).version == 0
    store.save(task, changed=[stored(store, other)])
    assert (stored(store, task).version, stored(store, other).version) == (1, 2)


def test_due_tasks_are_found_once_their_time_has_come(store: TaskRepository) -> None:
    task, later, ended = planned(), planned(owner="rm_wu"), planned(owner="rm_sun")
    store.put_planned([task, replace(later, due_at=START + HOUR), replace(ended, due_at=None)])

    found = [(due.task_id, due.campaign_id, due.owner_userid, due.state) for due in store.due(START)]

    assert found == [(task.task_id, CAMPAIGN, OWNER, TaskState.PLANNED)]
    assert {due.task_id for due in store.due(START + HOUR)} == {task.task_id, later.task_id}
    assert store.next_due() == task.due_at


def test_without_a_task_nothing_falls_due(store: TaskRepository) -> None:
    assert store.next_due() is None


def test_a_campaigns_tasks_are_listed_with_their_counts(store: TaskRepository) -> None:
    task, other = planned(), planned(owner="rm_wu", first=10)
    store.put_planned([task, other])
    created = replace(task, created_at=START)
    store.save(created.with_results({task.target_ids[0]: Result(RecipientState.SENT, START + 2 * HOUR)}))

    found = {one.owner_userid: one for one in store.of_campaign(CAMPAIGN)}

    assert found[OWNER].counts == {"sent": 1, "pending": 2}
    assert (found[OWNER].ring, found[OWNER].reach) == ("pilot", (0, 1))
    assert found["rm_wu"].counts == {"pending": 3}
    assert list(store.of_campaign("camp_other")) == []


def test_an_owners_tasks_are_listed_newest_first(store: TaskRepository) -> None:
    old, new = planned(), replace(planned(first=10), task_id="send_new", planned_at=START + HOUR)
    store.put_planned([old, new])
    store.save(replace(old, state=TaskState.SETTLED, due_at=None))

    assert list(store.all_of_owner(OWNER)) == ["send_new", old.task_id]
    assert list(store.open_of_owner(OWNER)) == ["send_new"]
