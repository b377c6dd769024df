"""The nightly audit: what WeCom or our own tables show as nobody's is found, mended and, a night later, resolved."""

import functools
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from scrm.handover.edges import ChunkKind, EdgeCause, EdgeState
from scrm.handover.errors import TransferPostponedError, TransferRefusedError
from scrm.handover.model import CaseState, HandoverCase, SignalSource
from scrm.handover.orphan_audit import OrphanAudit
from scrm.handover.orphans import AuditRun, AuditStep, OrphanFinding, OrphanKind
from scrm.handover.ports import LeaversCustomer
from scrm.handover.sweep import OrphanSweep
from tests.fakes.handover import CORP, LEAVER, TAKER, customers, signal, staff
from tests.fakes.orphans import FakeDeparted, FakeOrphans, FakeUnowned
from tests.unit.handover.conftest import Bank

FORGOTTEN = "rm_gone09"


class Night:
    """The audit over a bank, with the steps that the queue would bring."""

    def __init__(self, bank: Bank) -> None:
        self.bank = bank
        self.wecom = FakeUnowned()
        self.departed = FakeDeparted()
        self.orphans = FakeOrphans()

    def audit(self) -> OrphanAudit:
        bank = self.bank
        sweep = OrphanSweep(CORP, bank.cases, self.departed, bank.intake(), bank.queue, bank.settings.ids_per_call)
        return OrphanAudit(self.wecom, self.departed, self.bank.staff, sweep, self.orphans, self.bank.queue)

    def run(self) -> AuditRun:
        now = self.bank.clock()
        self.audit().start(f"audit_{now:%Y-%m-%dT%H}", now)
        ended = None
        while self.bank.queue.audits:
            ended = self.audit().take(self.bank.queue.audits.pop(0), self.bank.clock())
        assert ended is not None
        return ended

    def next_night(self) -> AuditRun:
        self.bank.clock.advance(timedelta(days=1))
        return self.run()

    def found(self) -> list[OrphanFinding]:
        return list(self.orphans.findings.values())


@pytest.fixture
def night(bank: Bank) -> Night:
    return Night(bank)


def finished(bank: Bank) -> HandoverCase:
    """A case of the leaver that has ended: all done."""
    case = bank.plan(bank.open(TAKER))
    bank.submit_all(case)
    bank.wecom.decide()
    bank.clock.advance(timedelta(hours=25))
    bank.poll(case)
    assert bank.latest(case).state is CaseState.CLOSED
    return case


def test_a_bank_without_orphans_is_audited_to_its_end(bank: Bank, night: Night) -> None:
    case = bank.plan(bank.open(TAKER))
    night.wecom.customers = [(LEAVER, edge, None) for edge in bank.edges(case)]
    night.wecom.groups = [("wr01", LEAVER)]
    night.departed.customers = {LEAVER: list(bank.edges(case))}

    ended = night.run()

    assert (ended.counts.listed, ended.counts.answered, ended.counts.departed) == (4, 4, 1)
    assert (ended.orphans, night.found()) == (0, [])
    assert night.orphans.runs[ended.run_id] == ended


def test_a_leaver_nobody_told_of_gets_a_case_and_his_customers_and_groups_an_edge(bank: Bank, night: Night) -> None:
    left_at = bank.clock() - timedelta(days=2)
    night.wecom.customers = [(FORGOTTEN, f"wm_lost{place}", left_at) for place in range(3)]
    night.wecom.groups = [("wr_lost", FORGOTTEN)]

    ended = night.run()

    case = bank.cases.by_id[night.found()[0].case_id]
    assert (ended.orphans, ended.counts.opened) == (4, 1)
    assert case.signals[0].source is SignalSource.SWEEP
    assert case.account_deleted_at == left_at
    assert bank.states(case) == [EdgeState.FALLBACK] * 3
    assert bank.states(case, ChunkKind.GROUPS) == [EdgeState.FALLBACK]
    assert case.case_id in bank.queue.polls


def test_a_leaver_with_groups_and_no_customers_gets_a_case(bank: Bank, night: Night) -> None:
    night.wecom.groups = [("wr_lost", FORGOTTEN)]

    night.run()

    (finding,) = night.found()
    assert (finding.kind, finding.target_ids) == (OrphanKind.OWNERLESS_GROUP, ("wr_lost",))
    assert bank.cases.by_id[finding.case_id].handover_userid == FORGOTTEN


def test_what_was_mended_is_resolved_by_the_next_audit(bank: Bank, night: Night) -> None:
    night.wecom.customers = [(FORGOTTEN, "wm_lost", None)]
    night.run()
    (first,) = night.found()

    ended = night.next_night()

    assert first.resolved_at is None
    assert [each.resolved_at for each in night.found()] == [bank.clock()]
    assert (ended.orphans, ended.counts.answered) == (0, 1)


def test_adopted_customers_find_a_taker_like_any_other(bank: Bank, night: Night) -> None:
    bank.staff.members[FORGOTTEN] = staff(FORGOTTEN, can_take_over=False)
    night.wecom.customers = [(FORGOTTEN, "wm_lost", bank.clock() - timedelta(days=2))]
    night.run()
    case = bank.cases.by_id[night.found()[0].case_id]

    bank.poll(bank.plan(case))

    (edge,) = bank.edges(case).values()
    assert (edge.state, bank.latest(case).state) == (EdgeState.PLANNED, CaseState.TRANSFERRING)


def test_customers_that_came_after_the_plan_join_the_open_case(bank: Bank, night: Night) -> None:
    case = bank.plan(bank.open(TAKER))
    night.wecom.customers = [(LEAVER, "wm00001", None), (LEAVER, "wm_late", None)]

    ended = night.run()

    assert bank.edges(case)["wm_late"].state is EdgeState.FALLBACK
    assert bank.edges(case)["wm00001"].state is EdgeState.PLANNED
    assert (ended.orphans, ended.counts.opened, len(bank.cases.by_id)) == (1, 0, 1)


def test_a_customer_whom_a_closed_case_holds_for_done_gets_another_case_and_another_proof(
    bank: Bank, night: Night
) -> None:
    before = finished(bank)
    night.wecom.customers = [(LEAVER, "wm00001", bank.clock())]

    night.run()

    (finding,) = night.found()
    assert finding.case_id != before.case_id
    assert bank.edges(bank.cases.by_id[finding.case_id]).keys() == {"wm00001"}
    assert bank.latest(before).state is CaseState.CLOSED


def test_a_customer_an_open_case_holds_for_done_is_offered_again(bank: Bank, night: Night) -> None:
    bank.staff.members = {LEAVER: staff(LEAVER), TAKER: staff(TAKER)}
    case = bank.plan(bank.open(TAKER))
    bank.submit_all(case)
    bank.wecom.decide(only="wm00001")
    bank.poll(case)
    night.wecom.customers = [(LEAVER, "wm00001", None)]

    night.run()

    assert bank.edges(case)["wm00001"].state is EdgeState.FALLBACK
    assert len(bank.edges(case)["wm00001"].attempts) == 1


def test_a_case_that_is_still_to_be_planned_answers_for_the_customers_we_know(bank: Bank, night: Night) -> None:
    case = bank.open(TAKER)
    night.wecom.customers = [(LEAVER, "wm00001", None), (LEAVER, "wm_unknown", None)]
    night.departed.customers = {LEAVER: ["wm00001"]}

    ended = night.run()

    assert (ended.orphans, ended.counts.answered) == (1, 1)
    assert bank.edges(case).keys() == {"wm_unknown"}


def test_a_relation_of_a_departed_member_that_is_in_no_case_is_found_from_our_side(bank: Bank, night: Night) -> None:
    finished(bank)
    night.departed.customers = {LEAVER: ["wm00001", "wm_unseen"], FORGOTTEN: ["wm_ours"], "rm_nothing": []}

    ended = night.run()

    found = {each.leaver_userid: (each.kind, each.target_ids) for each in night.found()}
    assert found == {
        LEAVER: (OrphanKind.UNCOVERED_RELATION, ("wm_unseen",)),
        FORGOTTEN: (OrphanKind.UNCOVERED_RELATION, ("wm_ours",)),
    }
    assert (ended.counts.departed, ended.counts.opened) == (3, 2)


def test_an_open_case_learns_from_wecoms_list_that_the_account_is_gone(bank: Bank, night: Night) -> None:
    bank.wecom.accounts.add(LEAVER)
    case = bank.plan(bank.tell(signal(last_day=bank.clock().date() + timedelta(days=30))))
    bank.tell(signal(event_id="hr-2", at=bank.clock() + timedelta(minutes=1), cancels=True))
    night.wecom.customers = [(LEAVER, "wm_unknown", bank.clock())]

    night.run()

    assert bank.latest(case).account_deleted
    assert bank.latest(case).cancelled_at is None
    assert [told.source for told in bank.latest(case).signals][-1] is SignalSource.SWEEP


def test_who_joined_an_open_case_that_ends_before_his_plan_gets_a_case_in_the_next_night(
    bank: Bank, night: Night
) -> None:
    bank.wecom.accounts.add(LEAVER)
    case = bank.plan(bank.tell(signal(last_day=(bank.clock() + timedelta(days=4)).date())))
    bank.submit_all(case)
    bank.wecom.decide()
    bank.wecom.accounts.discard(LEAVER)
    bank.book.customers[LEAVER] = [*customers(3), LeaversCustomer("wm_late")]
    night.wecom.customers = [(LEAVER, "wm_late", None)]
    night.departed.customers = {LEAVER: ["wm_late"]}
    night.run()
    assert bank.latest(case).is_open
    bank.clock.advance(timedelta(hours=25))
    bank.poll(case)
    bank.plan(case)

    night.next_night()

    another = bank.cases.latest_case_of(LEAVER)
    assert bank.latest(case).state is CaseState.CLOSED
    assert another is not None
    assert (another[0].is_open, another[1]) == (True, 2)
    bank.clock.advance(timedelta(days=1))  # until then HR may still say a word
    assert "wm_late" in bank.edges(bank.plan(another[0]))


def test_a_case_that_was_taken_back_answers_for_nobody(bank: Bank, night: Night) -> None:
    case = bank.open(TAKER)
    bank.tell(signal(event_id="hr-2", at=bank.clock() + timedelta(minutes=1), cancels=True))
    night.wecom.customers = [(LEAVER, "wm00001", bank.clock())]
    night.departed.customers = {LEAVER: ["wm00001"]}

    ended = night.run()

    assert ended.orphans == 1
    assert bank.latest(case).cancelled_at is None
    assert case.case_id in bank.queue.plans


def test_a_customer_we_know_is_planned_like_any_other_so_that_a_hold_is_minded(bank: Bank, night: Night) -> None:
    case = bank.plan(bank.open(TAKER))
    bank.book.customers[LEAVER].append(LeaversCustomer("wm_held", hold="complaint"))
    night.wecom.customers = [(LEAVER, "wm_held", None)]
    night.departed.customers = {LEAVER: ["wm_held"]}
    bank.queue.plans.clear()

    night.run()
    asked = list(bank.queue.plans)
    bank.plan(bank.latest(case))

    edge = bank.edges(case)["wm_held"]
    assert set(asked) == {case.case_id}
    assert (edge.state, edge.cause) == (EdgeState.MANUAL, EdgeCause.ON_HOLD)


def test_a_page_that_wecom_refuses_for_now_is_not_lost(bank: Bank, night: Night) -> None:
    night.wecom.customers = [(FORGOTTEN, "wm_lost", None)]
    night.audit().start("audit_1", bank.clock())
    step = bank.queue.audits.pop()
    night.wecom.fail_next = TransferPostponedError(bank.clock() + timedelta(hours=1))

    with pytest.raises(TransferPostponedError):
        night.audit().take(step, bank.clock())
    night.audit().take(step, bank.clock())

    assert [each.target_ids for each in night.found()] == [("wm_lost",)]


def test_a_list_whose_cursor_wecom_forgot_is_read_from_its_start(bank: Bank, night: Night) -> None:
    step = AuditStep("audit_1", bank.clock(), cursor="2")
    night.wecom.fail_next = TransferRefusedError(40035)

    night.audit().take(step, bank.clock())

    assert bank.queue.audits == [replace(step, cursor="")]


def test_a_list_that_wecom_refuses_outright_fails_loudly(bank: Bank, night: Night) -> None:
    night.wecom.fail_next = TransferRefusedError(48002)

    with pytest.raises(TransferRefusedError):
        night.audit().take(AuditStep("audit_1", bank.clock()), bank.clock())


def test_a_run_that_ended_is_not_begun_again(bank: Bank, night: Night) -> None:
    night.run()

    night.audit().start(f"audit_{bank.clock():%Y-%m-%dT%H}", bank.clock())

    assert bank.queue.audits == []


class KilledError(Exception):
    """The process ends here."""


def _dying(target: object, name: str, *, after: bool) -> Callable[[], None]:
    """Make the next call of a method the last of its process; the answer undoes it."""
    real = getattr(target, name)

    def die(*args: object, **more: object) -> object:
        undo()
        if after:
            real(*args, **more)
        raise KilledError

    def undo() -> None:
        setattr(target, name, real)

    setattr(target, name, die)
    return undo


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize(
    ("owner", "method"),
    [
        ("orphans", "begin"),
        ("orphans", "keep"),
        ("orphans", "resolve"),
        ("orphans", "finish"),
        ("cases", "open_case"),
        ("cases", "save"),
        ("cases", "save_chunks"),
        ("queue", "request_audit"),
        ("queue", "request_polls"),
    ],
)
def test_killed_before_or_after_any_write_the_audit_ends_the_same(
    bank: Bank,
    night: Night,
    owner: str,
    method: str,
    after: bool,  # noqa: FBT001 - pytest passes it
) -> None:
    case = bank.plan(bank.open(TAKER))
    bank.submit_all(case)
    bank.wecom.decide(only="wm00001")
    bank.poll(case)
    old = OrphanFinding(
        "orphan_old", "audit_0", OrphanKind.OWNERLESS_GROUP, "rm_x", "/1/", "c", ("wr",), case.opened_at
    )
    night.orphans.keep(old)
    night.wecom.customers = [(LEAVER, "wm00001", None), (FORGOTTEN, "wm_lost", None), (FORGOTTEN, "wm_lost2", None)]
    night.wecom.groups = [("wr_lost", FORGOTTEN)]
    bank.clock.advance(timedelta(hours=1))
    now = bank.clock()
    target = {"orphans": night.orphans, "cases": bank.cases, "queue": bank.queue}[owner]
    undo = _dying(target, method, after=after)
    kills = 0

    def as_often_as_it_takes(invocation: Callable[[], object]) -> None:
        nonlocal kills
        try:
            invocation()
        except KilledError:
            kills += 1
            invocation()

    as_often_as_it_takes(lambda: night.audit().start("audit_1", now))
    while bank.queue.audits:
        step = bank.queue.audits.pop(0)
        as_often_as_it_takes(functools.partial(lambda step: night.audit().take(step, now), step))
    undo()

    run = night.orphans.runs["audit_1"]
    forgotten = bank.cases.by_id[next(each.case_id for each in night.found() if each.leaver_userid == FORGOTTEN)]
    assert kills == 1
    assert run.finished_at == now
    assert run.orphans == 4
    assert night.orphans.findings["orphan_old"].resolved_at == now
    assert bank.edges(case)["wm00001"].state is EdgeState.FALLBACK
    assert bank.edges(forgotten).keys() == {"wm_lost", "wm_lost2"}
    assert bank.edges(forgotten, ChunkKind.GROUPS).keys() == {"wr_lost"}
    assert len(bank.cases.by_id) == 2
