"""A plan is shown before it starts, with takers, reasons and causes; looking changes nothing (S61)."""

from copy import deepcopy
from dataclasses import replace
from datetime import date, timedelta

import pytest

from scrm.handover.edges import ChunkKind, EdgeState
from scrm.handover.model import CaseState
from scrm.handover.planning import Drafting
from scrm.handover.ports import LeaversCustomer
from scrm.handover.preview import EdgeCount, PlanPreview, Previews
from scrm.handover.settings import HandoverSettings
from tests.fakes.handover import LEAVER, START, TAKER, FakeStaff, customers, signal, staff
from tests.unit.handover.conftest import Bank

COLLEAGUE = "rm_zhou03"


@pytest.fixture
def bank() -> Bank:
    """150 customers: one under a hold, one half added, one whom a colleague follows already; 301 groups."""
    bank = Bank(
        settings=HandoverSettings(approval_above=100, default_capacity=100),
        staff=FakeStaff([staff(LEAVER), staff(TAKER), staff(COLLEAGUE)]),
    )
    ordinary = customers(147)
    bank.book.customers[LEAVER] = [
        *ordinary,
        LeaversCustomer("wm_hold", hold="complaint"),
        LeaversCustomer("wm_half", ineligible_cause="half_added"),
        LeaversCustomer("wm_known", followers=(COLLEAGUE,)),
    ]
    bank.book.groups[LEAVER] = [f"wr{place:03d}" for place in range(301)]
    return bank


def previews(bank: Bank) -> Previews:
    return Previews(Drafting(bank.cases, bank.staff, bank.book, bank.settings))


def look(bank: Bank, *successors: str, last_day: date | None = None) -> PlanPreview:
    member = bank.staff.staff_member(LEAVER)
    assert member is not None
    return previews(bank).of_departure(member, successors, last_day, bank.clock())


def test_a_departure_is_shown_with_takers_reasons_and_causes_before_there_is_a_case(bank: Bank) -> None:
    found = look(bank, TAKER)

    assert [(t.takeover_userid, t.customers, t.groups, t.calls, t.reasons) for t in found.takers] == [
        (TAKER, 100, 301, 5, {"named": 401}),
        (COLLEAGUE, 48, 0, 1, {"already_follows": 1, "same_team": 47}),
    ]
    assert found.edges == (
        EdgeCount(ChunkKind.CUSTOMERS, EdgeState.INELIGIBLE, "half_added", 0, 1),
        EdgeCount(ChunkKind.CUSTOMERS, EdgeState.MANUAL, "on_hold", 0, 1),
        EdgeCount(ChunkKind.CUSTOMERS, EdgeState.PLANNED, "", 0, 148),
        EdgeCount(ChunkKind.GROUPS, EdgeState.PLANNED, "", 0, 301),
    )
    assert (found.calls, found.days, found.case_id) == (6, 2, "")
    assert (found.needs_approval, found.state) == (True, CaseState.AWAITING_APPROVAL)


def test_looking_writes_nothing_and_asks_for_nothing(bank: Bank) -> None:
    case = bank.open(TAKER)
    before = deepcopy((bank.cases.by_id, bank.cases.chunk_rows, bank.queue, bank.journal))

    look(bank, TAKER)
    previews(bank).of_case(case.case_id, bank.clock())

    assert (bank.cases.by_id, bank.cases.chunk_rows, bank.queue, bank.journal) == before
    assert bank.wecom.calls == []


def test_what_is_shown_before_planning_is_what_is_planned(bank: Bank) -> None:
    case = bank.open(TAKER)
    before = previews(bank).of_case(case.case_id, bank.clock())

    bank.plan(case)
    after = previews(bank).of_case(case.case_id, bank.clock())

    assert (before.is_stored, after.is_stored) == (False, True)
    assert replace(before, is_stored=True) == after


def test_the_checksum_names_the_plan(bank: Bank) -> None:
    case = bank.plan(bank.open(TAKER))
    shown = [previews(bank).of_case(case.case_id, bank.clock()).checksum for _ in range(2)]

    bank.reviews().replan(case.case_id, [COLLEAGUE], "operator:maker", bank.clock())
    drafted = previews(bank).of_case(case.case_id, bank.clock())
    bank.plan(case)
    planned = previews(bank).of_case(case.case_id, bank.clock())

    assert len(set(shown)) == 1
    assert drafted.checksum == planned.checksum != shown[0]
    assert (drafted.is_stored, planned.is_stored) == (False, True)


def test_a_member_with_an_open_case_is_shown_with_it(bank: Bank) -> None:
    case = bank.plan(bank.open(COLLEAGUE))

    found = look(bank, TAKER)

    assert found.case_id == case.case_id
    assert found.takers[0].reasons["named"] > 0


def test_a_departure_to_come_is_shown_with_its_start(bank: Bank) -> None:
    bank.settings = replace(bank.settings, approval_above=None)

    found = look(bank, last_day=(START + timedelta(days=20)).date())

    assert found.start_at is not None
    assert found.start_at > START + timedelta(days=14)
    assert found.state is CaseState.SCHEDULED


def test_an_account_that_lives_after_the_last_day_is_waited_for(bank: Bank) -> None:
    bank.settings = replace(bank.settings, approval_above=None)
    bank.wecom.accounts.add(LEAVER)

    assert look(bank, TAKER).state is CaseState.WAITING_FOR_ACCOUNT


def test_a_plan_of_nothing_takes_no_call_and_no_day(bank: Bank) -> None:
    bank.book.customers[LEAVER] = []
    bank.book.groups[LEAVER] = []
    case = bank.tell(signal(successors=(TAKER,)))

    found = previews(bank).of_case(case.case_id, bank.clock())

    assert (found.calls, found.days, found.takers, found.edges) == (0, 0, (), ())
