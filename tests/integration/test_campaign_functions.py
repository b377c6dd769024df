"""Both campaign functions over the template's tables and queues: their joins, and a death at each request."""

import functools
import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import time, timedelta
from typing import Any

import pytest

from functions.campaign_reconcile import handler as campaign_reconcile
from scrm import clock
from scrm.aws.campaign_table import DynamoCampaignStore
from scrm.aws.content_table import DynamoContents
from scrm.aws.send_task_table import DynamoTaskRepository
from scrm.aws.settled_facts import FACTS
from scrm.aws.table import Table
from scrm.campaign.dispatch_messages import CampaignStopped, SendTaskPlanned
from scrm.campaign.dispatch_settings import DispatchSettings
from scrm.campaign.model import Campaign, CampaignState, Channel, ContentRef
from scrm.campaign.stopping import TaskTallies
from scrm.campaign.task import SendPlan, SendTask, TaskState
from scrm.content.model import Scene, Variant
from scrm.pressure.model import PressureClass
from scrm.pressure.personal import PersonalMessage, Received
from scrm.runtime.wiring import campaign_reconcile as reconcile_wiring
from scrm.runtime.wiring import dispatch as wiring
from scrm.runtime.wiring import pressure
from tests.engine import EngineTables
from tests.fakes.campaigns import definition
from tests.fakes.content import LABEL, Library, a_draft
from tests.fakes.dispatch import FakeMassMessages
from tests.fakes.personal import FakePersonalMessages
from tests.local_bank import Context, LocalBank, customer_id, local_bank, small_world

pytestmark = pytest.mark.engine
CUSTOMERS = 30
OWNER, CAMPAIGN = "rm_wang01", "camp_1"
MINUTES = timedelta(minutes=1)


class CampaignBank:
    """A bank with one campaign under way; WeCom's mass messages are in memory, everything else is deployed."""

    def __init__(self, bank: LocalBank, tables: EngineTables) -> None:
        self.bank = bank
        self.wecom = FakeMassMessages(clock.now)
        self._tables = tables
        self.campaigns = DynamoCampaignStore(self.table("CampaignTable"))
        self.tasks = DynamoTaskRepository(self.table("SendTaskTable"))

    def table(self, name: str) -> Table:
        return Table(self._tables.client, self._tables.names[name])

    def plan(self) -> SendTask:
        now = clock.now()
        library = Library(contents=DynamoContents(self.table("ContentTable")), moment=now)  # type: ignore[arg-type]
        draft = a_draft(
            product_id="",
            valid_from=now - timedelta(days=1),
            valid_until=now + timedelta(days=60),
            variants=((Scene.ONE_TO_ONE, Variant(LABEL)),),
        )
        found = library.released(draft)
        content = ContentRef(found.activity_id, 1, dict(found.hashes)[Scene.ONE_TO_ONE])
        state = CampaignState.DISPATCHING
        self.campaigns.save(Campaign(CAMPAIGN, definition(content=content), "/1/10/", "maker", now, state))
        plan = SendPlan(CAMPAIGN, "all", Channel.ONE_TO_ONE, content, now, draft.valid_until)
        (task,) = plan.tasks_of(OWNER, [customer_id(place) for place in range(CUSTOMERS)], "/1/10/")
        self.tasks.put_planned([task])
        return task

    def ask_for(self, task: SendTask) -> None:
        message = SendTaskPlanned(task_id=task.task_id, campaign_id=CAMPAIGN, owner=OWNER)
        self.bank.send("campaign", message.model_dump_json())

    def stop(self) -> None:
        campaign = self.campaigns.find(CAMPAIGN)
        assert campaign is not None
        self.campaigns.save(replace(campaign, state=CampaignState.RECALLED))
        self.bank.send("campaign", CampaignStopped(campaign_id=CAMPAIGN).model_dump_json())

    def pass_time(self, span: timedelta) -> None:
        """Ten minutes at a time, with the schedule and all that follows."""
        for _ in range(int(span / (10 * MINUTES))):
            self.bank.sim.control.advance(600)
            clock.refresh()
            campaign_reconcile.lambda_handler({"schedule": campaign_reconcile.DUE}, Context())  # type: ignore[arg-type]
            self.bank.run_until_idle()

    def counts(self) -> dict[str, int]:
        tally = TaskTallies(self.tasks).of(CAMPAIGN)
        return {**tally.by_state, **({"pending": tally.pending} if tally.pending else {})}

    def state(self, task: SendTask) -> TaskState:
        found = self.tasks.load(task.task_id)
        assert found is not None
        return found.state


@pytest.fixture
def bank(tables: EngineTables, monkeypatch: pytest.MonkeyPatch) -> Iterator[CampaignBank]:
    with local_bank(tables, small_world(CUSTOMERS, 0), monkeypatch) as running:
        running.full_pass()
        made = CampaignBank(running, tables)
        monkeypatch.setattr(wiring, "messages", functools.cache(lambda: made.wecom))
        awake = replace(DispatchSettings(), quiet_from=time(0), quiet_until=time(0))
        monkeypatch.setattr(wiring, "SETTINGS", awake)
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


def test_what_members_send_of_their_own_accord_counts_in_the_ledger(
    bank: CampaignBank, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent_at = clock.now() - 20 * MINUTES
    wecom = FakePersonalMessages([PersonalMessage("msg_own", OWNER, PressureClass.PUSH, sent_at)])
    wecom.rows["msg_own"] = [Received(customer_id(0), sent_at), Received(customer_id(1), is_open=True)]
    monkeypatch.setattr(reconcile_wiring, "personal_messages", lambda: wecom)

    for _ in range(2):
        campaign_reconcile.lambda_handler({"schedule": campaign_reconcile.PERSONAL}, Context())  # type: ignore[arg-type]
        bank.bank.run_until_idle()

    (counted,) = pressure.ledger().counts_of(OWNER, customer_id(0))
    assert (counted.pressure_class, counted.held, counted.settled) == (PressureClass.PUSH, 0, 1)
    assert pressure.ledger().counts_of(OWNER, customer_id(1)) == []
    assert len(wecom.windows) == len(set(wecom.windows)), "what was listed is not listed again"
