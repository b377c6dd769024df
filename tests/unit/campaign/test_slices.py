"""Owners become send tasks: everybody once, each left out with his reason, the same whoever plans again."""

from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from scrm.campaign.dispatch_errors import DispatchPostponedError
from scrm.campaign.exclusions import Exclusions, is_held_out
from scrm.campaign.exposure import ExposureHistory
from scrm.campaign.model import NO_RING, Campaign, CampaignDefinition, Ring
from scrm.campaign.results import rows_of
from scrm.campaign.slices import SlicePlanning, SliceResult
from scrm.campaign.task import Need, SendTask, TaskState
from tests.fakes.campaigns import MAKER, NOW, PILOT_THEN_REST, Bank, definition
from tests.fakes.dispatch import (
    FakeContents,
    FakeDispatchQueue,
    FakeNeeds,
    FakePermissions,
    FakePressure,
    FakeRules,
    FakeTasks,
)

START = NOW + timedelta(hours=1)


@dataclass
class Planning:
    """A campaign that was begun, and the planner's slices over fakes; time ends after ``owners_per_run`` owners."""

    bank: Bank = field(default_factory=Bank)
    contents: FakeContents = field(default_factory=FakeContents)
    permissions: FakePermissions = field(default_factory=FakePermissions)
    rules: FakeRules = field(default_factory=FakeRules)
    needs: FakeNeeds = field(default_factory=FakeNeeds)
    tasks: FakeTasks = field(default_factory=FakeTasks)
    ledger: FakePressure = field(default_factory=FakePressure)
    dispatch: FakeDispatchQueue = field(default_factory=FakeDispatchQueue)
    owners_per_run: int = 1_000

    def begin(self, wanted: CampaignDefinition | None = None) -> Campaign:
        campaign = self.bank.scheduled(wanted)
        self.bank.run.look(campaign.campaign_id, START)
        return self.bank.latest(campaign)

    def plan(self, campaign: Campaign, ring: str = "all", number: int = 0, first: int = 0) -> SliceResult:
        left = iter(range(self.owners_per_run))
        planning = SlicePlanning(
            self.bank.campaigns,
            self.bank.slices,
            self.bank.audiences,
            Exclusions(self.contents, self.permissions, self.rules, self.needs),
            self.tasks,
            self.ledger,
            self.dispatch,
            self.bank.queue,
            lambda: next(left, None) is not None,
        )
        return planning.plan(campaign.campaign_id, ring, number, first, START)

    def plan_all(self, campaign: Campaign) -> None:
        for _, ring, numbers in self.bank.queue.slices:
            for number in numbers:
                self.plan(campaign, ring, number)

    def reasons(self) -> dict[str, str]:
        return {one: result.reason for task in self.stored() for one, result in task.results.items()}

    def stored(self) -> list[SendTask]:
        return list(self.tasks.by_id.values())


@pytest.fixture
def planning() -> Planning:
    return Planning()


def test_every_customer_is_in_one_task_of_his_owner(planning: Planning) -> None:
    campaign = planning.begin()

    planning.plan_all(campaign)

    planned = [one for task in planning.stored() for one in task.target_ids]
    assert len(planned) == len(set(planned)) == 60
    assert all(one.startswith(f"wm_{task.owner_userid}_") for task in planning.stored() for one in task.target_ids)
    assert {task.node_path for task in planning.stored()} == {"/1/10/11/", "/1/10/12/"}
    assert sorted(planning.dispatch.sends) == sorted(planning.tasks.by_id)
    assert planning.bank.slices.unplanned(campaign.campaign_id, "all", 3) == []


def test_places_are_held_until_the_last_moment_at_which_a_member_may_confirm(planning: Planning) -> None:
    campaign = planning.begin(definition(deadline=timedelta(hours=5)))

    planning.plan(campaign)

    assert set(planning.ledger.untils) == {START + timedelta(hours=5)}
    assert len(planning.ledger.held) == 20


def test_a_busy_ledger_is_left_to_the_worker(planning: Planning, monkeypatch: pytest.MonkeyPatch) -> None:
    campaign = planning.begin()

    def busy(task: SendTask, until: object) -> None:
        raise DispatchPostponedError(START)

    monkeypatch.setattr(planning.ledger, "reserve", busy)

    assert planning.plan(campaign).is_whole
    assert len(planning.tasks.by_id) == 2


def test_those_left_out_have_their_reason_in_the_task(planning: Planning) -> None:
    campaign = planning.begin(definition(holdout_percent=20))
    everybody = [f"wm_rm_11_{rm}_{number}" for rm in (0, 1) for number in range(10)]
    held_out = {one for one in everybody if is_held_out(campaign.campaign_id, one, 20)}
    refused = next(one for one in everybody if one not in held_out)
    planning.rules.reasons[refused] = "opted_out"

    found = planning.plan(campaign)

    assert planning.reasons() == {refused: "opted_out", **dict.fromkeys(held_out, "holdout")}
    assert found == SliceResult(2, 20, len(held_out) + 1, is_whole=True)
    assert all(task.untold for task in planning.stored() if task.results)


def test_the_blast_radius_is_kept_over_all_owners_of_a_ring(planning: Planning) -> None:
    campaign = planning.begin(definition(blast_radius=25))

    planning.plan_all(campaign)

    pending = sum(len(task.pending_ids) for task in planning.stored())
    assert (pending, set(planning.reasons().values())) == (25, {"blast_radius"})
    nobody_left = [task for task in planning.stored() if not task.has_pending]
    assert {task.state for task in nobody_left} == {TaskState.CANCELLED}
    assert all(task.due_at is not None and task.untold for task in nobody_left), "the worker tells their ends"


def test_the_blast_radius_takes_the_highest_needs_of_a_ring(planning: Planning) -> None:
    owners = sorted(planning.bank.audiences.members)
    planning.bank.audiences.needs = {owners[-1]: ((80, 4), (0, 6)), owners[-2]: ((90, 10),)}
    campaign = planning.begin(definition(blast_radius=15))

    planning.plan_all(campaign)

    reached = {task.owner_userid: len(task.pending_ids) for task in planning.stored() if task.has_pending}
    assert reached == {owners[-2]: 10, owners[-1]: 4, owners[0]: 1}


def test_why_somebody_gets_it_is_kept_with_the_task_and_shown_with_him(planning: Planning) -> None:
    campaign = planning.begin(definition(least_need=50))
    owner = sorted(planning.bank.audiences.members)[0]
    pressing, mild, refused, *_ = planning.bank.audiences.members[owner]
    planning.needs.scores = {pressing: 80, mild: 40, refused: 90}
    planning.rules.reasons = {refused: "risk_above_profile"}

    planning.plan(campaign)

    task = next(task for task in planning.stored() if pressing in task.target_ids)
    assert task.needs == {pressing: Need("rule_80", 80, "需求")}, "who gets nothing has no reason to get it"
    assert task.pending_ids == (pressing,)
    assert planning.reasons()[refused] == "risk_above_profile"
    assert planning.reasons()[mild] == "need_too_low"
    row = next(row for row in rows_of(task) if row.target_id == pressing)
    (exposure,) = ExposureHistory(planning.tasks).of(pressing, [owner])
    assert row.need == exposure.need == task.needs[pressing]


def test_members_in_no_ring_are_planned_with_the_first_one_and_get_nothing(planning: Planning) -> None:
    pilot, _ = PILOT_THEN_REST
    campaign = planning.begin(definition(rings=(pilot,)))

    planning.plan_all(campaign)

    assert {task.ring for task in planning.stored() if task.has_pending} == {"pilot"}
    outside = [task for task in planning.stored() if task.ring == NO_RING]
    assert {result.reason for task in outside for result in task.results.values()} == {"not_in_ring"}
    assert sum(len(task.target_ids) for task in planning.stored()) == 60


def test_a_member_without_permission_sends_nothing_of_the_product(planning: Planning) -> None:
    planning.contents.product_id = "P1"
    planning.permissions.denied = {"rm_11_0"}
    campaign = planning.begin()

    planning.plan(campaign)

    assert planning.reasons() == {f"wm_rm_11_0_{number}": "product_not_permitted" for number in range(10)}


def test_what_the_time_does_not_take_goes_on_from_the_next_owner(planning: Planning) -> None:
    planning.owners_per_run = 1
    campaign = planning.begin()

    first = planning.plan(campaign)
    second = planning.plan(campaign, first=1)

    assert planning.bank.queue.sent_on == [(campaign.campaign_id, "all", 0, 1)]
    assert (first.is_whole, second.is_whole) == (False, True)
    assert {task.owner_userid for task in planning.stored()} == {"rm_11_0", "rm_11_1"}


def test_planned_again_everything_stays_as_it_was_decided_first(planning: Planning) -> None:
    campaign = planning.begin()
    planning.plan(campaign)
    before, reserved = dict(planning.tasks.by_id), len(planning.ledger.untils)
    planning.rules.reasons["wm_rm_11_0_3"] = "opted_out"

    planning.plan(campaign)

    assert planning.tasks.by_id == before
    assert len(planning.ledger.untils) == reserved


@pytest.mark.parametrize("stop", ["paused", "recalled", "planned"])
def test_a_slice_of_a_campaign_that_does_not_plan_is_dropped(planning: Planning, stop: str) -> None:
    campaign = planning.begin()
    if stop == "paused":
        planning.bank.desk.pause(campaign.campaign_id, "wait", MAKER, START)
    elif stop == "recalled":
        planning.bank.desk.recall(campaign.campaign_id, "wrong", MAKER, START)
    else:
        planning.bank.plan_all(campaign)
        planning.bank.run.look(campaign.campaign_id, START + timedelta(minutes=1))

    assert planning.plan(campaign) == SliceResult()
    assert planning.tasks.by_id == {}


def test_a_later_ring_is_not_planned_before_its_time(planning: Planning) -> None:
    campaign = planning.begin(definition(rings=PILOT_THEN_REST))

    assert planning.plan(campaign, ring="rest") == SliceResult()


def test_content_that_may_not_be_sent_any_more_is_left_to_the_worker(planning: Planning) -> None:
    campaign = planning.begin()
    planning.contents.refused = "content_expired"

    planning.plan(campaign)

    assert [task.results for task in planning.stored()] == [{}, {}]


def test_everybody_below_a_rings_node_is_in_it(planning: Planning) -> None:
    campaign = planning.begin(definition(rings=(Ring("all", node_ids=("10",)),)))

    assert campaign.rings[0].share.customers == 60


def test_10001_customers_of_one_owner_are_two_calls(planning: Planning) -> None:
    planning.bank.audiences.members = {"rm_11_0": [f"wm_{number:05d}" for number in range(10_001)]}
    campaign = planning.begin()

    found = planning.plan(campaign)

    assert (found.tasks, found.customers) == (2, 10_001)
    assert sorted(len(task.target_ids) for task in planning.stored()) == [1, 10_000]
    assert {task.owner_userid for task in planning.stored()} == {"rm_11_0"}


def test_two_campaigns_with_the_same_customers_have_tasks_and_touches_of_their_own(planning: Planning) -> None:
    first = planning.begin()
    planning.plan(first)
    second = planning.bank.campaigns.save(replace(first, campaign_id="camp_other", version=0))
    for number in range(3):
        owners = planning.bank.slices.owners(first.campaign_id, "all", number)
        planning.bank.slices.put(second.campaign_id, "all", number, owners)

    planning.plan(second)

    assert len(planning.stored()) == 4
    assert len({task.touch_id for task in planning.stored()}) == 2
