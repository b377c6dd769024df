"""HR names other successors after the plan was stored: what was not started is planned anew by itself (S61)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from scrm.handover.approval import plan_checksum
from scrm.handover.edges import Chunk, EdgeState
from scrm.handover.errors import DecisionRefusedError
from scrm.handover.model import OUR_PLAN, CaseState, HandoverCase
from scrm.handover.replanning import MADE_ANEW, NOTHING_LEFT
from tests.fakes.handover import LEAVER, START, TAKER, FakeCases, FakeStaff, customers, signal, staff
from tests.unit.handover.conftest import Bank

ZHOU = "rm_zhou03"


@pytest.fixture
def bank() -> Bank:
    return Bank(staff=FakeStaff([staff(LEAVER), staff(TAKER), staff(ZHOU)]))


def named(bank: Bank, *successors: str, hours: int = 1, actor: str = "") -> HandoverCase:
    told = signal(event_id=f"hr-later-{hours}", at=START + timedelta(hours=hours), successors=successors)
    return bank.tell(replace(told, actor=actor))


def takers(bank: Bank, case: HandoverCase) -> dict[str, str]:
    return {edge.target_id: chunk.takeover_userid for chunk in bank.chunks(case) for edge in chunk.edges}


def test_a_stored_plan_goes_to_the_successors_hr_names_later(bank: Bank) -> None:
    case = bank.plan(bank.open(TAKER))

    named(bank, ZHOU)
    planned = bank.plan(case)

    assert set(takers(bank, case).values()) == {ZHOU}
    assert len(bank.edges(case)) == 3
    assert (planned.requested_successors, planned.plan_outdated) == ((ZHOU,), False)
    assert planned.signals[-1].note == f"changed successors; {MADE_ANEW}"
    bank.submit_all(case)
    assert {taker for taker, _ in bank.wecom.calls} == {ZHOU}


def test_the_same_plan_told_again_is_not_made_anew(bank: Bank) -> None:
    case = bank.plan(bank.open(TAKER))

    told = named(bank, TAKER)

    assert not told.plan_outdated
    before = bank.chunks(case)
    bank.plan(case)
    assert bank.chunks(case) == before


def test_successors_an_operator_chose_outlast_hr_repeating_its_own(bank: Bank) -> None:
    case = bank.plan(bank.open(TAKER))
    bank.reviews().replan(case.case_id, [ZHOU], "operator:1", START)
    bank.plan(case)

    told = named(bank, TAKER)

    assert (told.requested_successors, told.plan_outdated, told.plan_made_by) == ((ZHOU,), False, "operator:1")


def test_what_was_started_stays_and_the_rest_changes(bank: Bank) -> None:
    bank.book.customers[LEAVER] = customers(150)
    case = bank.plan(bank.open(TAKER))
    bank.submit(case)

    named(bank, ZHOU)
    planned = bank.plan(case)

    after = takers(bank, case)
    assert {after[f"wm{place:05d}"] for place in range(100)} == {TAKER}
    assert {after[f"wm{place:05d}"] for place in range(100, 150)} == {ZHOU}
    assert planned.signals[-1].note.endswith("but for 100 already started")
    assert planned.state is CaseState.TRANSFERRING


def test_a_plan_that_was_started_as_a_whole_is_left_and_the_signal_says_so(bank: Bank) -> None:
    case = bank.plan(bank.open(TAKER))
    bank.submit_all(case)
    before = bank.chunks(case)

    named(bank, ZHOU)
    bank.plan(case)
    bank.plan(case)

    assert bank.chunks(case) == before
    latest = bank.latest(case)
    assert latest.signals[-1].note == f"changed successors; {NOTHING_LEFT}"
    assert not latest.plan_outdated


def test_customers_whom_nobody_could_take_over_go_to_the_one_named_now(bank: Bank) -> None:
    del bank.staff.members[TAKER], bank.staff.members[ZHOU]
    case = bank.plan(bank.open())
    assert set(bank.states(case)) == {EdgeState.MANUAL}
    bank.staff.members[ZHOU] = staff(ZHOU)

    named(bank, ZHOU)
    bank.plan(case)

    assert set(bank.states(case)) == {EdgeState.PLANNED}


def test_another_plan_needs_another_approval_and_the_outdated_one_gets_none(bank: Bank) -> None:
    bank.settings = replace(bank.settings, approval_above=2)
    case = bank.plan(bank.open(TAKER))
    seen = plan_checksum(bank.chunks(case))
    named(bank, ZHOU, actor="hr:7")

    with pytest.raises(DecisionRefusedError, match="HR named other successors"):
        bank.reviews().approve(case.case_id, seen, "operator:2", START)
    planned = bank.plan(case)

    assert (planned.state, planned.review, planned.plan_made_by) == (CaseState.AWAITING_APPROVAL, None, "hr:7")
    with pytest.raises(DecisionRefusedError, match="You made this plan"):
        bank.reviews().approve(case.case_id, plan_checksum(bank.chunks(case)), "hr:7", START)
    assert named(bank, TAKER, hours=2).plan_made_by == OUR_PLAN


class _KilledError(Exception):
    """The process ends here."""


class _DyingCases(FakeCases):
    """Ends the process at the ``dies_at``-th write."""

    dies_at = 0

    def _dies(self) -> None:
        self.dies_at -= 1
        if self.dies_at == 0:
            raise _KilledError

    def _store(self, changed: object, added: object) -> None:
        super()._store(changed, added)  # type: ignore[arg-type]
        self._dies()


@pytest.mark.parametrize("dies_at", range(1, 7))
def test_killed_anywhere_every_customer_is_in_one_chunk_in_the_end(bank: Bank, dies_at: int) -> None:
    bank.settings = replace(bank.settings, ids_per_call=1)
    bank.book.customers[LEAVER] = customers(70)
    cases = bank.cases = _DyingCases()
    case = bank.plan(bank.open(TAKER))
    named(bank, ZHOU)
    cases.dies_at = dies_at
    try:
        bank.plan(case)
    except _KilledError:
        assert bank.latest(case).is_open
        bank.poll(case)
        bank.plan(case)

    assert set(takers(bank, case).values()) == {ZHOU}
    assert len(bank.edges(case)) == 70
    assert all(isinstance(chunk, Chunk) for chunk in bank.chunks(case))
