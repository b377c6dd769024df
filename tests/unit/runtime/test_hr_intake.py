"""What HR puts on the bus: taken, or refused with a sentence; an unusable successor never stops the change."""

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from scrm.handover.intake import HandoverIntake
from scrm.handover.model import HandoverCase, SignalSource
from scrm.handover.settings import HandoverSettings
from scrm.org.leave import Leaves
from scrm.org.model import MemberStatus
from scrm.org.rename import MemberRenames
from scrm.runtime.hr_intake import HrIntake
from scrm.runtime.leave_intake import LeaveHandovers
from scrm.runtime.staff_signals import StaffOutcome, StaffSignals
from tests.fakes.handover import CORP, FakeCases, FakeJournal, FakeQueue, FakeStaff, staff
from tests.fakes.org import T0, FakeOrg, member

PEOPLE = ("rm_a", "rm_b", "rm_c")


@dataclass
class Bank:
    """The bus's reader over fakes."""

    org: FakeOrg = field(
        default_factory=lambda: FakeOrg.of(*map(member, PEOPLE), member("rm_left", status=MemberStatus.LEFT))
    )
    cases: FakeCases = field(default_factory=FakeCases)

    def tell(self, kind: str = "StaffDeparted", **changes: Any) -> StaffOutcome:
        detail = {"event_id": f"hr-{kind}", "occurred_at": T0.isoformat(), "corp_id": CORP, "userid": "rm_a"} | changes
        event = {"source": "bank.hr", "detail-type": kind, "detail": detail}
        return self.intake().take(event, json.dumps(event))

    def intake(self) -> HrIntake:
        directory = FakeStaff(list(map(staff, PEOPLE)))
        handovers = HandoverIntake(self.cases, directory, FakeQueue(), FakeJournal(), HandoverSettings())
        signals = StaffSignals(handovers, self.org, lambda: T0)
        leaves = LeaveHandovers(CORP, Leaves(self.org), signals, SignalSource.HR, cover_days=30)
        return HrIntake(CORP, signals, leaves, self.org, lambda: T0)

    def case(self, userid: str = "rm_a") -> HandoverCase:
        found = self.cases.latest_case_of(userid)
        assert found is not None
        return found[0]


@pytest.fixture
def bank() -> Bank:
    return Bank()


@pytest.mark.parametrize(
    ("kind", "changes", "reason"),
    [
        ("StaffDeparted", {"userid": "rm_x"}, "userid: no member of this corp is known by it; check it"),
        ("StaffDeparted", {"corp_id": "ww_other"}, "corp_id: this stack serves another corp"),
        ("StaffDeparted", {"successor_userid": "rm_a"}, "a successor is the member himself; name somebody else"),
        ("StaffPromoted", {}, "no handover is known for this detail-type"),
        ("StaffTransferred", {"customers_stay": "tiers"}, "name staying_tiers with customers_stay = tiers"),
        ("StaffOnLeave", {"first_day": "2026-12-02", "last_day": "2026-12-01"}, "last_day is before first_day"),
    ],
)
def test_event_that_cannot_be_used_is_refused_with_a_sentence(
    bank: Bank, kind: str, changes: dict[str, Any], reason: str
) -> None:
    outcomes = {bank.tell(kind, **changes) for _ in range(2)}

    (told,) = bank.org.reasons
    assert reason in told
    assert (outcomes, bank.cases.by_id) == ({StaffOutcome.REJECTED}, {})


@pytest.mark.parametrize(
    ("successor", "reason"),
    [
        ("rm_x", "rm_x is no member of this corp, or has left it"),
        ("rm_left", "rm_left is no member of this corp, or has left it"),
    ],
)
def test_change_with_an_unusable_successor_goes_on_by_policy_and_hr_is_told(
    bank: Bank, successor: str, reason: str
) -> None:
    outcome = bank.tell(successor_userids=[successor, "rm_b"])

    assert outcome is StaffOutcome.HANDOVER_OPENED
    assert bank.case().requested_successors == ("rm_b",)
    assert bank.org.reasons == [f"successor not usable: {reason}; the successor is chosen by policy"]


def test_successors_in_a_circle_are_told_and_left_out(bank: Bank) -> None:
    bank.tell(successor_userid="rm_b")
    bank.tell(event_id="hr-2", userid="rm_b", successor_userids=["rm_a", "rm_c"])

    assert bank.case("rm_b").requested_successors == ("rm_c",)
    assert bank.org.reasons == [
        "successor not usable: rm_a hands over to the member in turn, which is a circle; "
        "the successor is chosen by policy"
    ]


def test_successor_who_leaves_too_is_left_out(bank: Bank) -> None:
    bank.tell(userid="rm_b")
    bank.tell(event_id="hr-2", successor_userid="rm_b")

    assert bank.case().requested_successors == ()
    assert "rm_b hands over his own customers" in bank.org.reasons[0]


def test_old_userids_mean_the_present_members(bank: Bank) -> None:
    MemberRenames(bank.org).rename("rm_a", "rm_new", T0)
    MemberRenames(bank.org).rename("rm_b", "rm_next", T0)

    bank.tell(successor_userid="rm_b")

    assert bank.case("rm_new").requested_successors == ("rm_next",)


def test_leave_and_its_cancellation_are_noted(bank: Bank) -> None:
    outcome = bank.tell("StaffOnLeave", first_day="2026-11-23", last_day="2026-12-01", cover_userid="rm_b")
    bank.tell("StaffChangeCancelled", change="leave", occurred_at=T0.replace(hour=2).isoformat())

    cover = bank.org.cover("rm_a")
    assert cover is not None
    assert outcome is StaffOutcome.LEAVE_NOTED
    assert (cover.cover_userid, cover.holds_on(T0.date())) == ("rm_b", False)


def test_cover_who_cannot_act_is_told_to_hr(bank: Bank) -> None:
    bank.tell("StaffOnLeave", first_day="2026-11-23", cover_userid="rm_x")

    assert bank.org.reasons == ["cover_userid: no member of this corp is known by it; name somebody else"]
