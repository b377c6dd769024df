"""The functions of send tasks over tables, queues and the WeCom simulator: their joins, and a death at each request."""

import os
from collections.abc import Iterator
from typing import Any

import pytest

from functions.campaign_reconcile import handler as campaign_reconcile
from scrm import clock
from scrm.aws.task_table import DynamoTaskTable
from scrm.campaign.task import TaskState
from scrm.campaign.terms import Channel
from scrm.pressure.model import PressureClass
from scrm.runtime.wiring import pressure
from scrm.tasks.model import TaskKind
from scrm.tasks.model import TaskState as RmTaskState
from scrm.tasks.ports import TaskChange
from tests.campaign_bank import CUSTOMERS, MINUTES, OWNER, CampaignBank, campaign_bank
from tests.engine import EngineTables
from tests.local_bank import Context, customer_id

pytestmark = pytest.mark.engine


@pytest.fixture
def bank(tables: EngineTables, monkeypatch: pytest.MonkeyPatch) -> Iterator[CampaignBank]:
    with campaign_bank(tables, monkeypatch) as made:
        yield made


def facts(tables: EngineTables) -> list[str]:
    s3: Any = tables.engine.client("s3")
    listed = s3.list_objects_v2(Bucket=os.environ["DATA_BUCKET"], Prefix="facts/send_settled/").get("Contents", [])
    return [one["Key"] for one in listed]


def test_a_task_is_created_confirmed_and_settled(bank: CampaignBank, tables: EngineTables) -> None:
    task = bank.plan()
    bank.ask_for(task)
    bank.bank.run_until_idle()
    created = bank.state(task)
    bank.wecom.confirm_all()

    bank.pass_time(60 * MINUTES)

    assert (created, bank.state(task)) == (TaskState.WAITING, TaskState.SETTLED)
    assert bank.counts() == {"sent": CUSTOMERS}
    assert len(facts(tables)) == 1


def test_a_recalled_campaigns_task_is_taken_back(bank: CampaignBank) -> None:
    task = bank.plan()
    bank.ask_for(task)
    bank.bank.run_until_idle()
    bank.pass_time(10 * MINUTES)

    bank.stop()
    bank.bank.run_until_idle()

    (message,) = bank.wecom.creations
    assert message["cancelled_at"] is not None
    assert bank.state(task) is TaskState.WATCHED
    assert bank.counts() == {"cancelled": CUSTOMERS}


def test_functions_killed_at_each_request_create_one_message_and_settle_everybody(bank: CampaignBank) -> None:
    task = bank.plan()
    bank.bank.kill_everywhere = True
    bank.ask_for(task)
    bank.bank.run_until_idle()
    bank.bank.kill_everywhere = False
    bank.pass_time(20 * MINUTES)
    bank.wecom.confirm_all()

    bank.bank.kill_everywhere = True
    bank.pass_time(60 * MINUTES)

    assert len(bank.wecom.creations) == 1
    assert bank.counts() == {"sent": CUSTOMERS}
    assert bank.bank.killer.kills >= 20


def test_what_members_send_of_their_own_accord_counts_in_the_ledger(bank: CampaignBank) -> None:
    bank.bank.sim.control.send_personally(OWNER, [customer_id(0)], "节日快乐")
    bank.bank.sim.control.advance(20 * 60)
    clock.refresh()

    for _ in range(2):
        campaign_reconcile.lambda_handler({"schedule": campaign_reconcile.PERSONAL}, Context())  # type: ignore[arg-type]
        bank.bank.run_until_idle()

    (counted,) = pressure.ledger().counts_of(OWNER, customer_id(0))
    assert (counted.pressure_class, counted.held, counted.settled) == (PressureClass.PUSH, 0, 1)
    assert pressure.ledger().counts_of(OWNER, customer_id(1)) == []


def test_a_task_for_the_member_is_his_to_end(bank: CampaignBank) -> None:
    task = bank.plan(Channel.RM_TASK)
    bank.ask_for(task)
    bank.bank.run_until_idle()
    todo = DynamoTaskTable(bank.table("TasksTable"))
    (mine,) = todo.open_tasks_of(OWNER)

    done = mine.ended(RmTaskState.DONE, OWNER, "called", clock.now())
    assert todo.save([TaskChange(mine, done)])
    bank.pass_time(30 * MINUTES)

    assert (mine.kind, len(mine.subject_ids), mine.node_path) == (TaskKind.FOLLOW_UP, CUSTOMERS, "/1/10/")
    assert bank.wecom.creations == []
    assert (bank.counts(), bank.state(task)) == ({"sent": CUSTOMERS}, TaskState.SETTLED)


def test_a_message_tells_the_member_and_a_recall_takes_it_back(bank: CampaignBank) -> None:
    task = bank.plan(Channel.APPLICATION_MESSAGE)
    bank.ask_for(task)
    bank.bank.run_until_idle()
    before = bank.counts(), bank.state(task)

    bank.stop()
    bank.bank.run_until_idle()

    (message,) = bank.bank.sim.control.messages(userid=OWNER)
    assert f"适用客户：{CUSTOMERS} 位" in message["content"]["content"]
    assert before == ({"told": CUSTOMERS}, TaskState.WAITING)
    assert message["recalled_at"] is not None
    assert (bank.counts(), bank.state(task)) == ({"told": CUSTOMERS}, TaskState.SETTLED)
    assert bank.wecom.creations == []
    assert pressure.ledger().counts_of(OWNER, customer_id(0)) == []


def test_what_the_member_has_not_done_is_withdrawn_at_a_recall(bank: CampaignBank) -> None:
    task = bank.plan(Channel.RM_TASK)
    bank.ask_for(task)
    bank.bank.run_until_idle()

    bank.stop()
    bank.bank.run_until_idle()

    assert list(DynamoTaskTable(bank.table("TasksTable")).open_tasks_of(OWNER)) == []
    assert bank.counts() == {"cancelled": CUSTOMERS}
