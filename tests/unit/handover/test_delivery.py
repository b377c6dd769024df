"""What follows a customer: collected before the call, delivered after it, counted once."""

from datetime import timedelta

import pytest

from scrm.handover.delivery import DeliveryOutcome, checksum_of
from scrm.handover.edges import ChunkKind, EdgeState
from scrm.handover.errors import OutcomeUnknownError, TransferPostponedError, TransferRefusedError
from scrm.handover.model import CaseState, HandoverCase
from scrm.handover.parts import checksum
from scrm.handover.ports import TransferStatus
from tests.fakes.handover import LEAVER, START, TAKER, FakePart, customers
from tests.unit.handover.conftest import Bank

NOTES = {f"wm{place:05d}": f"备注{place}" for place in range(3)}


@pytest.fixture
def case(bank: Bank) -> HandoverCase:
    """Three customers with a note each, whose resigned transfers have begun."""
    bank.part = FakePart(NOTES)
    case = bank.plan(bank.open())
    bank.submit_all(case)
    return case


def moved(bank: Bank, case: HandoverCase, only: str = "") -> None:
    bank.wecom.decide(only=only)
    bank.look(case)


def test_content_is_collected_before_the_call_and_kept_under_its_checksum(bank: Bank, case: HandoverCase) -> None:
    [chunk] = [chunk for chunk in bank.chunks(case) if chunk.kind is ChunkKind.CUSTOMERS]

    assert chunk.package == checksum({"relation": NOTES})
    assert list(bank.packages.documents) == [(case.case_id, chunk.package)]
    assert bank.packages.get(case.case_id, chunk.package) == {"relation": NOTES}


def test_what_changes_after_the_call_is_not_what_follows(bank: Bank, case: HandoverCase) -> None:
    bank.part.notes = {}
    bank.submit_all(case)
    bank.wecom.decide()
    bank.poll(case)

    assert bank.part.given[TAKER] == NOTES


def test_all_chunks_of_one_message_are_collected_together(bank: Bank) -> None:
    bank.book.customers[LEAVER] = customers(250)
    bank.part = FakePart({"wm00000": "一", "wm00249": "二"})
    case = bank.plan(bank.open())
    bank.submit(case, ChunkKind.CUSTOMERS, 0, 1, 2)

    packages = [chunk.package for chunk in bank.chunks(case) if chunk.kind is ChunkKind.CUSTOMERS]
    assert len(bank.packages.documents) == 1
    assert packages == [packages[0], "", packages[0]]


def test_new_owner_gets_it_once_the_customers_are_his_and_then_the_case_closes(bank: Bank, case: HandoverCase) -> None:
    moved(bank, case)
    held = bank.latest(case)
    outcome = bank.deliver()
    bank.look(case)

    closed = bank.latest(case)
    assert (held.state, outcome) == (CaseState.TRANSFERRING, DeliveryOutcome.DELIVERED)
    assert bank.part.given == {TAKER: NOTES}
    assert closed.state is CaseState.CLOSED
    assert closed.package == {
        "relation.held": 3,
        "relation.checked": 3,
        "relation.differing": 3,
        "relation.written": 3,
        "relation.not_carried": 3,
        "greetings": 3,
    }
    assert closed.package_checksum == checksum_of(bank.chunks(case)) != ""


def test_customers_who_come_later_are_delivered_later_and_nobody_is_counted_twice(
    bank: Bank, case: HandoverCase
) -> None:
    moved(bank, case, only="wm00000")
    first = bank.deliver()
    moved(bank, case)
    second = bank.deliver()

    assert (first, second) == (DeliveryOutcome.DELIVERED, DeliveryOutcome.DELIVERED)
    assert bank.latest(case).package["relation.checked"] == 3


def test_repeated_delivery_changes_nothing(bank: Bank, case: HandoverCase) -> None:
    moved(bank, case)
    [delivery] = bank.queue.deliveries
    bank.deliver()
    before = bank.latest(case)
    bank.queue.deliveries.append(delivery)

    assert bank.deliver() is DeliveryOutcome.NOTHING_TO_DO
    assert bank.latest(case) == before


def test_long_delivery_goes_on_from_message_to_message_and_is_stored_at_its_end(bank: Bank, case: HandoverCase) -> None:
    bank.part.per_call = 2
    moved(bank, case)
    version = bank.latest(case).version
    first = bank.deliver()
    after_first = bank.latest(case).version
    second = bank.deliver()

    assert (first, second) == (DeliveryOutcome.CONTINUED, DeliveryOutcome.DELIVERED)
    assert after_first == version
    assert bank.latest(case).package["relation.checked"] == 3


@pytest.mark.parametrize("trouble", [TransferPostponedError(START), OutcomeUnknownError()])
def test_postponed_step_comes_again_where_it_stopped(bank: Bank, case: HandoverCase, trouble: Exception) -> None:
    moved(bank, case)
    bank.part.trouble = trouble
    postponed = bank.deliver()
    again = bank.deliver()

    assert (postponed, again) == (DeliveryOutcome.POSTPONED, DeliveryOutcome.DELIVERED)
    assert bank.part.given == {TAKER: NOTES}


def test_step_that_has_to_wait_for_long_is_asked_for_anew_by_the_next_look(bank: Bank, case: HandoverCase) -> None:
    moved(bank, case)
    [delivery] = bank.queue.deliveries
    bank.part.trouble = TransferPostponedError(bank.clock() + timedelta(hours=1))
    outcome = bank.deliver()
    waiting = list(bank.queue.deliveries)
    bank.clock.advance(timedelta(hours=1))
    bank.look(case)

    assert (outcome, waiting) == (DeliveryOutcome.POSTPONED, [])
    assert bank.queue.deliveries == [delivery]


def test_new_owner_whom_wecom_refuses_is_counted_and_keeps_no_case_open(bank: Bank, case: HandoverCase) -> None:
    moved(bank, case)
    bank.part.trouble = TransferRefusedError(60111)
    bank.deliver()
    bank.look(case)

    assert bank.latest(case).package["relation.failed"] == 3
    assert bank.latest(case).state is CaseState.CLOSED


def test_lost_delivery_is_asked_for_again_by_the_next_look(bank: Bank, case: HandoverCase) -> None:
    moved(bank, case)
    lost = bank.queue.deliveries.pop()
    bank.look(case)

    assert bank.queue.deliveries == [lost]


def test_what_cannot_be_delivered_for_a_day_is_given_up_and_counted(bank: Bank, case: HandoverCase) -> None:
    moved(bank, case)
    bank.queue.deliveries.clear()
    bank.clock.advance(bank.settings.delivery_patience + timedelta(minutes=1))
    bank.look(case)

    assert bank.latest(case).package == {"given_up": 3}
    assert bank.latest(case).state is CaseState.CLOSED
    assert bank.queue.deliveries == []


def test_customers_of_a_resigned_member_are_greeted_by_their_new_owner_and_others_are_not(
    bank: Bank, case: HandoverCase
) -> None:
    bank.wecom.decide(TransferStatus.REFUSED, only="wm00001")
    bank.wecom.decide()
    bank.poll(case)

    assert bank.states(case) == [EdgeState.DONE, EdgeState.MANUAL, EdgeState.DONE]
    assert bank.tasks.greeted == {TAKER: {"wm00000", "wm00002"}}


def test_case_with_nothing_to_carry_asks_for_nothing(bank: Bank) -> None:
    case = bank.plan(bank.tell_transfer())
    bank.submit_all(case)
    bank.wecom.decide()
    bank.look(case)

    assert bank.queue.deliveries == []
    assert bank.packages.documents == {}
    assert bank.latest(case).state is CaseState.CLOSED
    assert bank.latest(case).package_checksum == ""
