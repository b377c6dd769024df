from datetime import timedelta
from itertools import permutations

import pytest

from scrm.handover.intake import IntakeOutcome
from scrm.handover.model import CaseState, DepartureSignal, SignalSource
from tests.fakes.handover import LEAVER, START, TAKER, signal, staff
from tests.unit.handover.conftest import Bank

HR = signal(event_id="hr-1", successor=TAKER)
CALLBACK = signal(SignalSource.CALLBACK, "evt_1", at=START + timedelta(days=3))


def test_departure_opens_a_case_of_the_leavers_node_and_asks_for_its_plan(bank: Bank) -> None:
    case, outcome = bank.intake().departed(HR, START)

    assert outcome is IntakeOutcome.OPENED
    assert (case.handover_userid, case.node_path, case.requested_successor) == (LEAVER, "/1/10/", TAKER)
    assert bank.queue.plans == [case.case_id]
    assert bank.journal.told == [("opened", case.case_id)]


@pytest.mark.parametrize("order", list(permutations([HR, CALLBACK, HR, CALLBACK])))
def test_two_sources_told_in_any_order_and_twice_are_one_case(bank: Bank, order: tuple[DepartureSignal, ...]) -> None:
    for told in order:
        bank.intake().departed(told, START)

    assert len(bank.cases.by_id) == 1
    (case,) = bank.cases.by_id.values()
    assert {record.event_id for record in case.signals} == {"hr-1", "evt_1"}
    assert len(case.signals) == 2
    assert case.requested_successor == TAKER


def test_signal_is_repeated_to_the_queue_because_a_crash_may_have_lost_the_first_request(bank: Bank) -> None:
    bank.intake().departed(HR, START)
    case, outcome = bank.intake().departed(HR, START)

    assert outcome is IntakeOutcome.ATTACHED
    assert bank.queue.plans == [case.case_id, case.case_id]


def test_late_echo_of_a_closed_departure_opens_nothing(bank: Bank) -> None:
    case = _closed_case(bank)

    again, outcome = bank.intake().departed(CALLBACK, START + timedelta(days=10))

    assert outcome is IntakeOutcome.ATTACHED
    assert again.case_id == case
    assert len(bank.cases.by_id) == 1


def test_member_who_came_back_and_leaves_again_gets_a_second_case(bank: Bank) -> None:
    first = _closed_case(bank)
    bank.staff.members[LEAVER] = staff(LEAVER, rejoined_at=START + timedelta(days=100))

    second, outcome = bank.intake().departed(
        signal(event_id="hr-2", at=START + timedelta(days=200)), START + timedelta(days=200)
    )

    assert outcome is IntakeOutcome.OPENED
    assert second.case_id != first
    assert bank.cases.latest[LEAVER] == (second.case_id, 2)


def test_leaver_nobody_knows_belongs_to_head_office(bank: Bank) -> None:
    bank.staff.members.clear()

    case, _ = bank.intake().departed(HR, START)

    assert (case.node_id, case.node_path) == ("1", "/1/")


def test_successor_named_after_planning_is_recorded_but_changes_nothing(bank: Bank) -> None:
    case = bank.plan(bank.open())

    bank.intake().departed(signal(event_id="hr-9", successor="rm_zhou03"), START)

    assert bank.latest(case).requested_successor == ""
    assert bank.latest(case).signals[-1].event_id == "hr-9"


def _closed_case(bank: Bank) -> str:
    case = bank.open()
    bank.plan(case)
    bank.submit_all(case)
    bank.wecom.decide()
    bank.clock.advance(timedelta(hours=25))
    bank.poll(case)
    assert bank.latest(case).state is CaseState.CLOSED
    return case.case_id
