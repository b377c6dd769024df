"""A bank in one process: the handover's use cases on in-memory adapters, WeCom the simulator behind real HTTP.

The adapters pass one conformance suite with the tables, buckets and queues (tests/integration: test_handover_tables.py,
test_contact_table.py, test_certificates.py, test_handover_ports.py). Messages lie in memory; the run takes them one by
one, kills their reader where it is told to, and gives them out again as SQS would.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import batched
from math import ceil
from typing import Any, cast

from local.simulator.server import RunningSimulator, running_simulator
from scrm import clock
from scrm.contacts.changes import ContactChanges, Taken
from scrm.contacts.full_pass import FullPass
from scrm.contacts.groups import GroupChanges
from scrm.contacts.runs import Part
from scrm.contacts.writer import CustomerWriter
from scrm.handover.delivery import PackageDelivery
from scrm.handover.edges import Chunk, ChunkKind, Edge, TransferApi
from scrm.handover.errors import until_current
from scrm.handover.model import HandoverCase, StaffSignal
from scrm.handover.ports import Delivery
from scrm.runtime.customer_book import ContactCustomerBook
from scrm.runtime.http.answers import AnsweredOnce
from scrm.runtime.http.decisions import DecidedOnce
from scrm.runtime.http.models import CloseRequest
from scrm.wecom.breaker import CircuitBreaker
from scrm.wecom.client import WecomClient
from scrm.wecom.exchange import HttpExchange
from scrm.wecom.governor import RateGovernor
from scrm.wecom.governor_state import Priority
from scrm.wecom.sources import WecomCustomers
from scrm.wecom.transfers import WecomTransfers
from scrm.wecom.transport import AppCredentials, GuardedExchange, Pause, WecomTransport, token_broker
from tests.fakes.answers import FakeAnswers
from tests.fakes.contacts import FakeContacts, FakeSyncRuns
from tests.fakes.handover import (
    CORP,
    FakeCases,
    FakeCertificates,
    FakeClock,
    FakeCustomers,
    FakeJournal,
    FakeNotifier,
    FakePackages,
    FakePart,
    FakeQueue,
    FakeRmTasks,
    FakeStaff,
    FakeTransfers,
)
from tests.fakes.handover import FakeContacts as FakeContactRecords
from tests.fakes.wecom import MemoryRateStore, MemoryTokenStore
from tests.killing import KilledError, Killer, KillPlace, redelivered_after, remote
from tests.unit.handover.conftest import Bank

TICK = timedelta(minutes=10)  # of the reconcile schedule
OPERATOR = "operator:op-1"
_CHUNKS_PER_MESSAGE = 2  # fewer than in production: a killed reader repeats its whole message
_CUSTOMERS_PER_MESSAGE = 100
_COPIES = 2


class SimulatorClock(FakeClock):
    """The simulator's time, which is the product's as well."""

    def __init__(self, sim: RunningSimulator) -> None:
        super().__init__()
        self._sim = sim

    def __call__(self) -> datetime:
        return clock.now()

    def advance(self, step: timedelta) -> None:
        answer = self._sim.control.advance(max(0.0, step.total_seconds()))
        clock.advance_to(timedelta(seconds=answer["offset_seconds"]))


@dataclass
class Message:
    """What a function will do, and when; ``place`` is where its reader dies next, None when it lives."""

    queue: str
    take: Callable[[], Any]
    visible_at: datetime
    place: KillPlace | None


def _nothing(_: object) -> None:
    """Metrics and alarms are not of interest here."""


class CountedTransfers(WecomTransfers):
    """Notes each call that asks WeCom to move customers, as (taker, customers), and tells ``run`` before it."""

    def __init__(self, client: WecomClient, run: "SimulatedHandover") -> None:
        super().__init__(client, _nothing)
        self._run = run

    def transfer_customers(
        self,
        api: TransferApi,
        handover_userid: str,
        takeover_userid: str,
        external_userids: Sequence[str],
        greeting: str = "",
        following: int = 0,
    ) -> dict[str, int]:
        self._run.before_transfer(len(self._run.transfer_calls))
        self._run.transfer_calls.append((takeover_userid, tuple(external_userids)))
        pair = handover_userid, takeover_userid
        return super().transfer_customers(api, *pair, external_userids, greeting, following)


class Queues:
    """Implements HandoverQueue and ContactRecords; remembers every message, so that all can come once more."""

    def __init__(self, run: "SimulatedHandover") -> None:
        self._run = run
        self.waiting: list[Message] = []
        self.sent: list[tuple[str, Callable[[], Any]]] = []
        self._copies: Counter[Hashable] = Counter()

    def send(
        self, queue: str, take: Callable[[], Any], same_as: Hashable = None, not_before: datetime | None = None
    ) -> None:
        """Of messages that say the same, known by ``same_as``, the first one's reader dies everywhere; the second one
        is a plain repeat, and more would show nothing new.
        """
        copy = self._copies[same_as] if same_as is not None else 0
        self._copies[same_as] += 1
        if copy < _COPIES:
            place = KillPlace() if self._run.kill_everywhere and not copy else None
            self.waiting.append(Message(queue, take, not_before or clock.now(), place))
            self.sent.append((queue, take))

    def request_plan(self, case_id: str) -> None:
        self.send("handover", partial(self._run.plan, case_id))

    def request_transfers(self, chunks: Sequence[Chunk]) -> None:
        for kind in ChunkKind:
            numbers = [chunk.number for chunk in chunks if chunk.kind is kind]
            for part in batched(numbers, _CHUNKS_PER_MESSAGE, strict=False):
                self.send("handover", partial(self._run.submit, chunks[0].case_id, kind, part))

    def request_polls(self, case_ids: Sequence[str]) -> None:
        for case_id in case_ids:
            self.send("reconcile", partial(self._run.poll, case_id))

    def request_deliveries(self, deliveries: Sequence[Delivery], not_before: datetime | None = None) -> None:
        for delivery in deliveries:
            step = delivery.takeover_userid, tuple(delivery.chunks.items()), delivery.part, delivery.cursor
            same = step if not_before is None else None
            self.send("reconcile", partial(self._run.deliver, delivery), same, not_before)

    def customers_taken_over(
        self, case: HandoverCase, takeover_userid: str, external_userids: Sequence[str], api: TransferApi, at: datetime
    ) -> None:
        on_job = api is TransferApi.ON_JOB
        for part in batched(external_userids, _CUSTOMERS_PER_MESSAGE, strict=False):
            taken = Taken(case.case_id, case.handover_userid, takeover_userid, part, at, on_job)
            self.send("contact", partial(self._run.taken_over, taken), same_as=part)

    def quota_counted(self, case: HandoverCase, external_userids: Sequence[str], at: datetime, *, full: bool) -> None:
        for part in batched(external_userids, _CUSTOMERS_PER_MESSAGE, strict=False):
            count = partial(self._run.quota_counted, case.case_id, part, at, full=full)
            self.send("contact", count, same_as=(part, full))

    def groups_taken_over(self, case: HandoverCase, chat_ids: Sequence[str], at: datetime) -> None:
        for chat_id in chat_ids:
            self.send("contact", partial(self._run.group_changed, chat_id), same_as=chat_id)


class SimulatedHandover:
    """One bank. ``kill_everywhere``: each reader dies once before and once after each remote call and write of its.

    ``part`` is what follows the customers: its ``notes`` are what the leaver knows of them. ``hidden`` is how long
    nothing happened but that messages of dead readers stayed hidden. ``transfer_calls`` are the calls that asked WeCom
    to move customers, as (taker, customers); ``before_transfer`` hears how many came before each.
    """

    def __init__(self, sim: RunningSimulator, secret: str, staff: FakeStaff) -> None:
        self.sim = sim
        self.clock = SimulatorClock(sim)
        self.killer = Killer()
        self.kill_everywhere = False
        self.hidden = timedelta(0)
        self.cases = FakeCases()
        self.relations = FakeContacts()
        self.queues = Queues(self)
        self.transfer_calls: list[tuple[str, tuple[str, ...]]] = []
        self.before_transfer: Callable[[int], object] = _nothing
        self.certificates = FakeCertificates()
        self.part, self.packages = FakePart({}), FakePackages()
        self.tasks, self.notifier = FakeRmTasks(), FakeNotifier()
        self._journal, self._answers = FakeJournal(), FakeAnswers()
        self._secret = secret
        self._staff = staff
        self._rates, self._tokens = MemoryRateStore(), MemoryTokenStore()
        self.restart()

    def restart(self) -> None:
        """A new process: of the old one only the stores are left."""
        self.client = self._wecom_client()
        stored = remote(self.relations, self.killer)
        queues = remote(self.queues, self.killer)
        self.bank = Bank(
            cases=remote(self.cases, self.killer),
            staff=self._staff,
            book=cast("FakeCustomers", self._book(stored)),
            wecom=cast("FakeTransfers", CountedTransfers(self.client, self)),
            queue=cast("FakeQueue", queues),
            contacts=cast("FakeContactRecords", queues),
            journal=remote(self._journal, self.killer),
            certificates=remote(self.certificates, self.killer),
            part=remote(self.part, self.killer),
            packages=remote(self.packages, self.killer),
            tasks=remote(self.tasks, self.killer),
            notifier=remote(self.notifier, self.killer),
            clock=self.clock,
        )

    def _wecom_client(self) -> WecomClient:
        pause = Pause(now=clock.now, sleep=lambda seconds: self.clock.advance(timedelta(seconds=seconds)))
        exchange = GuardedExchange(
            remote(HttpExchange(self.sim.base_url), self.killer),
            RateGovernor(self._rates),
            CircuitBreaker(self._rates),
            Priority.HANDOVER,
            pause=pause,
        )
        broker = token_broker(
            exchange, self._tokens, "contacts", lambda: AppCredentials(CORP, self._secret), pause=pause
        )
        return WecomClient(WecomTransport(exchange, broker, pause=pause), lambda: 1000002)

    def _book(self, relations: FakeContacts) -> ContactCustomerBook:
        believed = Bank().settings.quota_believed_for
        return ContactCustomerBook(relations, tier_tags={}, language_tags={}, full_for=believed, now=clock.now)

    # What the functions do

    def tell(self, told: StaffSignal) -> None:
        """A word of HR or of WeCom comes to the staff queue."""
        self.queues.send("staff", lambda: until_current(lambda: self.bank.intake().take(told, clock.now())))

    def plan(self, case_id: str) -> None:
        until_current(lambda: self.bank.plan(self.cases.by_id[case_id]))

    def submit(self, case_id: str, kind: ChunkKind, numbers: tuple[int, ...]) -> None:
        until_current(lambda: self.bank.submit(self.cases.by_id[case_id], kind, *numbers))

    def poll(self, case_id: str) -> None:
        until_current(lambda: self.bank.look(self.cases.by_id[case_id]))

    def deliver(self, delivery: Delivery) -> None:
        bank = self.bank
        steps = PackageDelivery(bank.cases, [bank.part], bank.packages, bank.tasks, bank.queue)
        until_current(lambda: steps.deliver(delivery, clock.now()))

    def operator_closes(self, reason: str) -> int:
        """An operator ends the case by hand; while no answer comes he sends the very same request again.

        How many remote calls his request made, at each of which its function died once before and once after.
        """
        self.queues.send("operator", partial(self._close, self.case.case_id, CloseRequest(reason=reason)))
        request = self.queues.waiting[-1]
        while request in self.queues.waiting:
            self._deliver(request)
        return request.place.number if request.place else 0

    def _close(self, case_id: str, request: CloseRequest) -> None:
        once = DecidedOnce(AnsweredOnce(remote(self._answers, self.killer), clock.now))
        decisions = self.bank.decisions()
        once.decide(case_id, "key-1", request, lambda: decisions.close(case_id, request.reason, OPERATOR, clock.now()))

    def look_at_due(self) -> None:
        """The schedule comes once; a run of it that dies is followed by the next one."""
        self.bank.reconcile().request_due(clock.now())

    def taken_over(self, taken: Taken) -> None:
        self._changes().taken_over(taken)

    def quota_counted(self, case_id: str, external_userids: Sequence[str], at: datetime, *, full: bool) -> None:
        self._changes().quota_counted(case_id, external_userids, at, full=full)

    def group_changed(self, chat_id: str) -> None:
        GroupChanges(WecomCustomers(self.client), remote(self.relations, self.killer)).changed(chat_id)

    def _changes(self) -> ContactChanges:
        stored = remote(self.relations, self.killer)
        return ContactChanges(WecomCustomers(self.client), stored, CustomerWriter(stored, clock.now))

    def full_pass(self) -> None:
        """The relation table becomes WeCom's."""
        source = WecomCustomers(self.client)
        whole = FullPass(
            source=source,
            repository=self.relations,
            writer=CustomerWriter(self.relations, clock.now),
            groups=GroupChanges(source, self.relations),
            runs=FakeSyncRuns(),
            on_part=_nothing,
            on_finished=_nothing,
        )
        for part in whole.open_parts(whole.plan("pass", clock.now())):
            left: Part | None = part
            while left is not None:
                left = whole.step(left)

    # Time and messages

    def pass_time(self, span: timedelta) -> None:
        """Work and time; killed readers spend time as well. The schedule's ticks that find nothing due are left out."""
        until = clock.now() + span
        self.run_until_idle()
        self.look_at_due()
        self.run_until_idle()
        while clock.now() < until:
            idle = min(self._next_due(), until) - clock.now()
            ticks = max(1, ceil(idle / TICK))
            self.clock.advance(min(ticks * TICK, until - clock.now()))
            self.look_at_due()
            self.run_until_idle()

    def _next_due(self) -> datetime:
        known = (case.due_at for case in self.cases.by_id.values())
        return min((due for due in known if due is not None), default=datetime.max.replace(tzinfo=UTC))

    def run_until_idle(self, at_most: int = 20_000) -> None:
        for _ in range(at_most):
            if not self.queues.waiting:
                return
            message = min(self.queues.waiting, key=lambda one: one.visible_at)
            if message.visible_at > clock.now():
                self.hidden += message.visible_at - clock.now()
                self.clock.advance(message.visible_at - clock.now())
            self._deliver(message)
        raise AssertionError("the bank never comes to rest")

    def _deliver(self, message: Message) -> None:
        self.killer.begin(message.place)
        try:
            message.take()
            self.queues.waiting.remove(message)
        except KilledError:
            assert message.place is not None
            message.place = message.place.following()
            message.visible_at = clock.now() + redelivered_after(message.queue)
            self.restart()
        finally:
            self.killer.armed = False

    # What became of it

    @property
    def case(self) -> HandoverCase:
        """The only one there is."""
        (case,) = self.cases.by_id.values()
        return case

    def edges(self, kind: ChunkKind = ChunkKind.CUSTOMERS) -> Mapping[str, Edge]:
        return self.bank.edges(self.case, kind)


@contextmanager
def simulated_handover(world: dict[str, Any], staff: FakeStaff) -> Iterator[SimulatedHandover]:
    """A bank over a corp of its own, from its relations on."""
    (app,) = (each for each in world["apps"] if each["app"] == "contacts")
    with running_simulator(world) as sim:
        run = SimulatedHandover(sim, app["secret"], staff)
        try:
            run.clock.advance(timedelta(0))
            yield run
        finally:
            clock.reset()
