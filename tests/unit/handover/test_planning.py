from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrm.clock import BUSINESS_ZONE
from scrm.handover.edges import Chunk, ChunkKind, ChunkState, EdgeCause, EdgeState
from scrm.handover.errors import StaleVersionError, UnknownCaseError
from scrm.handover.model import CaseState, ChangeKind, HandoverCase, StayPolicy
from scrm.handover.ports import LeaversCustomer
from scrm.handover.settings import HandoverSettings
from tests.fakes.handover import LEAVER, TAKER, FakeCases, FakeCustomers, FakeStaff, customers, signal, staff
from tests.unit.handover.conftest import Bank


def test_customers_are_cut_into_calls_of_a_hundred(bank: Bank) -> None:
    bank.book.customers[LEAVER] = customers(250)

    case = bank.plan(bank.open())

    sizes = [len(chunk.edges) for chunk in bank.chunks(case) if chunk.kind is ChunkKind.CUSTOMERS]
    assert sizes == [100, 100, 50]
    assert case.customer_totals == {"total": 250, "planned": 250}
    assert {chunk.number for chunk in bank.queue.transfers if chunk.kind is ChunkKind.CUSTOMERS} == {0, 1, 2}


def test_successors_named_by_hr_come_first_in_their_order_as_long_as_they_have_room(bank: Bank) -> None:
    bank.staff.members["rm_zhou03"] = staff("rm_zhou03")
    bank.book.customers |= {LEAVER: customers(3), "rm_zhou03": customers(4_998)}

    case = bank.plan(bank.open("rm_zhou03", TAKER))

    assert [(chunk.takeover_userid, len(chunk.edges)) for chunk in bank.chunks(case)] == [
        ("rm_zhou03", 2),
        (TAKER, 1),
        ("rm_zhou03", 1),
    ]
    assert {edge.reason for edge in bank.edges(case).values()} == {"named"}


def test_without_a_named_successor_the_colleague_with_most_room_takes_over(bank: Bank) -> None:
    bank.staff.members["rm_zhou03"] = staff("rm_zhou03")
    bank.book.customers |= {TAKER: customers(40), "rm_zhou03": customers(39)}

    case = bank.plan(bank.open())

    assert case.successors == ("rm_zhou03",)
    assert {edge.reason for edge in bank.edges(case).values()} == {"same_team"}


def test_one_colleague_gets_no_more_than_his_share_of_a_case(bank: Bank) -> None:
    bank.settings = replace(bank.settings, most_per_successor=150)
    bank.staff.members["rm_zhou03"] = staff("rm_zhou03")
    bank.book.customers[LEAVER] = customers(250)

    case = bank.plan(bank.open())

    given = Counter(chunk.takeover_userid for chunk in bank.chunks(case) for edge in chunk.edges if edge.reason)
    assert given == {TAKER: 150 + 1, "rm_zhou03": 100}


@pytest.mark.parametrize("unusable", ["not_there", "no_right", "leaves_too"])
def test_unusable_named_successor_is_replaced_by_rule(bank: Bank, unusable: str) -> None:
    bank.staff.members["rm_zhou03"] = staff("rm_zhou03", can_take_over=unusable != "no_right")
    if unusable == "not_there":
        del bank.staff.members["rm_zhou03"]
    case = bank.open("rm_zhou03")
    if unusable == "leaves_too":
        bank.tell(replace(signal(event_id="hr-7"), userid="rm_zhou03"))

    planned = bank.plan(case)

    assert planned.successors == (TAKER,)


def test_two_leavers_who_name_each_other_are_both_replaced(bank: Bank) -> None:
    bank.staff.members["rm_zhou03"] = staff("rm_zhou03")
    first = bank.open("rm_zhou03")
    second = bank.tell(replace(signal(event_id="hr-7", successors=(LEAVER,)), userid="rm_zhou03"))

    assert bank.plan(first).successors == (TAKER,)
    bank.book.customers["rm_zhou03"] = customers(1)
    assert bank.plan(second).successors == (TAKER,)


def test_member_on_the_way_out_is_transferred_on_the_job_from_five_days_before(bank: Bank) -> None:
    bank.wecom.accounts.add(LEAVER)
    case = bank.tell(signal(last_day=date(2026, 12, 11)))

    planned = bank.plan(case)

    assert planned.state is CaseState.SCHEDULED
    assert planned.start_at == datetime(2026, 12, 6, tzinfo=BUSINESS_ZONE)
    bank.clock.moment = datetime(2026, 12, 6, tzinfo=BUSINESS_ZONE)
    assert bank.plan(case).state is CaseState.TRANSFERRING


def test_departure_told_too_late_for_a_transfer_on_the_job_waits_for_the_account(bank: Bank) -> None:
    bank.wecom.accounts.add(LEAVER)

    case = bank.plan(bank.tell(signal(last_day=bank.clock().date())))

    assert case.state is CaseState.WAITING_FOR_ACCOUNT


def test_colleague_who_follows_the_customer_already_takes_over_first(bank: Bank) -> None:
    bank.staff.members["rm_zhou03"] = staff("rm_zhou03")
    bank.book.customers[LEAVER] = [
        LeaversCustomer("wm1"),
        LeaversCustomer("wm2", followers=("rm_elsewhere", "rm_zhou03")),
    ]

    case = bank.plan(bank.open(TAKER))

    assert bank.edges(case)["wm2"].reason == "already_follows"
    assert [chunk.takeover_userid for chunk in bank.chunks(case)][:2] == [TAKER, "rm_zhou03"]


def test_customer_on_hold_is_not_moved_by_itself(bank: Bank) -> None:
    bank.book.customers[LEAVER] = [*customers(1), LeaversCustomer("wm_hold", hold="complaint")]

    case = bank.plan(bank.open())

    held = bank.edges(case)["wm_hold"]
    assert (held.state, held.cause, held.owner_userid) == (EdgeState.MANUAL, EdgeCause.ON_HOLD, "mgr_zhao")


@pytest.mark.parametrize(("days_ago", "state"), [(89, EdgeState.MANUAL), (91, EdgeState.PLANNED)])
def test_customer_moved_twice_in_ninety_days_is_not_asked_on_the_job(
    bank: Bank, days_ago: int, state: EdgeState
) -> None:
    bank.wecom.accounts.add(LEAVER)
    moved = (bank.clock() - timedelta(days=days_ago), bank.clock() - timedelta(days=10))
    bank.book.customers[LEAVER] = [LeaversCustomer("wm1", onjob_transfers=moved)]

    case = bank.plan(bank.tell(signal(change=ChangeKind.TRANSFER)))

    assert bank.states(case) == [state]


def test_customers_that_stay_by_policy_are_kept_and_listed(bank: Bank) -> None:
    bank.wecom.accounts.add(LEAVER)
    told = signal(change=ChangeKind.TRANSFER)

    case = bank.plan(bank.tell(replace(told, stays=StayPolicy(customers_stay=True))))

    assert case.customer_totals == {"total": 3, "kept": 3}
    assert case.group_totals == {"total": 1, "planned": 1}


def test_nobody_left_in_the_branch_makes_every_edge_a_managers_task(bank: Bank) -> None:
    bank.staff = FakeStaff([staff(LEAVER)])

    case = bank.plan(bank.open())
    bank.poll(case)

    edges = [edge for chunk in bank.chunks(case) for edge in chunk.edges]
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
    assert [chunk.state for chunk in bank.chunks(case)] == [ChunkState.PLANNED] * 2

    bank.wecom.accounts.clear()
    bank.clock.advance(timedelta(hours=6))
    bank.poll(case)
    assert bank.queue.plans[-1] == case.case_id
    assert bank.plan(case).state is CaseState.TRANSFERRING


def test_groups_above_three_hundred_a_day_are_spread_over_days(bank: Bank) -> None:
    bank.book.groups[LEAVER] = [f"wr{place:04d}" for place in range(650)]

    case = bank.plan(bank.open())

    groups = [chunk for chunk in bank.chunks(case) if chunk.kind is ChunkKind.GROUPS]
    days = [0 if chunk.not_before is None else (chunk.not_before - bank.clock()).days for chunk in groups]
    assert days == [0, 0, 0, 1, 1, 1, 2]
    assert [chunk.number for chunk in bank.queue.transfers if chunk.kind is ChunkKind.GROUPS] == [0, 1, 2]


def test_message_for_a_case_that_does_not_exist_is_an_error(bank: Bank) -> None:
    case = bank.open()
    bank.cases.by_id.clear()

    with pytest.raises(UnknownCaseError):
        bank.plan(case)


class SeenMeanwhile(FakeCustomers):
    """Lets ``meanwhile`` happen once, while a plan reads whose customers these are."""

    meanwhile: Callable[[], object] = staticmethod(lambda: None)

    def groups_of(self, userid: str) -> Iterator[str]:
        meanwhile, self.meanwhile = self.meanwhile, lambda: None
        meanwhile()
        yield from super().groups_of(userid)


def test_of_two_workers_who_plan_at_once_one_adds_and_the_other_begins_anew(bank: Bank) -> None:
    bank.book = book = SeenMeanwhile({LEAVER: []}, {LEAVER: ["wr01"]})
    case = bank.open()

    def second_worker() -> None:
        book.customers[LEAVER] = customers(2)
        book.groups[LEAVER] = []
        bank.plan(case)
        book.groups[LEAVER] = ["wr01"]

    book.meanwhile = second_worker
    with pytest.raises(StaleVersionError):
        bank.plan(case)

    assert [(chunk.kind, len(chunk.edges)) for chunk in bank.chunks(case)] == [(ChunkKind.CUSTOMERS, 2)]
    assert bank.plan(case).customer_totals["total"] == 2


def test_nobody_who_came_late_joins_a_plan_that_is_approved_at_that_moment(bank: Bank) -> None:
    bank.settings = replace(bank.settings, approval_above=2)
    bank.book = book = SeenMeanwhile({LEAVER: customers(3)}, {})
    case = bank.plan(bank.open())
    book.customers[LEAVER] = customers(4)

    book.meanwhile = lambda: bank.cases.save(replace(bank.latest(case), state=CaseState.TRANSFERRING))
    with pytest.raises(StaleVersionError):
        bank.plan(case)

    assert len(bank.edges(case)) == 3


class KilledError(Exception):
    pass


class DyingCases(FakeCases):
    """Dies after so many writes."""

    lives = 10**9

    def save(self, case: HandoverCase, changed: Sequence[Chunk] = (), added: Sequence[Chunk] = ()) -> HandoverCase:
        self.lives -= 1
        if self.lives < 0:
            raise KilledError
        return super().save(case, changed, added)


@given(first=st.integers(0, 420), later=st.integers(0, 120), groups=st.integers(0, 130), lives=st.integers(0, 6))
def test_planning_killed_anywhere_puts_every_customer_in_exactly_one_chunk(
    first: int, later: int, groups: int, lives: int
) -> None:
    bank = Bank(cases=DyingCases(), settings=HandoverSettings(approval_above=None, ids_per_call=4))
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

    placed = [edge.target_id for chunk in bank.chunks(case) for edge in chunk.edges]
    wanted = [row.external_userid for row in bank.book.customers[LEAVER]] + bank.book.groups[LEAVER]
    assert sorted(placed) == sorted(wanted)
    assert all(len(chunk.edges) <= 4 for chunk in bank.chunks(case))
