from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrm.handover.errors import UnknownCaseError
from scrm.handover.model import CaseState, Chunk, ChunkKind, EdgeCause, EdgeState
from scrm.handover.ports import LeaversCustomer
from tests.fakes.handover import LEAVER, TAKER, FakeCases, FakeStaff, customers, signal, staff
from tests.unit.handover.conftest import Bank


def test_customers_are_cut_into_calls_of_a_hundred(bank: Bank) -> None:
    bank.book.customers[LEAVER] = customers(250)

    case = bank.plan(bank.open())

    sizes = [len(chunk.edges) for chunk in bank.cases.chunks(case.case_id) if chunk.kind is ChunkKind.CUSTOMERS]
    assert sizes == [100, 100, 50]
    assert case.customer_totals == {"total": 250, "planned": 250}
    assert {chunk.number for chunk in bank.queue.transfers if chunk.kind is ChunkKind.CUSTOMERS} == {0, 1, 2}


def test_successor_named_by_hr_comes_first(bank: Bank) -> None:
    bank.staff.members["rm_zhou03"] = staff("rm_zhou03")
    bank.book.customers["rm_zhou03"] = customers(500)

    case = bank.plan(bank.open(successor="rm_zhou03"))

    assert (case.successors, case.successor_reason) == (("rm_zhou03",), "named_by_hr")


def test_without_a_named_successor_the_least_loaded_colleague_takes_over(bank: Bank) -> None:
    bank.staff.members["rm_zhou03"] = staff("rm_zhou03")
    bank.book.customers |= {TAKER: customers(40), "rm_zhou03": customers(39)}

    case = bank.plan(bank.open())

    assert case.successors == ("rm_zhou03",)
    assert case.successor_reason == "least_loaded_of_branch_39"


@pytest.mark.parametrize("unusable", ["not_there", "no_right", "leaves_too"])
def test_unusable_named_successor_is_replaced_and_the_reason_says_so(bank: Bank, unusable: str) -> None:
    bank.staff.members["rm_zhou03"] = staff("rm_zhou03", can_take_over=unusable != "no_right")
    if unusable == "not_there":
        del bank.staff.members["rm_zhou03"]
    case = bank.open(successor="rm_zhou03")
    if unusable == "leaves_too":
        leaving = signal(event_id="hr-7")
        bank.intake().departed(
            type(leaving)(leaving.corp_id, "rm_zhou03", leaving.source, leaving.kind, "hr-7", leaving.occurred_at),
            bank.clock(),
        )

    planned = bank.plan(case)

    assert planned.successors == (TAKER,)
    assert planned.successor_reason.startswith("named_successor_unusable_")


def test_nobody_left_in_the_branch_makes_every_edge_a_managers_task(bank: Bank) -> None:
    bank.staff = FakeStaff([staff(LEAVER)])

    case = bank.plan(bank.open())
    bank.poll(case)

    edges = [edge for chunk in bank.cases.chunks(case.case_id) for edge in chunk.edges]
    assert {(edge.state, edge.cause, edge.owner_userid) for edge in edges} == {
        (EdgeState.MANUAL, EdgeCause.NO_SUCCESSOR, "mgr_zhao")
    }
    assert all(edge.due_at is not None and edge.due_at > bank.clock() for edge in edges)
    assert bank.latest(case).state is CaseState.ATTENTION


def test_customers_that_wecom_would_not_move_stand_apart_with_their_cause(bank: Bank) -> None:
    bank.book.customers[LEAVER] = [*customers(2), LeaversCustomer("wm_half", EdgeCause.HALF_ADDED)]

    case = bank.plan(bank.open())

    assert case.customer_totals == {"total": 3, "planned": 2, "ineligible": 1}
    assert all("wm_half" not in {edge.target_id for edge in chunk.edges} for chunk in bank.queue.transfers)


def test_case_waits_while_the_account_lives_and_goes_on_when_it_is_gone(bank: Bank) -> None:
    bank.wecom.accounts.add(LEAVER)
    case = bank.open()

    assert bank.plan(case).state is CaseState.WAITING_FOR_ACCOUNT
    assert list(bank.cases.chunks(case.case_id)) == []

    bank.wecom.accounts.clear()
    bank.clock.advance(timedelta(hours=6))
    bank.poll(case)
    assert bank.queue.plans[-1] == case.case_id
    assert bank.plan(case).state is CaseState.TRANSFERRING


def test_groups_above_three_hundred_a_day_are_spread_over_days(bank: Bank) -> None:
    bank.book.groups[LEAVER] = [f"wr{place:04d}" for place in range(650)]

    case = bank.plan(bank.open())

    groups = [chunk for chunk in bank.cases.chunks(case.case_id) if chunk.kind is ChunkKind.GROUPS]
    days = [0 if chunk.not_before is None else (chunk.not_before - bank.clock()).days for chunk in groups]
    assert days == [0, 0, 0, 1, 1, 1, 2]
    assert [chunk.number for chunk in bank.queue.transfers if chunk.kind is ChunkKind.GROUPS] == [0, 1, 2]


def test_message_for_a_case_that_does_not_exist_is_an_error(bank: Bank) -> None:
    case = bank.open()
    bank.cases.by_id.clear()

    with pytest.raises(UnknownCaseError):
        bank.plan(case)


class KilledError(Exception):
    pass


class DyingCases(FakeCases):
    """Dies after so many stored chunks."""

    lives = 10**9

    def add_chunk(self, chunk: Chunk) -> bool:
        self.lives -= 1
        if self.lives < 0:
            raise KilledError
        return super().add_chunk(chunk)


@given(first=st.integers(0, 420), later=st.integers(0, 120), groups=st.integers(0, 130), lives=st.integers(0, 6))
def test_planning_killed_anywhere_puts_every_customer_in_exactly_one_chunk(
    first: int, later: int, groups: int, lives: int
) -> None:
    bank = Bank(cases=DyingCases())
    assert isinstance(bank.cases, DyingCases)
    bank.book.customers[LEAVER] = customers(first)
    bank.book.groups[LEAVER] = [f"wr{place:04d}" for place in range(groups)]
    case = bank.open()
    bank.cases.lives = lives
    try:
        bank.plan(case)
    except KilledError:
        bank.book.customers[LEAVER] = [*customers(first), *customers(later, "late")[:later]]
        bank.book.customers[LEAVER] = [LeaversCustomer(row.external_userid) for row in bank.book.customers[LEAVER]]
    bank.cases.lives = 10**9

    bank.plan(case)

    placed = [edge.target_id for chunk in bank.cases.chunks(case.case_id) for edge in chunk.edges]
    wanted = [row.external_userid for row in bank.book.customers[LEAVER]] + bank.book.groups[LEAVER]
    assert sorted(placed) == sorted(wanted)
    assert all(len(chunk.edges) <= 100 for chunk in bank.cases.chunks(case.case_id))
