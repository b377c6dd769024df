"""Whatever people and the planner do, in whatever order: nothing unapproved is ever planned, rings keep their order."""

from collections.abc import Callable
from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from scrm.campaign.model import Campaign, RingState, Tally
from scrm.campaign.refusals import CampaignRefusedError
from scrm.campaign.terms import CampaignState
from tests.fakes.campaigns import CHECKER, MAKER, NOW, PILOT_THEN_REST, Bank, definition

_ORDER = [RingState.WAITING, RingState.PLANNING, RingState.DISPATCHING, RingState.HELD, RingState.DONE]
_ACTORS = st.sampled_from([MAKER, CHECKER])


class Campaigns(RuleBasedStateMachine):
    """One campaign in two rings, people who decide at random and a clock that jumps."""

    def __init__(self) -> None:
        super().__init__()
        self.bank = Bank()
        self.now = NOW
        self.campaign_id = self.bank.drafted(definition(rings=PILOT_THEN_REST)).campaign_id
        self.seen: Campaign = self.bank.campaigns.by_id[self.campaign_id]

    @property
    def campaign(self) -> Campaign:
        return self.bank.campaigns.by_id[self.campaign_id]

    def attempt(self, act: Callable[[], object]) -> None:
        before = self.campaign
        try:
            act()
        except CampaignRefusedError:
            assert self.campaign == before

    @rule(actor=_ACTORS)
    def submit(self, actor: str) -> None:
        self.attempt(lambda: self.bank.desk.submit(self.campaign_id, actor, self.now))

    @rule(actor=_ACTORS)
    def approve(self, actor: str) -> None:
        asked = self.campaign.submission
        seen = asked.audience.snapshot_id if asked else "none"
        self.attempt(lambda: self.bank.desk.approve(self.campaign_id, seen, actor, self.now))

    @rule(actor=_ACTORS)
    def reject(self, actor: str) -> None:
        asked = self.campaign.submission
        seen = asked.audience.snapshot_id if asked else ""
        self.attempt(lambda: self.bank.desk.reject(self.campaign_id, seen, "no", actor, self.now))

    @rule(minutes=st.integers(-10, 120))
    def schedule(self, minutes: int) -> None:
        starts_at = self.now + timedelta(minutes=minutes)
        self.attempt(lambda: self.bank.desk.schedule(self.campaign_id, starts_at, MAKER, self.now))

    @rule()
    def pause(self) -> None:
        self.attempt(lambda: self.bank.desk.pause(self.campaign_id, "wait", MAKER, self.now))

    @rule()
    def resume(self) -> None:
        self.attempt(lambda: self.bank.desk.resume(self.campaign_id, MAKER, self.now))

    @rule()
    def recall(self) -> None:
        self.attempt(lambda: self.bank.desk.recall(self.campaign_id, "wrong", CHECKER, self.now))

    @rule(customers=st.integers(0, 12))
    def audience_moves(self, customers: int) -> None:
        self.bank.audiences.members["rm_12_0"] = [f"wm_moved_{number}" for number in range(customers)]

    @rule(minutes=st.integers(1, 3_000))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)
        self.bank.run.look(self.campaign_id, self.now)

    @rule()
    def slices_are_planned(self) -> None:
        if self.campaign.may_send:
            self.bank.plan_all(self.campaign)

    @rule(state=st.sampled_from(["sent", "failed"]), pending=st.integers(0, 2), tasks_open=st.integers(0, 1))
    def results_come(self, state: str, pending: int, tasks_open: int) -> None:
        tally = Tally(60, tasks_open, pending, {state: 30 - pending})
        self.bank.tallies.found |= {(self.campaign_id, name): tally for name in ("", "pilot", "rest")}

    @invariant()
    def what_runs_was_approved_by_another_one(self) -> None:
        campaign = self.campaign
        if campaign.snapshot_id or campaign.state not in {CampaignState.DRAFT}:
            review = campaign.review
            assert review is None or review.by != campaign.made_by or not review.approved
        if campaign.may_send:
            assert campaign.review is not None
            assert campaign.review.approved

    @invariant()
    def rings_never_go_back_and_never_overtake(self) -> None:
        before, after = self.seen, self.campaign
        if after.snapshot_id:
            if before.snapshot_id:
                steps = zip(before.rings, after.rings, strict=True)
                assert all(_ORDER.index(old.state) <= _ORDER.index(new.state) for old, new in steps)
            first, second = after.rings
            assert second.state is RingState.WAITING or first.state is RingState.DONE
        self.seen = after

    @invariant()
    def what_ended_stays_ended(self) -> None:
        if not self.campaign.is_open:
            assert not self.campaign.may_send
            assert self.campaign.ended_at is not None


TestCampaigns = Campaigns.TestCase
TestCampaigns.settings = settings(max_examples=40, stateful_step_count=40)
