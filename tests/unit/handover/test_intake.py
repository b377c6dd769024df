from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import permutations

import pytest

from scrm.handover.intake import IntakeOutcome
from scrm.handover.model import CaseOutcome, CaseState, ChangeKind, HandoverCase, SignalSource, StaffSignal
from tests.fakes.handover import LEAVER, START, TAKER, signal, staff
from tests.unit.handover.conftest import Bank

HR = signal(event_id="hr-1", successors=(TAKER,))
CALLBACK = signal(SignalSource.CALLBACK, "evt_1", at=START + timedelta(days=3))


def test_departure_opens_a_case_of_the_leavers_node_and_asks_for_its_plan(bank: Bank) -> None:
    case, outcome = take(bank, HR, START)

    assert outcome is IntakeOutcome.OPENED
    assert (case.handover_userid, case.node_path, case.requested_successors) == (LEAVER, "/1/10/", (TAKER,))
    assert bank.queue.plans == [case.case_id]
    assert bank.journal.told == [("opened", case.case_id)]


@pytest.mark.parametrize("order", list(permutations([HR, CALLBACK, HR, CALLBACK])))
def test_two_sources_told_in_any_order_and_twice_are_one_case(bank: Bank, order: tuple[StaffSignal, ...]) -> None:
    for told in order:
        take(bank, told, START)

    assert len(bank.cases.by_id) == 1
    (case,) = bank.cases.by_id.values()
    assert {record.event_id for record in case.signals} == {"hr-1", "evt_1"}
    assert len(case.signals) == 2
    assert case.requested_successors == (TAKER,)


def test_signal_is_repeated_to_the_queue_because_a_crash_may_have_lost_the_first_request(bank: Bank) -> None:
    take(bank, HR, START)
    case, outcome = take(bank, HR, START)

    assert outcome is IntakeOutcome.ATTACHED
    assert bank.queue.plans == [case.case_id, case.case_id]


def test_late_echo_of_a_closed_departure_opens_nothing(bank: Bank) -> None:
    case = _closed_case(bank)

    again, outcome = take(bank, CALLBACK, START + timedelta(days=10))

    assert outcome is IntakeOutcome.ATTACHED
    assert again.case_id == case
    assert len(bank.cases.by_id) == 1


LAST_DAY = date(2026, 12, 4)
HANDED_OVER_AT = START + timedelta(days=5)
DELETED = signal(SignalSource.CALLBACK, "evt_2", at=START + timedelta(days=12))
OVER = signal(event_id="hr-2", at=START + timedelta(days=12))
SAME_DAY = signal(event_id="hr-3", at=START + timedelta(days=12), last_day=LAST_DAY)


@pytest.mark.parametrize("told", [DELETED, OVER, SAME_DAY])
def test_what_follows_a_departure_that_was_handed_over_on_the_job_opens_nothing(bank: Bank, told: StaffSignal) -> None:
    case = _handed_over_on_the_job(bank)

    again, outcome = take(bank, told, told.occurred_at)

    assert (again.case_id, outcome) == (case.case_id, IntakeOutcome.ATTACHED)
    assert again.signals[-1].note == "came after the end"
    assert again.account_deleted is told.account_deleted


@pytest.mark.parametrize("days", [20, 400])
def test_another_last_day_is_another_departure(bank: Bank, days: int) -> None:
    _handed_over_on_the_job(bank)
    at = START + timedelta(days=days)

    _, outcome = take(bank, signal(event_id="hr-4", at=at, last_day=(at + timedelta(days=9)).date()), at)

    assert outcome is IntakeOutcome.OPENED


def test_a_departure_told_long_after_the_last_one_is_another(bank: Bank) -> None:
    _handed_over_on_the_job(bank)
    at = START + timedelta(days=400)

    _, outcome = take(bank, signal(event_id="hr-4", at=at), at)

    assert outcome is IntakeOutcome.OPENED


def test_member_who_came_back_and_leaves_again_gets_a_second_case(bank: Bank) -> None:
    first = _closed_case(bank)
    bank.staff.members[LEAVER] = staff(LEAVER, rejoined_at=START + timedelta(days=100))

    second, outcome = take(bank, signal(event_id="hr-2", at=START + timedelta(days=200)), START + timedelta(days=200))

    assert outcome is IntakeOutcome.OPENED
    assert second.case_id != first
    assert bank.cases.latest[LEAVER] == (second.case_id, 2)


def test_deletion_told_after_the_member_came_back_opens_nothing_and_leaves_an_open_case_alone(bank: Bank) -> None:
    bank.staff.members[LEAVER] = staff(LEAVER, rejoined_at=CALLBACK.occurred_at + timedelta(days=1))
    nothing = bank.intake().take(CALLBACK, START + timedelta(days=9))
    case = bank.tell(signal(event_id="hr-2", at=START + timedelta(days=9)))

    bank.intake().take(CALLBACK, START + timedelta(days=9))

    assert nothing == (None, IntakeOutcome.NOTHING_TO_DO)
    assert bank.latest(case) == case
    assert not case.account_deleted


def test_leaver_nobody_knows_belongs_to_head_office(bank: Bank) -> None:
    bank.staff.members.clear()

    case, _ = take(bank, HR, START)

    assert (case.node_id, case.node_path) == ("1", "/1/")


def test_account_deleted_without_a_word_of_hr_waits_a_day_for_it_and_then_goes_on(bank: Bank) -> None:
    case = bank.tell(CALLBACK)

    assert (case.state, case.due_at) == (CaseState.UNCONFIRMED, CALLBACK.occurred_at + timedelta(hours=24))
    assert bank.queue.plans == []
    bank.clock.moment = CALLBACK.occurred_at + timedelta(hours=24)
    bank.poll(case)
    assert bank.plan(case).state is CaseState.TRANSFERRING


def test_word_of_hr_confirms_a_deleted_account(bank: Bank) -> None:
    bank.tell(CALLBACK)

    case = bank.tell(HR)

    assert case.state is CaseState.PLANNING
    assert case.signals[-1].note == "confirmed by HR"
    assert bank.queue.plans == [case.case_id]


def test_later_word_of_hr_corrects_day_and_successor_and_an_older_one_changes_nothing(bank: Bank) -> None:
    bank.tell(signal(event_id="hr-1", at=START, last_day=date(2026, 12, 11)))
    later = signal(event_id="hr-3", at=START + timedelta(days=2), last_day=date(2026, 12, 18), successors=(TAKER,))

    bank.tell(later)
    case = bank.tell(signal(event_id="hr-2", at=START + timedelta(days=1), last_day=date(2026, 12, 1)))

    assert (case.last_day, case.requested_successors) == (date(2026, 12, 18), (TAKER,))
    notes = ["", "changed last_day, successors", "older than what HR said last"]
    assert [known.note for known in case.signals] == notes


def test_cancelled_before_planning_closes_the_case(bank: Bank) -> None:
    bank.tell(HR)

    case = bank.tell(signal(event_id="hr-2", at=START + timedelta(hours=1), cancels=True))
    bank.poll(case)

    closed = bank.latest(case)
    assert (closed.state, closed.outcome, closed.due_at) == (CaseState.CLOSED, CaseOutcome.CANCELLED, None)
    assert [(each.number, each.customers) for each in closed.certificates] == [(1, 0)]


def test_cancelling_does_not_bring_a_deleted_account_back(bank: Bank) -> None:
    bank.tell(CALLBACK)
    bank.tell(HR)

    case = bank.tell(signal(event_id="hr-2", at=START + timedelta(days=4), cancels=True))

    assert case.cancelled_at is None
    assert case.signals[-1].note == "the account is deleted: the handover goes on"


def test_cancelling_nothing_opens_nothing(bank: Bank) -> None:
    found, outcome = bank.intake().take(signal(cancels=True), START)

    assert (found, outcome) == (None, IntakeOutcome.NOTHING_TO_DO)
    assert bank.cases.by_id == {}


def test_member_who_was_to_move_and_loses_his_account_is_a_departure(bank: Bank) -> None:
    bank.tell(signal(change=ChangeKind.TRANSFER))

    case = bank.tell(CALLBACK)

    assert case.change is ChangeKind.DEPARTURE
    assert case.account_deleted
    assert len(bank.cases.by_id) == 1


def test_transfer_told_during_a_departure_is_kept_and_changes_nothing(bank: Bank) -> None:
    bank.tell(HR)

    case = bank.tell(signal(event_id="hr-2", change=ChangeKind.TRANSFER, at=START + timedelta(hours=1)))

    assert case.change is ChangeKind.DEPARTURE
    assert case.signals[-1].note == "disagrees with the departure; cancel that first"


def take(bank: Bank, told: StaffSignal, now: datetime) -> tuple[HandoverCase, IntakeOutcome]:
    case, outcome = bank.intake().take(told, now)
    assert case is not None
    return case, outcome


def _closed_case(bank: Bank) -> str:
    case = bank.open()
    bank.plan(case)
    bank.submit_all(case)
    bank.wecom.decide()
    bank.clock.advance(timedelta(hours=25))
    bank.poll(case)
    assert bank.latest(case).state is CaseState.CLOSED
    return case.case_id


def _handed_over_on_the_job(bank: Bank) -> HandoverCase:
    """A departure whose customers had all moved before the account went."""
    case, _ = take(bank, signal(last_day=LAST_DAY), START)
    ended = replace(
        bank.cases.by_id[case.case_id],
        state=CaseState.CLOSED,
        outcome=CaseOutcome.COMPLETED,
        closed_at=HANDED_OVER_AT,
        due_at=None,
    )
    return bank.cases.save(ended)
