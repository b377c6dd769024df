"""Plans are written, approved by a second person and frozen."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import pytest

from scrm.targets import planner
from scrm.targets.errors import InvalidPlanError
from scrm.targets.planner import BranchShare
from scrm.targets.plans import (
    Baseline,
    NodeTargets,
    PlanRefusedError,
    PlanState,
    PlanVersion,
    StalePlanError,
    TargetPlans,
    TargetViews,
    UnknownPlanError,
    quarters,
)
from tests.fakes.targets import TERMS, FakeHeadcounts, FakeJournal, FakePlanDocuments, FakePlans

NOW = datetime(2026, 12, 1, 8, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
MAKER, CHECKER = "operator:maker", "operator:checker"


class Desk:
    def __init__(self) -> None:
        self.store = FakePlans()
        self.documents = FakePlanDocuments()
        self.journal = FakeJournal()
        self.headcounts = FakeHeadcounts()
        self.plans = TargetPlans(self.store, self.documents, self.journal)
        self.views = TargetViews(self.store, self.documents, self.headcounts, "1")

    def approved(self) -> PlanVersion:
        drafted = self.plans.draft(TERMS, MAKER, NOW)
        return self.plans.approve(drafted.plan_id, drafted.version, CHECKER, LATER)


@dataclass
class Overtaken:
    """The store of who is slow: others do something after he has read."""

    store: FakePlans
    meanwhile: Callable[[], None]

    def versions(self, plan_id: str) -> Sequence[PlanVersion]:
        found = self.store.versions(plan_id)
        self.meanwhile()
        return found

    def of_year(self, year: int) -> Iterator[PlanVersion]:
        return self.store.of_year(year)

    def add(self, version: PlanVersion, after: PlanVersion | None) -> PlanVersion:
        return self.store.add(version, after)

    def decide(self, version: PlanVersion, replaces: PlanVersion | None) -> PlanVersion:
        return self.store.decide(version, replaces)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_an_approved_plan_is_frozen_from_the_moment_of_its_approval(desk: Desk) -> None:
    drafted = desk.plans.draft(TERMS, MAKER, NOW)
    assert drafted.frozen_at is None

    approved = desk.plans.approve(drafted.plan_id, 1, CHECKER, LATER)

    assert approved.frozen_at == LATER
    assert desk.views.in_force(drafted.plan_id) == approved
    assert desk.journal.entries == [("draft", MAKER), ("approved", CHECKER)]


def test_who_wrote_a_plan_does_not_approve_it(desk: Desk) -> None:
    drafted = desk.plans.draft(TERMS, MAKER, NOW)

    with pytest.raises(PlanRefusedError, match="somebody else"):
        desk.plans.approve(drafted.plan_id, 1, MAKER, NOW)
    with pytest.raises(UnknownPlanError, match="no version of this plan is approved"):
        desk.views.in_force(drafted.plan_id)


def test_other_terms_are_a_new_version_and_the_old_one_stays_readable(desk: Desk) -> None:
    first = desk.approved()

    second = desk.plans.draft(replace(TERMS, outcome=TERMS.outcome * 2), MAKER, LATER)
    assert desk.views.in_force(first.plan_id).version == 1
    desk.plans.approve(second.plan_id, 2, CHECKER, LATER)

    assert second.version == 2
    assert desk.views.in_force(first.plan_id).version == 2
    old = desk.views.version(first.plan_id, 1)
    assert old.state is PlanState.REPLACED
    assert old.frozen_at == LATER
    assert sum(desk.views.of_node(old, ["1"]).targets.outcome) == TERMS.outcome


def test_the_same_terms_of_the_same_person_are_the_same_version(desk: Desk) -> None:
    first = desk.plans.draft(TERMS, MAKER, NOW)

    assert desk.plans.draft(TERMS, MAKER, LATER) == first
    assert len(desk.store.stored) == 1


def test_a_version_that_another_followed_is_not_approved(desk: Desk) -> None:
    first = desk.plans.draft(TERMS, MAKER, NOW)
    desk.plans.draft(replace(TERMS, outcome=1), MAKER, NOW)

    with pytest.raises(PlanRefusedError, match="version 2 was written since"):
        desk.plans.approve(first.plan_id, 1, CHECKER, LATER)


def test_a_version_that_another_followed_while_it_was_being_approved_is_not_in_force(desk: Desk) -> None:
    """Else both were in force, and the earlier one would be compared with."""
    first = desk.plans.draft(TERMS, MAKER, NOW)

    def meanwhile() -> None:
        other = desk.plans.draft(replace(TERMS, outcome=1), MAKER, NOW)
        desk.plans.approve(other.plan_id, other.version, "operator:third", NOW)

    with pytest.raises(StalePlanError):
        TargetPlans(Overtaken(desk.store, meanwhile), desk.documents, desk.journal).approve(
            first.plan_id, 1, CHECKER, LATER
        )

    assert [one.state for one in desk.store.versions(first.plan_id)] == [PlanState.DRAFT, PlanState.APPROVED]
    assert desk.views.in_force(first.plan_id).version == 2


def test_a_decision_twice_is_one_decision(desk: Desk) -> None:
    approved = desk.approved()

    assert desk.plans.approve(approved.plan_id, 1, CHECKER, LATER) == approved
    with pytest.raises(PlanRefusedError, match="approved, not a draft"):
        desk.plans.reject(approved.plan_id, 1, "operator:third", "no", LATER)


def test_a_rejected_draft_says_why(desk: Desk) -> None:
    drafted = desk.plans.draft(TERMS, MAKER, NOW)

    rejected = desk.plans.reject(drafted.plan_id, 1, CHECKER, "the baseline is of a holiday", LATER)

    assert (rejected.state, rejected.note) == (PlanState.REJECTED, "the baseline is of a holiday")
    assert desk.plans.reject(drafted.plan_id, 1, CHECKER, "again", LATER) == rejected


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("outcome", {"outcome": 0}),
        ("shares", {"shares": ()}),
        ("baseline", {"baseline": Baseline(1, date(2027, 1, 1), "of its first day")}),
        ("baseline", {"baseline": Baseline(1, date(2027, 5, 1), "of its first day"), "first_month": 5}),
        ("first_month", {"first_month": 13}),
        ("shares", {"shares": (BranchShare("10", 1, first_month=4),), "first_month": 5}),
        ("season", {"season": (0,) * 12}),
    ],
)
def test_terms_that_cannot_be_planned_name_their_field(desk: Desk, field: str, change: dict[str, object]) -> None:
    with pytest.raises(InvalidPlanError) as refused:
        desk.plans.draft(replace(TERMS, **change), MAKER, NOW)  # type: ignore[arg-type]

    assert refused.value.field == field
    assert not desk.store.stored


def test_a_baseline_of_the_day_before_the_programme_begins_is_taken(desk: Desk) -> None:
    pilot = replace(TERMS, baseline=Baseline(1, date(2027, 4, 30), "core"), first_month=5)

    assert desk.plans.draft(pilot, MAKER, NOW).version == 1


def test_the_bank_begins_with_the_first_of_its_branches() -> None:
    rollout = replace(TERMS, shares=(BranchShare("10", 5), BranchShare("20", 3, first_month=9)), first_month=5)

    assert [rollout.begins(node_id) for node_id in ("10", "20", "1")] == ["2027-05", "2027-09", "2027-05"]
    assert replace(rollout, shares=rollout.shares[1:]).begins() == "2027-09"


def test_what_was_frozen_when_the_programme_had_begun_is_late(desk: Desk) -> None:
    approved = desk.approved()

    assert not approved.is_late("2027-01")
    assert replace(approved, decided_at=datetime(2026, 12, 31, 16, tzinfo=UTC)).is_late("2027-01")  # Beijing's morning
    assert not replace(approved, state=PlanState.DRAFT).is_late("2020-01")


def test_children_sum_to_their_parent_down_to_the_members(desk: Desk) -> None:
    desk.headcounts.counts = {"10": {"11": 7, "12": 3, "member:head": 1}, "11": {f"member:m{n}": 1 for n in range(7)}}
    version = desk.approved()

    def look(*way: str) -> NodeTargets:
        return desk.views.of_node(version, way)

    for way in (("1",), ("1", "10"), ("1", "10", "11")):
        node = look(*way)
        assert planner.total(list(node.below.values())) == node.targets
        for below, targets in node.below.items():
            assert look(*way, below).targets == targets
    assert look("1", "10", "11", "member:m3").below == {}


def test_rms_who_come_later_change_nothing_of_an_approved_plan(desk: Desk) -> None:
    desk.headcounts.counts = {"10": {"11": 1, "12": 1}}
    version = desk.approved()
    before = desk.views.of_node(version, ["1", "10"])

    desk.headcounts.counts = {"10": {"11": 9, "13": 1}}

    assert desk.views.of_node(version, ["1", "10"]) == before
    with pytest.raises(UnknownPlanError, match="had no RM"):
        desk.views.of_node(version, ["1", "10", "13"])


def test_a_branch_whose_rms_come_after_the_first_look_is_split_once_they_are_there(desk: Desk) -> None:
    version = desk.approved()
    assert desk.views.of_node(version, ["1", "10"]).below == {}

    desk.headcounts.counts = {"10": {"11": 3}}
    split = desk.views.of_node(version, ["1", "10"])
    desk.headcounts.counts = {"10": {"11": 3, "12": 9}}

    assert list(split.below) == ["11"]
    assert desk.views.of_node(version, ["1", "10"]) == split


def test_a_team_that_moves_in_mid_month_has_no_targets_in_its_new_branch_and_the_old_one_keeps_them(desk: Desk) -> None:
    desk.headcounts.counts = {"10": {"11": 3, "12": 3}, "20": {"21": 3}}
    version = desk.approved()
    ways = (["1"], ["1", "10"], ["1", "20"])
    before = [desk.views.of_node(version, way) for way in ways]

    desk.headcounts.counts = {"10": {"11": 3}, "20": {"12": 3, "21": 3}}

    assert [desk.views.of_node(version, way) for way in ways] == before
    with pytest.raises(UnknownPlanError, match="had no RM when the plan was split"):
        desk.views.of_node(version, ["1", "20", "12"])


def test_a_draft_shows_the_split_of_today(desk: Desk) -> None:
    desk.headcounts.counts = {"10": {"11": 1}}
    drafted = desk.plans.draft(TERMS, MAKER, NOW)

    desk.views.of_node(drafted, ["1", "10"])

    assert not desk.documents.counts


def test_a_branch_that_the_plan_does_not_name_has_no_targets(desk: Desk) -> None:
    with pytest.raises(UnknownPlanError, match="gives this branch nothing"):
        desk.views.of_node(desk.approved(), ["1", "77"])


def test_a_year_has_four_quarters() -> None:
    assert quarters(range(12)) == (3, 12, 21, 30)
    assert quarters([1, 5, 2] * 4, max) == (5, 5, 5, 5)
