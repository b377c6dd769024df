"""The planner dies at every call once before and once after it, in one run: nobody is planned twice, nobody is lost."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from scrm.campaign.exclusions import Exclusions, is_held_out
from scrm.campaign.model import NO_RING, Campaign, Ring
from scrm.campaign.planning import CampaignRun
from scrm.campaign.slices import SlicePlanning
from scrm.campaign.task import RecipientState
from scrm.campaign.terms import CampaignState
from tests.fakes.campaigns import CHECKER, MAKER, NOW, Bank, definition
from tests.fakes.dispatch import FakeContents, FakeNeeds, FakePermissions, FakePressure, FakeRules
from tests.killing import CallKiller, KilledError, remote_calls

START = NOW + timedelta(hours=1)
RINGS = (Ring("pilot", node_ids=("11",)), Ring("rest", after="pilot", node_ids=("12",)))


@dataclass
class KilledPlanner:
    """Implements PlanningQueue; a message whose reader died comes again."""

    bank: Bank
    killer: CallKiller = field(default_factory=CallKiller)
    time: datetime = NOW
    waiting: list[tuple[str, Callable[[], object]]] = field(default_factory=list)
    ledger: FakePressure = field(default_factory=FakePressure)

    def request_slices(self, campaign_id: str, ring: str, slices: Sequence[int], first: int = 0) -> None:
        for number in slices:
            take = partial(self._plan, campaign_id, ring, number, first)
            self.waiting.append((f"slice {ring} {number} {first}", take))

    def request_look(self, campaign_id: str, not_before: datetime) -> None:
        if not_before <= self.time:
            self.waiting.append((f"look {self.time}", partial(self._look, campaign_id)))

    def request_cancellation(self, campaign_id: str) -> None:
        raise AssertionError("nothing was recalled")

    def request_recheck(self, campaign_id: str) -> None:
        raise AssertionError("no product changed")

    def run(self, campaign: Campaign, until: datetime) -> None:
        """The schedule's looks, a minute apart, and all that follows."""
        while self.time < until:
            self.time += timedelta(minutes=1)
            self.waiting.append((f"look {self.time}", partial(self._look, campaign.campaign_id)))
            while self.waiting:
                name, take = self.waiting[0]
                self.killer.begin(name)
                try:
                    take()
                    self.waiting.pop(0)
                except KilledError:
                    continue
        self.killer.begin("")

    def _look(self, campaign_id: str) -> None:
        bank, remote = self.bank, partial(remote_calls, killer=self.killer)
        CampaignRun(
            remote(bank.campaigns),
            remote(bank.campaigns),
            remote(bank.contents),
            remote(bank.audiences),
            remote(bank.tallies),
            remote(bank.slices),
            remote(self),
            bank.settings,
            lambda: True,
        ).look(campaign_id, self.time)

    def _plan(self, campaign_id: str, ring: str, number: int, first: int) -> None:
        bank, remote = self.bank, partial(remote_calls, killer=self.killer)
        one_owner_a_run = iter((True, False))
        SlicePlanning(
            remote(bank.campaigns),
            remote(bank.slices),
            remote(bank.audiences),
            Exclusions(FakeContents(), FakePermissions(), remote(FakeRules()), FakeNeeds()),
            remote(bank.tasks),
            remote(self.ledger),
            remote(bank.dispatch),
            remote(self),
            lambda: next(one_owner_a_run, False),
        ).plan(campaign_id, ring, number, first, self.time)


def test_a_planner_that_dies_everywhere_plans_everybody_exactly_once() -> None:
    bank = Bank()
    for member in range(2):  # of a team in no ring
        bank.audiences.members[f"rm_13_{member}"] = [f"wm_rm_13_{member}_{number}" for number in range(10)]
        bank.audiences.paths[f"rm_13_{member}"] = "/1/10/13/"
    planner = KilledPlanner(bank)
    drafted = bank.drafted(definition(rings=RINGS, holdout_percent=10, blast_radius=25))
    bank.desk.submit(drafted.campaign_id, MAKER, NOW)
    planner.run(drafted, NOW + timedelta(minutes=2))
    asked = bank.latest(drafted).submission
    assert asked is not None
    bank.desk.approve(drafted.campaign_id, asked.audience.snapshot_id, CHECKER, planner.time)
    bank.desk.schedule(drafted.campaign_id, START, MAKER, planner.time)

    planner.run(drafted, START + timedelta(minutes=10))

    assert bank.latest(drafted).state in {CampaignState.RECONCILING, CampaignState.CLOSED}
    planned = [(one, task) for task in bank.tasks.by_id.values() for one in task.target_ids]
    assert sorted(one for one, _ in planned) == sorted(one for of in bank.audiences.members.values() for one in of)
    assert {task.ring for _, task in planned} == {"pilot", "rest", NO_RING}
    pending = {one for one, task in planned if task.result_of(one).state is RecipientState.PENDING}
    assert {one for _, one in planner.ledger.held} <= pending, "the worker reserves whom a death left out"
    reasons = {one: task.result_of(one).reason for one, task in planned if one not in pending}
    assert {one for one, why in reasons.items() if why == "not_in_ring"} == {
        one for one, _ in planned if "rm_13" in one
    }
    assert all(is_held_out(drafted.campaign_id, one, 10) for one, why in reasons.items() if why == "holdout")
    assert sum(why == "blast_radius" for why in reasons.values()) == 10
    assert set(bank.dispatch.sends) == set(bank.tasks.by_id)
    assert planner.killer.kills >= 200
