"""The dispatch's use cases over fakes, and a small run of them."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from scrm.campaign.checks import SendChecks
from scrm.campaign.dispatch_errors import until_current
from scrm.campaign.dispatch_settings import DispatchSettings
from scrm.campaign.dispatching import Dispatch, SendOutcome
from scrm.campaign.due import DueTasks
from scrm.campaign.ends import Ends
from scrm.campaign.ports import MassMessages, RecipientRules
from scrm.campaign.reconcile import LookOutcome, TaskReconcile
from scrm.campaign.stopping import TaskChanges, TaskTallies
from scrm.campaign.task import SendPlan, SendTask
from scrm.campaign.terms import Channel
from tests.fakes.dispatch import (
    CAMPAIGN,
    CONTENT,
    FAR,
    START,
    FakeContents,
    FakeDispatchQueue,
    FakeFacts,
    FakeFiles,
    FakeMassMessages,
    FakeOwners,
    FakePermissions,
    FakePressure,
    FakeRules,
    FakeStandings,
    FakeTasks,
)

OWNER, OTHER = "rm_li", "rm_wu"


def customers(count: int, first: int = 0) -> list[str]:
    return [f"wm{number:06d}" for number in range(first, first + count)]


@dataclass
class DispatchBank:
    """All ports in memory; `time` moves only when told to."""

    time: datetime = START
    settings: DispatchSettings = field(default_factory=DispatchSettings)
    tasks: FakeTasks = field(default_factory=FakeTasks)
    contents: FakeContents = field(default_factory=FakeContents)
    files: FakeFiles = field(default_factory=FakeFiles)
    standings: FakeStandings = field(default_factory=FakeStandings)
    permissions: FakePermissions = field(default_factory=FakePermissions)
    rules: FakeRules = field(default_factory=FakeRules)
    owners: FakeOwners = field(default_factory=FakeOwners)
    ledger: FakePressure = field(default_factory=FakePressure)
    facts: FakeFacts = field(default_factory=FakeFacts)
    queue: FakeDispatchQueue = field(default_factory=FakeDispatchQueue)
    before_rules: RecipientRules | None = None
    channels: MassMessages | None = None
    wecom: FakeMassMessages = field(init=False)

    def __post_init__(self) -> None:
        self.wecom = FakeMassMessages(self.now)

    def now(self) -> datetime:
        return self.time

    def checks(self) -> SendChecks:
        return SendChecks(self.contents, self.permissions, self.before_rules or self.rules, self.owners)

    def ends(self) -> Ends:
        return Ends(self.ledger, self.facts)

    def dispatch(self) -> Dispatch:
        return Dispatch(
            self.tasks,
            self.channels or self.wecom,
            self.standings,
            self.checks(),
            self.files,
            self.ledger,
            self.queue,
            self.ends(),
            self.settings,
            self.now,
        )

    def reconcile(self) -> TaskReconcile:
        return TaskReconcile(
            self.tasks,
            self.channels or self.wecom,
            self.standings,
            self.checks(),
            self.queue,
            self.ends(),
            self.settings,
            self.now,
        )

    def due(self) -> DueTasks:
        return DueTasks(self.tasks, self.queue, self.settings, self.now)

    def changes(self) -> TaskChanges:
        return TaskChanges(self.tasks, self.queue)

    def tallies(self) -> TaskTallies:
        return TaskTallies(self.tasks)

    def plan(
        self, targets: list[str], owner: str = OWNER, channel: Channel = Channel.ONE_TO_ONE, node_path: str = ""
    ) -> list[SendTask]:
        """The owner's tasks, stored and asked for; the customers are his."""
        plan = SendPlan(CAMPAIGN, "all", channel, CONTENT, self.time, FAR)
        tasks = plan.tasks_of(owner, targets, node_path)
        self.owners.owners |= dict.fromkeys(targets, owner)
        self.tasks.put_planned(tasks)
        return tasks

    def send(self, task: SendTask) -> SendOutcome:
        return self.dispatch().take(task.task_id)

    def look(self, task: SendTask, *, asked: bool = False) -> LookOutcome:
        return self.reconcile().look(task.task_id, asked=asked)

    def stored(self, task: SendTask) -> SendTask:
        return self.tasks.by_id[task.task_id]

    def at_due(self, task: SendTask) -> "DispatchBank":
        """Wait until the task wants to be looked at."""
        due_at = self.stored(task).due_at
        assert due_at is not None
        self.time = max(self.time, due_at)
        return self

    def run(self, span: timedelta = timedelta(0), tick: timedelta = timedelta(minutes=10)) -> None:
        """The queues and the schedule do their work until ``span`` has passed; only ticks with something due count."""
        until = self.time + span
        while True:
            self.due().request()
            while self.queue.sends or self.queue.looks:
                sends, self.queue.sends = self.queue.sends, []
                looks, self.queue.looks = self.queue.looks, []
                for task_id in sends:
                    until_current(partial(self.dispatch().take, task_id), pause=_at_once)
                for task_id, asked in looks:
                    until_current(partial(self.reconcile().look, task_id, asked=asked), pause=_at_once)
            following = min((one.due_at for one in self.tasks.by_id.values() if one.due_at), default=until)
            if self.time >= until:
                return
            self.time = min(until, max(self.time + tick, following))

    def counts(self) -> dict[str, int]:
        """Customers by state over all tasks."""
        tally = self.tallies().of(CAMPAIGN)
        found = dict(tally.by_state)
        return {**found, "pending": tally.pending} if tally.pending else found


def _at_once(_: int) -> None:
    """Nobody waits in a test."""
