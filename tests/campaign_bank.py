"""A bank with a campaign over the template's tables and queues, whose members send on the WeCom simulator."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import time, timedelta
from typing import Any

import pytest

from functions.campaign_planner import handler as campaign_planner
from functions.campaign_reconcile import handler as campaign_reconcile
from local.simulator.control_client import ControlClient
from scrm import clock
from scrm.audit.log import AuditLog
from scrm.aws.audit_table import DynamoAuditStore
from scrm.aws.campaign_table import DynamoCampaignStore
from scrm.aws.content_table import DynamoContents
from scrm.aws.dispatch_queue import SqsSendQueue
from scrm.aws.planning_queue import SqsPlanningQueue
from scrm.aws.queues import Queue
from scrm.aws.send_task_table import DynamoTaskRepository
from scrm.aws.table import Table
from scrm.campaign.desk import CampaignDesk
from scrm.campaign.dispatch_messages import CampaignStopped, SendTaskPlanned
from scrm.campaign.dispatch_settings import DispatchSettings
from scrm.campaign.model import Campaign
from scrm.campaign.planner_messages import ContentRecalled
from scrm.campaign.settings import CampaignSettings
from scrm.campaign.stopping import TaskTallies
from scrm.campaign.task import SendPlan, SendTask, TaskState
from scrm.campaign.terms import CampaignState, Channel, ContentRef
from scrm.campaign.trial import TrialSends
from scrm.content.model import ContentState, ContentVersion, Scene, Variant
from scrm.runtime.campaign_joins import AuditedCampaigns, LibraryVersions
from scrm.runtime.known_segments import ALL_CUSTOMERS, KnownSegments
from scrm.runtime.wiring import dispatch as wiring
from scrm.runtime.wiring import send_checks
from scrm.runtime.wiring.content_gate import content_gate
from tests.engine import EngineTables
from tests.fakes.audience import FakeSegments
from tests.fakes.campaigns import CHECKER, MAKER, FakeGates, definition
from tests.fakes.content import LABEL, Library, a_draft
from tests.local_bank import Context, LocalBank, customer_id, local_bank, small_world

CUSTOMERS = 30
OWNER, CAMPAIGN = "rm_wang01", "camp_1"
MINUTES = timedelta(minutes=1)


class Sending:
    """What members and WeCom did with the campaign's messages."""

    def __init__(self, control: ControlClient) -> None:
        self._control = control

    def confirm_all(self) -> None:
        self._control.confirm_messages()

    def publish_all(self) -> None:
        self._control.publish_moments()

    @property
    def moments(self) -> list[dict[str, Any]]:
        """Every moment of the corp, with its members."""
        return [moment for moment in self._control.moments() if moment["creator"] is None]

    @property
    def creations(self) -> list[dict[str, Any]]:
        """Every message of the corp as the simulator shows it: its members, the time of its cancellation."""
        return [message for message in self._control.mass_messages() if message["creator"] is None]


class CampaignBank:
    """A bank with one campaign under way; the functions are deployed, their WeCom is the simulator."""

    def __init__(self, bank: LocalBank, tables: EngineTables) -> None:
        self.bank = bank
        self.wecom = Sending(bank.sim.control)
        self._tables = tables
        self._content: ContentVersion | None = None
        self.campaigns = DynamoCampaignStore(self.table("CampaignTable"))
        self.tasks = DynamoTaskRepository(self.table("SendTaskTable"))

    def table(self, name: str) -> Table:
        return Table(self._tables.client, self._tables.names[name])

    def plan(self, channel: Channel = Channel.ONE_TO_ONE) -> SendTask:
        now, content = clock.now(), self.released(channel)
        state = CampaignState.DISPATCHING
        self.campaigns.save(Campaign(CAMPAIGN, definition(content=content), "/1/10/", "maker", now, state))
        plan = SendPlan(CAMPAIGN, "all", channel, content, now, now + timedelta(days=60))
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
            campaign_planner.lambda_handler({"schedule": campaign_planner.DUE}, Context())  # type: ignore[arg-type]
            self.bank.run_until_idle()

    def counts(self, campaign_id: str = CAMPAIGN) -> dict[str, int]:
        tally = TaskTallies(self.tasks).of(campaign_id)
        return {**tally.by_state, **({"pending": tally.pending} if tally.pending else {})}

    def state(self, task: SendTask) -> TaskState:
        found = self.tasks.load(task.task_id)
        assert found is not None
        return found.state

    def released(self, channel: Channel = Channel.ONE_TO_ONE) -> ContentRef:
        """Content that may be sent from now on, the same one each time, as the channel sends it."""
        self._content = self._content or self._made()
        approved = dict(self._content.hashes)[Scene(channel.scene)]
        return ContentRef(self._content.activity_id, 1, approved)

    def _made(self) -> ContentVersion:
        now = clock.now()
        library = Library(contents=DynamoContents(self.table("ContentTable")), moment=now)  # type: ignore[arg-type]
        draft = a_draft(
            product_id="",
            valid_from=now - timedelta(days=1),
            valid_until=now + timedelta(days=60),
            variants=(
                (Scene.ONE_TO_ONE, Variant(LABEL)),
                (Scene.MOMENTS, Variant(LABEL)),
                (Scene.INTERNAL, Variant("季末主推")),
            ),
        )
        return library.released(draft)

    @property
    def desk(self) -> CampaignDesk:
        worker = Queue(lambda: self.bank.sqs, self.bank.urls["campaign"])
        queue = SqsPlanningQueue(Queue(lambda: self.bank.sqs, self.bank.urls["campaign_planner"]), worker)
        log = AuditLog(DynamoAuditStore(self._tables.names["AuditTable"], self._tables.client))
        return CampaignDesk(
            store=self.campaigns,
            journal=AuditedCampaigns(log),
            contents=LibraryVersions(content_gate()),
            segments=KnownSegments(FakeSegments()),
            gates=FakeGates(),
            queue=queue,
            tallies=TaskTallies(self.tasks),
            test_sends=TrialSends(self.campaigns, self.tasks, send_checks.owners(), SqsSendQueue(worker)),
            settings=CampaignSettings(),
        )

    def scheduled(self, key: str = "key-1") -> Campaign:
        """Drafted, submitted with a frozen audience, approved by another one, to start now."""
        now = clock.now()
        wanted = definition(content=self.released(), segment_id=ALL_CUSTOMERS)
        drafted = self.desk.create(wanted, "/1/10/", MAKER, key, now)
        self.desk.submit(drafted.campaign_id, MAKER, now)
        self.bank.run_until_idle()
        asked = self.latest(drafted).submission
        assert asked is not None
        self.desk.approve(drafted.campaign_id, asked.audience.snapshot_id, CHECKER, now)
        begin = clock.now()
        return self.desk.schedule(drafted.campaign_id, begin, MAKER, begin)

    def take_content_back(self, content: ContentRef) -> None:
        """What the library and the API do at a recall."""
        contents = DynamoContents(self.table("ContentTable"))
        found = contents.version(content.activity_id, content.version)
        assert found is not None
        assert contents.save(found.moved(ContentState.RECALLED, CHECKER, clock.now()))
        message = ContentRecalled(activity_id=content.activity_id, version=content.version)
        self.bank.send("campaign_planner", message.model_dump_json())

    def latest(self, campaign: Campaign) -> Campaign:
        found = self.campaigns.find(campaign.campaign_id)
        assert found is not None
        return found


@contextmanager
def campaign_bank(tables: EngineTables, patch: pytest.MonkeyPatch) -> Iterator[CampaignBank]:
    """With one leaver's customers and no quiet hours."""
    with local_bank(tables, small_world(CUSTOMERS, 0), patch) as running:
        running.full_pass()
        made = CampaignBank(running, tables)
        awake = replace(DispatchSettings(), quiet_from=time(0), quiet_until=time(0))
        patch.setattr(wiring, "settings", lambda: awake)
        yield made
