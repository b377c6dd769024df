"""Both functions of send tasks over the template's tables and queues: their joins, and a death at each request."""

import os
from collections.abc import Iterator
from typing import Any

import pytest

from scrm.aws.settled_facts import FACTS
from scrm.campaign.task import TaskState
from tests.campaign_bank import CUSTOMERS, MINUTES, CampaignBank, campaign_bank
from tests.engine import EngineTables

pytestmark = pytest.mark.engine


@pytest.fixture
def bank(tables: EngineTables, monkeypatch: pytest.MonkeyPatch) -> Iterator[CampaignBank]:
    with campaign_bank(tables, monkeypatch) as made:
        yield made


def facts(tables: EngineTables) -> list[str]:
    s3: Any = tables.engine.client("s3")
    listed = s3.list_objects_v2(Bucket=os.environ["DATA_BUCKET"], Prefix=FACTS).get("Contents", [])
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

    bank.stop()
    bank.bank.run_until_idle()

    assert bank.wecom.messages["msg_0"].cancelled
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
