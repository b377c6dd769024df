"""A plan above the bank's size starts nothing before somebody who is not its maker has approved it (S61)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from scrm.handover.approval import plan_checksum
from scrm.handover.edges import ChunkState, EdgeCause, EdgeState
from scrm.handover.errors import DecisionRefusedError, TransferPostponedError
from scrm.handover.model import OUR_PLAN, CaseState, HandoverCase, SignalSource
from scrm.handover.ports import HEAD_OFFICE
from scrm.handover.settings import HandoverSettings
from tests.fakes.handover import LEAVER, START, TAKER, FakeStaff, customers, signal, staff
from tests.unit.handover.conftest import Bank

MAKER, CHECKER, OTHER = "operator:maker", "operator:checker", "operator:other"
COLLEAGUE = "rm_zhou03"


@pytest.fixture
def bank() -> Bank:
    """Three customers, and plans for more than two need approval; the account is deleted already."""
    return Bank(
        settings=HandoverSettings(approval_above=2, approval_growth_percent=40),
        staff=FakeStaff([staff(LEAVER), staff(TAKER), staff(COLLEAGUE)]),
    )


def waiting(bank: Bank, *successors: str) -> HandoverCase:
    case = bank.plan(bank.open(*successors or (TAKER,)))
    assert case.state is CaseState.AWAITING_APPROVAL
    return case


def approve(bank: Bank, case: HandoverCase, actor: str = CHECKER, checksum: str = "") -> HandoverCase:
    seen = checksum or plan_checksum(bank.chunks(case))
    return bank.reviews().approve(case.case_id, seen, actor, bank.clock())


def reject(bank: Bank, case: HandoverCase, actor: str = CHECKER) -> HandoverCase:
    seen = plan_checksum(bank.chunks(case))
    return bank.reviews().reject(case.case_id, seen, "not to one person", actor, bank.clock())


def test_a_plan_above_the_size_waits_and_no_call_is_made(bank: Bank) -> None:
    case = waiting(bank)

    bank.submit_all(case)
    bank.poll(case)

    assert bank.wecom.calls == []
    assert bank.latest(case).plan_made_by == OUR_PLAN
    assert bank.journal.told.count(("planned", case.case_id)) == 1


@pytest.mark.parametrize("above", [3, None])
def test_a_plan_up_to_the_size_needs_nobody(bank: Bank, above: int | None) -> None:
    bank.settings = replace(bank.settings, approval_above=above)

    assert bank.plan(bank.open(TAKER)).state is CaseState.TRANSFERRING


def test_customers_whom_nobody_moves_do_not_count(bank: Bank) -> None:
    bank.book.customers[LEAVER] = customers(2) + customers(2, "half_added")

    assert bank.plan(bank.open(TAKER)).state is CaseState.TRANSFERRING


def test_an_approved_plan_starts(bank: Bank) -> None:
    case = waiting(bank)

    approve(bank, case)
    started = bank.plan(case)
    bank.submit_all(case)

    assert started.state is CaseState.TRANSFERRING
    assert started.review is not None
    assert (started.review.by, started.review.customers, started.review.approved) == (CHECKER, 3, True)
    assert len(bank.wecom.calls) == 2
    assert (f"handover.plan_approved:{CHECKER}", case.case_id) in bank.journal.told


def test_an_approval_whose_message_was_lost_is_taken_up_by_the_schedule(bank: Bank) -> None:
    case = waiting(bank)
    approve(bank, case)
    bank.queue.plans.clear()

    assert bank.reconcile().request_due(bank.clock()) == 1
    bank.poll(case)

    assert bank.queue.plans == [case.case_id]


def test_whoever_entered_it_in_hrs_system_made_the_plan_and_may_not_approve_it(bank: Bank) -> None:
    case = bank.plan(bank.tell(replace(signal(successors=(TAKER,)), actor=MAKER)))

    with pytest.raises(DecisionRefusedError, match="You made this plan"):
        approve(bank, case, MAKER)

    assert approve(bank, case, CHECKER).review is not None


def test_only_the_plan_that_was_shown_is_approved(bank: Bank) -> None:
    case = waiting(bank)
    shown = plan_checksum(bank.chunks(case))
    bank.reviews().replan(case.case_id, [COLLEAGUE], MAKER, bank.clock())
    bank.plan(case)

    with pytest.raises(DecisionRefusedError, match="another one than you have seen"):
        approve(bank, case, CHECKER, shown)

    assert bank.latest(case).review is None


@pytest.mark.parametrize(("added", "state"), [(1, CaseState.TRANSFERRING), (2, CaseState.AWAITING_APPROVAL)])
def test_an_approval_covers_a_few_customers_more_and_no_more(bank: Bank, added: int, state: CaseState) -> None:
    case = waiting(bank)
    approve(bank, case)
    bank.book.customers[LEAVER] = customers(3 + added)

    assert bank.plan(case).state is state


def test_a_plan_that_grew_while_it_ran_makes_no_further_call_and_what_runs_is_looked_at(bank: Bank) -> None:
    case = waiting(bank)
    approve(bank, case)
    bank.plan(case)
    bank.submit_all(case)
    bank.book.customers[LEAVER] = customers(6)
    calls = list(bank.wecom.calls)
    grown = bank.plan(case)

    bank.submit_all(case)
    bank.wecom.decide()
    bank.clock.advance(timedelta(hours=2))
    bank.poll(case)

    assert grown.state is bank.latest(case).state is CaseState.AWAITING_APPROVAL
    assert bank.wecom.calls == calls
    assert bank.states(case) == [EdgeState.DONE] * 3 + [EdgeState.PLANNED] * 3


def test_an_interrupted_call_is_looked_up_while_the_plan_waits_and_not_repeated(bank: Bank) -> None:
    case = waiting(bank)
    chunk = replace(bank.chunks(case)[0], state=ChunkState.INTENDED, intended_at=START)
    bank.cases.save_chunks([chunk])
    bank.clock.advance(timedelta(hours=1))

    bank.submit(case)

    assert bank.wecom.calls == []
    assert bank.chunks(case)[0].state is ChunkState.PLANNED


def test_a_deleted_account_does_not_stand_for_an_approval(bank: Bank) -> None:
    bank.wecom.accounts.add(LEAVER)
    case = bank.tell(signal(successors=(TAKER,), last_day=(START + timedelta(days=30)).date()))
    bank.plan(case)
    bank.wecom.accounts.discard(LEAVER)
    bank.tell(signal(SignalSource.CALLBACK, "evt-1"))

    assert bank.plan(case).state is CaseState.AWAITING_APPROVAL
    assert bank.poll(case).approval_overdue


@pytest.mark.parametrize(("days", "overdue"), [(30, False), (6, True)])
def test_a_plan_that_waits_alarms_when_its_start_is_near(bank: Bank, days: int, *, overdue: bool) -> None:
    bank.wecom.accounts.add(LEAVER)
    case = bank.tell(signal(successors=(TAKER,), last_day=(START + timedelta(days=days)).date()))
    bank.plan(case)

    assert bank.poll(case).approval_overdue is overdue


def test_the_manager_gets_one_card_for_each_plan_that_waits(bank: Bank) -> None:
    case = waiting(bank)
    assert list(bank.cases.due_cases(bank.clock())) == [case.case_id]

    for _ in range(3):
        bank.poll(case)
        bank.plan(case)

    assert [(to, title) for to, title, _ in bank.notifier.sent] == [("mgr_zhao", "客户继承：方案待复核")]
    text = bank.notifier.sent[0][2]
    assert "3 位客户、1 个客户群，接替成员 1 位" in text
    assert not list(bank.cases.due_cases(bank.clock()))

    bank.reviews().replan(case.case_id, [COLLEAGUE], MAKER, bank.clock())
    bank.plan(case)
    bank.poll(case)

    assert len(bank.notifier.sent) == 2
    assert bank.notifier.sent[1][2] != text


def test_a_card_that_has_to_wait_is_sent_later_and_a_branch_without_manager_gets_none(bank: Bank) -> None:
    bank.notifier.postponed = TransferPostponedError(START + timedelta(hours=1))
    case = waiting(bank)
    bank.poll(case)
    bank.plan(case)
    assert bank.latest(case).approval_asked == ""

    bank.notifier.postponed = None
    bank.staff.manager = HEAD_OFFICE
    told = bank.look(case).told

    assert (told.without_manager, bank.notifier.sent) == (1, [])
    assert bank.latest(case).approval_asked == plan_checksum(bank.chunks(case))


def test_what_hr_takes_back_needs_no_approval_to_end(bank: Bank) -> None:
    bank.wecom.accounts.add(LEAVER)
    case = bank.tell(signal(successors=(TAKER,), last_day=(START + timedelta(days=30)).date()))
    bank.plan(case)
    bank.tell(signal(event_id="hr-2", cancels=True))

    with pytest.raises(DecisionRefusedError):
        approve(bank, case)
    bank.poll(case)

    assert bank.latest(case).state is CaseState.CLOSED
    assert bank.states(case) == [EdgeState.KEPT] * 3


def test_a_rejected_plan_is_somebodys_work_until_another_one_is_approved(bank: Bank) -> None:
    case = waiting(bank)

    rejected = reject(bank, case)
    edges = list(bank.edges(case).values())
    bank.poll(case)

    assert rejected.state is bank.latest(case).state is CaseState.ATTENTION
    assert rejected.review is not None
    assert (rejected.review.approved, rejected.review.reason) == (False, "not to one person")
    assert {(e.state, e.cause, e.owner_userid) for e in edges} == {
        (EdgeState.MANUAL, EdgeCause.PLAN_REJECTED, "mgr_zhao")
    }

    bank.reviews().replan(case.case_id, [COLLEAGUE], CHECKER, bank.clock())
    another = bank.plan(case)
    with pytest.raises(DecisionRefusedError, match="You made this plan"):
        approve(bank, case, CHECKER)
    approve(bank, case, OTHER)
    bank.plan(case)
    bank.submit_all(case)

    assert another.state is CaseState.AWAITING_APPROVAL
    assert {taker for taker, _ in bank.wecom.calls} == {COLLEAGUE}
    assert len(bank.edges(case)) == 3


def test_customers_of_a_rejected_plan_who_are_offered_again_wait_for_another_approval(bank: Bank) -> None:
    case = waiting(bank)
    reject(bank, case)
    targets = list(bank.edges(case))

    offered = bank.decisions().reassign(case.case_id, bank.chunks(case)[0].kind, targets, COLLEAGUE, MAKER, START)
    bank.submit_all(case)

    assert (offered.state, offered.plan_made_by) == (CaseState.AWAITING_APPROVAL, MAKER)
    assert bank.wecom.calls == []


def test_reassigning_in_a_plan_that_waits_makes_it_the_reassigners_and_starts_nothing(bank: Bank) -> None:
    bank.book.customers[LEAVER] = [*customers(3), replace(customers(4)[3], hold="complaint")]
    case = waiting(bank)

    bank.decisions().reassign(case.case_id, bank.chunks(case)[0].kind, ["wm00003"], COLLEAGUE, MAKER, START)
    bank.submit_all(case)

    assert (bank.latest(case).state, bank.latest(case).plan_made_by) == (CaseState.AWAITING_APPROVAL, MAKER)
    assert bank.wecom.calls == []


def test_another_plan_is_refused_for_who_cannot_take_over_and_once_transfers_run(bank: Bank) -> None:
    case = waiting(bank)
    with pytest.raises(DecisionRefusedError, match="Successor 2 is the member himself"):
        bank.reviews().replan(case.case_id, [TAKER, LEAVER], MAKER, bank.clock())
    approve(bank, case)
    bank.plan(case)
    bank.submit_all(case)

    with pytest.raises(DecisionRefusedError, match="have begun"):
        bank.reviews().replan(case.case_id, [COLLEAGUE], MAKER, bank.clock())
