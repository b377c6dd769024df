"""A bank that sends in one process: the dispatch's use cases on in-memory adapters, whose readers can be killed.

The adapters pass one conformance suite with the table (tests/integration/test_send_task_table.py). Messages lie in
memory; the run takes them one by one, kills their reader where it is told to, and gives them out again as SQS would.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial

from scrm.campaign.checks import SendChecks
from scrm.campaign.dispatch_errors import until_current
from scrm.campaign.dispatch_settings import DispatchSettings
from scrm.campaign.dispatching import Dispatch
from scrm.campaign.due import DueTasks
from scrm.campaign.ends import Ends
from scrm.campaign.ports import DueTask, MassMessages
from scrm.campaign.reactions import MomentReactions
from scrm.campaign.reconcile import TaskReconcile
from scrm.campaign.stopping import TaskChanges, TaskTallies
from scrm.campaign.task import SendTask
from tests.fakes.dispatch import (
    FakeContents,
    FakeFacts,
    FakeFiles,
    FakeOwners,
    FakePermissions,
    FakePressure,
    FakeRules,
    FakeStandings,
    FakeTasks,
)
from tests.killing import CallKiller, KilledError, remote_calls

TICK = timedelta(minutes=10)
_MOST_MESSAGES = 50_000


@dataclass
class Message:
    """What a function will do, and when; ``deadly`` when its reader dies at every call it makes for the first time."""

    name: str
    take: Callable[[], object]
    visible_at: datetime
    deadly: bool


@dataclass
class SimulatedDispatch:
    """One bank. ``kill_everywhere``: each reader dies once before and once after each remote call and write of its.

    ``messages`` makes the port to WeCom of a new process; ``now`` and ``advance`` are the time of all.
    """

    now: Callable[[], datetime]
    advance: Callable[[timedelta], None]
    messages: Callable[[CallKiller], MassMessages]
    settings: DispatchSettings = field(default_factory=DispatchSettings)
    killer: CallKiller = field(default_factory=CallKiller)
    kill_everywhere: bool = False
    tasks: FakeTasks = field(default_factory=FakeTasks)
    contents: FakeContents = field(default_factory=FakeContents)
    files: FakeFiles = field(default_factory=FakeFiles)
    standings: FakeStandings = field(default_factory=FakeStandings)
    permissions: FakePermissions = field(default_factory=FakePermissions)
    rules: FakeRules = field(default_factory=FakeRules)
    owners: FakeOwners = field(default_factory=FakeOwners)
    ledger: FakePressure = field(default_factory=FakePressure)
    facts: FakeFacts = field(default_factory=FakeFacts)
    waiting: list[Message] = field(default_factory=list)
    reactions: Callable[[], MomentReactions] | None = None

    # Implements DispatchQueue

    def request_send(self, tasks: Sequence[SendTask | DueTask], not_before: datetime | None = None) -> None:
        for task in tasks:
            self._send(f"send {task.task_id}", partial(self._take, task.task_id), not_before)

    def request_looks(
        self, task_ids: Sequence[str], *, asked: bool = False, not_before: datetime | None = None
    ) -> None:
        for task_id in task_ids:
            self._send(f"look {task_id}", partial(self._look, task_id, asked=asked), not_before)

    def _send(self, name: str, take: Callable[[], object], not_before: datetime | None) -> None:
        self.waiting.append(Message(name, take, not_before or self.now(), deadly=self.kill_everywhere))

    # What the functions do

    def _take(self, task_id: str) -> object:
        use_case = Dispatch(
            remote_calls(self.tasks, self.killer),
            self.messages(self.killer),
            remote_calls(self.standings, self.killer),
            self._checks(),
            remote_calls(self.files, self.killer),
            remote_calls(self.ledger, self.killer),
            remote_calls(self, self.killer),
            self._ends(),
            self.settings,
            self.now,
        )
        return until_current(lambda: use_case.take(task_id), pause=_at_once)

    def _look(self, task_id: str, *, asked: bool) -> object:
        return until_current(lambda: self._reconcile().look(task_id, asked=asked), pause=_at_once)

    def _reconcile(self) -> TaskReconcile:
        return TaskReconcile(
            remote_calls(self.tasks, self.killer),
            self.messages(self.killer),
            remote_calls(self.standings, self.killer),
            self._checks(),
            remote_calls(self, self.killer),
            self._ends(),
            self.settings,
            self.now,
            self.reactions,
        )

    def _due(self) -> DueTasks:
        return DueTasks(remote_calls(self.tasks, self.killer), remote_calls(self, self.killer), self.settings, self.now)

    def _checks(self) -> SendChecks:
        return SendChecks(
            remote_calls(self.contents, self.killer),
            remote_calls(self.permissions, self.killer),
            remote_calls(self.rules, self.killer),
            remote_calls(self.owners, self.killer),
        )

    def _ends(self) -> Ends:
        return Ends(remote_calls(self.ledger, self.killer), remote_calls(self.facts, self.killer))

    def changes(self) -> TaskChanges:
        return TaskChanges(self.tasks, self)

    def tallies(self) -> TaskTallies:
        return TaskTallies(self.tasks)

    # Time and messages

    def pass_time(self, span: timedelta) -> None:
        """Work and time; killed readers spend time as well. The schedule's ticks that find nothing due are left out."""
        until = self.now() + span
        self.run_until_idle()
        self._due().request()
        self.run_until_idle()
        while self.now() < until:
            following = min((one.due_at for one in self.tasks.by_id.values() if one.due_at), default=until)
            self.advance(max(min(TICK, until - self.now()), min(following, until) - self.now()))
            self._due().request()
            self.run_until_idle()

    def run_until_idle(self) -> None:
        for _ in range(_MOST_MESSAGES):
            if not self.waiting:
                return
            self.run_one()
        raise AssertionError("the bank never comes to rest")

    def run_one(self) -> None:
        """The next message of those that wait."""
        message = min(self.waiting, key=lambda one: one.visible_at)
        self.advance(max(timedelta(0), message.visible_at - self.now()))
        self._deliver(message)

    def _deliver(self, message: Message) -> None:
        self.killer.begin(message.name if message.deadly else "")
        try:
            message.take()
            self.waiting.remove(message)
        except KilledError:
            # Only an interrupted call is left alone for so long; in truth every message comes back later.
            message.visible_at = self.now() + (
                self.settings.longest_run if message.name.startswith("send ") else timedelta(0)
            )
        finally:
            self.killer.begin("")


def _at_once(_: int) -> None:
    """Nobody waits in a test."""


@dataclass
class PlainTime:
    """A clock that moves when told to."""

    moment: datetime = datetime(2026, 11, 23, 0, 30, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment

    def advance(self, span: timedelta) -> None:
        self.moment += span
