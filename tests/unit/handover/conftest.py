"""The handover's use cases over in-memory ports."""

from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from scrm.handover.calls import TransferOutcome
from scrm.handover.certificate import Certification
from scrm.handover.decisions import CaseDecisions
from scrm.handover.delivery import DeliveryOutcome, PackageDelivery
from scrm.handover.edges import Chunk, ChunkKind, Edge, EdgeState
from scrm.handover.follow_up import FollowUp
from scrm.handover.intake import HandoverIntake
from scrm.handover.model import ChangeKind, HandoverCase, StaffSignal
from scrm.handover.packages import PackageCollection
from scrm.handover.plan_review import PlanReviews
from scrm.handover.planning import HandoverPlanning
from scrm.handover.ports import Delivery
from scrm.handover.reconcile import HandoverReconcile, PollResult
from scrm.handover.settings import HandoverSettings
from scrm.handover.transfer import ChunkTransfer
from tests.fakes.handover import (
    LEAVER,
    TAKER,
    FakeCases,
    FakeCertificates,
    FakeClock,
    FakeContacts,
    FakeCustomers,
    FakeJournal,
    FakeNotifier,
    FakePackages,
    FakePart,
    FakeQueue,
    FakeRmTasks,
    FakeStaff,
    FakeTransfers,
    customers,
    signal,
    staff,
)


@dataclass
class Bank:
    """Everything a handover touches, with the verbs that the functions would call."""

    cases: FakeCases = field(default_factory=FakeCases)
    staff: FakeStaff = field(default_factory=lambda: FakeStaff([staff(LEAVER), staff(TAKER)]))
    book: FakeCustomers = field(default_factory=lambda: FakeCustomers({LEAVER: customers(3)}, {LEAVER: ["wr01"]}))
    wecom: FakeTransfers = field(default_factory=FakeTransfers)
    queue: FakeQueue = field(default_factory=FakeQueue)
    contacts: FakeContacts = field(default_factory=FakeContacts)
    journal: FakeJournal = field(default_factory=FakeJournal)
    certificates: FakeCertificates = field(default_factory=FakeCertificates)
    clock: FakeClock = field(default_factory=FakeClock)
    part: FakePart = field(default_factory=lambda: FakePart({}))
    packages: FakePackages = field(default_factory=FakePackages)
    tasks: FakeRmTasks = field(default_factory=FakeRmTasks)
    notifier: FakeNotifier = field(default_factory=FakeNotifier)
    settings: HandoverSettings = field(default_factory=lambda: HandoverSettings(approval_above=None))

    def intake(self) -> HandoverIntake:
        return HandoverIntake(self.cases, self.staff, self.queue, self.journal, self.settings)

    def reconcile(self) -> HandoverReconcile:
        return HandoverReconcile(
            self.cases,
            self.staff,
            self.book,
            self.wecom,
            self.queue,
            self.contacts,
            self.journal,
            lambda: Certification(self.certificates, self.packages),
            FollowUp(self.notifier, self.settings),
            self.settings,
        )

    def open(self, *successors: str) -> HandoverCase:
        """The case of a leaver whose departure HR tells."""
        return self.tell(signal(successors=successors))

    def tell(self, told: StaffSignal) -> HandoverCase:
        case, _ = self.intake().take(told, self.clock())
        assert case is not None
        return case

    def tell_transfer(self) -> HandoverCase:
        """The case of a member who gets another post in four days; his account stays."""
        self.wecom.accounts.add(LEAVER)
        return self.tell(signal(change=ChangeKind.TRANSFER, last_day=(self.clock() + timedelta(days=4)).date()))

    def plan(self, case: HandoverCase) -> HandoverCase:
        planning = HandoverPlanning(
            self.cases, self.staff, self.book, self.wecom, self.queue, self.journal, self.settings
        )
        return planning.plan(case.case_id, self.clock())

    def submit(self, case: HandoverCase, kind: ChunkKind = ChunkKind.CUSTOMERS, *numbers: int) -> list[TransferOutcome]:
        packages = PackageCollection([self.part], self.packages)
        transfer = ChunkTransfer(self.cases, self.staff, self.wecom, packages, self.settings)
        return transfer.submit(case.case_id, kind, numbers or (0,), self.clock)

    def submit_all(self, case: HandoverCase) -> None:
        for chunk in self.chunks(case):
            self.submit(case, chunk.kind, chunk.number)

    def decisions(self) -> CaseDecisions:
        return CaseDecisions(self.cases, self.staff, self.book, self.queue, self.journal, self.settings)

    def reviews(self) -> PlanReviews:
        return PlanReviews(self.cases, self.staff, self.book, self.queue, self.journal, self.settings)

    def poll(self, case: HandoverCase) -> PollResult:
        """One look, and the deliveries it asks for with the looks that they ask for, to their end."""
        result = self.look(case)
        while self.queue.deliveries:
            asked = len(self.queue.polls)
            self.deliver()
            if self.queue.polls[asked:]:
                later = self.look(case)
                result = replace(result, closed=result.closed or later.closed)
        return result

    def look(self, case: HandoverCase) -> PollResult:
        """One look alone."""
        return self.reconcile().poll(case.case_id, self.clock)

    def deliver(self) -> DeliveryOutcome:
        """The oldest step that was asked for."""
        return self.deliver_step(self.queue.deliveries.pop(0))

    def deliver_step(self, step: Delivery) -> DeliveryOutcome:
        delivery = PackageDelivery(self.cases, [self.part], self.packages, self.tasks, self.queue)
        return delivery.deliver(step, self.clock())

    def chunks(self, case: HandoverCase) -> list[Chunk]:
        loaded = self.cases.load(case.case_id)
        return loaded[1] if loaded else []

    def edges(self, case: HandoverCase, kind: ChunkKind = ChunkKind.CUSTOMERS) -> dict[str, Edge]:
        """By id: an edge is in one chunk."""
        found = [edge for chunk in self.chunks(case) if chunk.kind is kind for edge in chunk.edges]
        assert len({edge.target_id for edge in found}) == len(found)
        return {edge.target_id: edge for edge in sorted(found, key=lambda edge: edge.target_id)}

    def states(self, case: HandoverCase, kind: ChunkKind = ChunkKind.CUSTOMERS) -> list[EdgeState]:
        return [edge.state for edge in self.edges(case, kind).values()]

    def latest(self, case: HandoverCase) -> HandoverCase:
        return self.cases.by_id[case.case_id]


@pytest.fixture
def bank() -> Bank:
    return Bank()
