from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from scrm.handover.intake import HandoverIntake
from scrm.handover.model import CaseState, ChangeKind, HandoverCase, SignalSource, StaffSignal
from scrm.handover.settings import HandoverSettings
from scrm.org.acting import ActingMembers
from scrm.org.leave import Leaves, LeaveTold, ReturnTold
from scrm.runtime.leave_intake import LeaveHandovers
from scrm.runtime.staff_signals import StaffSignals
from tests.fakes.handover import CORP, FakeCases, FakeJournal, FakeQueue, FakeStaff, staff
from tests.fakes.org import DAY, T0, FakeOrg, member

SHORT, LONG = DAY + timedelta(days=29), DAY + timedelta(days=30)


class Bank:
    """Leaves over fakes; the branch's manager is mgr_zhao."""

    def __init__(self) -> None:
        people = ("rm_a", "rm_b", "rm_c", "mgr_zhao")
        self.org = FakeOrg.of(*map(member, people))
        self.cases = FakeCases()
        directory = FakeStaff(list(map(staff, people)))
        intake = HandoverIntake(self.cases, directory, FakeQueue(), FakeJournal(), HandoverSettings())
        self.signals = StaffSignals(intake, self.org, lambda: T0)
        leaves = Leaves(self.org, lambda _: "mgr_zhao")
        self.leaves = LeaveHandovers(CORP, leaves, self.signals, SignalSource.HR, cover_days=30)

    def case(self) -> HandoverCase | None:
        latest = self.cases.latest_case_of("rm_a")
        return latest[0] if latest else None

    def acting(self, at: datetime = T0) -> str:
        return ActingMembers(self.org).acting_for("rm_a", at)


@pytest.fixture
def bank() -> Bank:
    return Bank()


def away(last_day: date | None, event_id: str = "hr-1", hours: int = 0, cover: str = "rm_b") -> LeaveTold:
    return LeaveTold("rm_a", DAY, last_day, event_id, T0 + timedelta(hours=hours), cover)


def back(hours: int, event_id: str = "hr-2") -> ReturnTold:
    return ReturnTold("rm_a", event_id, T0 + timedelta(hours=hours), DAY + timedelta(days=5))


def test_short_leave_is_covered_and_moves_nobody(bank: Bank) -> None:
    bank.leaves.on_leave(away(SHORT))

    assert (bank.acting(), bank.case()) == ("rm_b", None)


@pytest.mark.parametrize("cover", ["", "rm_x", "rm_a"])
def test_branch_manager_acts_when_hr_names_nobody_who_can(bank: Bank, cover: str) -> None:
    result = bank.leaves.on_leave(away(SHORT, cover=cover))

    assert bank.acting() == "mgr_zhao"
    assert bool(result.refused) == bool(cover)


def test_long_leave_hands_over_to_the_cover_before_it_begins(bank: Bank) -> None:
    for _ in range(2):
        bank.leaves.on_leave(away(LONG))

    case = bank.case()
    assert case is not None
    assert (case.change, case.last_day, case.requested_successors) == (
        ChangeKind.TRANSFER,
        DAY - timedelta(days=1),
        ("rm_b",),
    )
    assert [record.kind for record in case.signals] == ["StaffOnLeave"]
    assert bank.acting() == "rm_b"


def test_manager_who_only_acts_is_no_successor_of_the_customers(bank: Bank) -> None:
    bank.leaves.on_leave(away(LONG, cover=""))

    case = bank.case()
    assert case is not None
    assert case.requested_successors == ()


@pytest.mark.parametrize(
    ("last_day", "hand_over", "opens"), [(LONG, False, False), (SHORT, True, True), (None, None, False)]
)
def test_hrs_word_counts_more_than_the_length(
    bank: Bank, last_day: date | None, *, hand_over: bool | None, opens: bool
) -> None:
    bank.leaves.on_leave(replace(away(last_day), hand_over=hand_over))

    assert (bank.case() is not None) == opens


@pytest.mark.parametrize("told", [back(1), away(SHORT, "hr-2", 1)], ids=["returned", "shortened"])
def test_return_and_a_shortened_leave_take_back_what_has_not_moved(bank: Bank, told: LeaveTold | ReturnTold) -> None:
    bank.leaves.on_leave(away(LONG))

    for _ in range(2):
        _tell(bank, told)

    case = bank.case()
    assert case is not None
    assert case.cancelled_at == T0
    assert len(case.signals) == 2


def test_return_that_was_told_first_lets_a_late_leave_hand_nobody_over(bank: Bank) -> None:
    bank.leaves.returned(back(1))

    bank.leaves.on_leave(away(LONG))

    assert (bank.case(), bank.acting()) == (None, "rm_a")


def test_return_does_not_cancel_a_transfer_that_hr_told_since(bank: Bank) -> None:
    bank.leaves.on_leave(away(LONG))
    moved = StaffSignal(
        CORP, "rm_a", ChangeKind.TRANSFER, SignalSource.HR, "StaffTransferred", "hr-t", T0 + timedelta(hours=1)
    )
    bank.signals.take(moved, "bank.hr")

    bank.leaves.returned(back(2))

    case = bank.case()
    assert case is not None
    assert (case.cancelled_at, case.state) == (None, CaseState.PLANNING)


def _tell(bank: Bank, told: LeaveTold | ReturnTold) -> None:
    if isinstance(told, LeaveTold):
        bank.leaves.on_leave(told)
    else:
        bank.leaves.returned(told)
