"""Moments on the simulator: many members are asked with one creation, once, wherever a process dies (S28, S66).

Between the use cases and the simulator stand the adapter, the typed client, the transport and the governor of
production; the store of packs passes one conformance suite with the table (tests/integration/test_moment_packs.py).
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from local.simulator.confirmations import NEVER, ConfirmationScript, ScriptedConfirmation
from local.simulator.moment_book import Moment
from scrm.campaign.dispatch_errors import SendRefusedError
from scrm.campaign.moment_packs import MomentPace, PackState
from scrm.campaign.moments import MomentMessages
from scrm.campaign.ports import ApprovedContent, Standing
from scrm.campaign.reactions import MomentReactions
from scrm.campaign.task import ENDED, SendPlan, SendTask
from scrm.campaign.terms import Channel
from scrm.wecom.moment_calls import WecomMomentCalls
from tests.fakes.dispatch import CAMPAIGN, CONTENT, FAR, FakePacks, FakeReactionFacts
from tests.faults.test_dispatch_on_unclear_wecom import MEMBERS, OWNERS, Wecom
from tests.killing import CallKiller, remote_calls
from tests.simulated_dispatch import SimulatedDispatch
from tests.simulator_exchange import clients_over_the_wire

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SOON = ScriptedConfirmation(after_seconds=600)


@dataclass
class MomentBank:
    """Three members with eight customers each, and a campaign of Moments."""

    by_member: Mapping[str, ScriptedConfirmation]
    knobs: dict[str, Any] = field(default_factory=dict)
    packs: FakePacks = field(default_factory=FakePacks)
    tag_ids: tuple[str, ...] = ()
    must_not: SendRefusedError | None = None

    def __post_init__(self) -> None:
        self.wecom = Wecom(self.knobs, {}, ConfirmationScript(by_member=dict(self.by_member)))
        self.clients = clients_over_the_wire(self.wecom.simulator, self.wecom.time)
        self.run = SimulatedDispatch(self.wecom.time.now, self.wecom.advance, self.channel)
        self.run.owners.owners = dict(OWNERS)

    def channel(self, killer: CallKiller) -> MomentMessages:
        return MomentMessages(
            remote_calls(self.packs, killer),
            WecomMomentCalls(self.clients(killer), lambda _: None, self.wecom.time.now),
            remote_calls(self.run.standings, killer),
            remote_calls(self.run, killer),
            self,
            MomentPace(),
            self.wecom.time.now,
        )

    def tags_of(self, content: ApprovedContent) -> tuple[str, ...]:
        """Implements Narrowing."""
        del content
        if self.must_not is not None:
            raise self.must_not
        return self.tag_ids

    def begin(self, campaign_id: str = CAMPAIGN) -> list[SendTask]:
        plan = SendPlan(campaign_id, "all", Channel.MOMENTS, CONTENT, self.wecom.time.now(), FAR)
        tasks = [
            task
            for userid in MEMBERS
            for task in plan.tasks_of(userid, [name for name, owner in OWNERS.items() if owner == userid])
        ]
        self.run.tasks.put_planned(tasks)
        self.run.request_send(tasks)
        return tasks

    def messages(self) -> MomentMessages:
        return self.channel(self.run.killer)

    def react(self, *, comment: bool, external_userid: str | None = None, userid: str | None = None) -> None:
        """On what the first member published."""
        task = self.moments[0].tasks[0]
        self.wecom.simulator.moments.react(task, comment=comment, external_userid=external_userid, userid=userid)

    @property
    def moments(self) -> list[Moment]:
        return self.wecom.simulator.simulation.state.moments.moments

    def tag(self, *names: str) -> None:
        """These customers get the corp tag of the world from whoever answers for them."""
        for userid in MEMBERS:
            for row in self.wecom.simulator.simulation.world.relations_of(userid):
                if row.external_userid in names:
                    row.tag_ids = ["et1"]

    @property
    def shown(self) -> set[str]:
        return {name for moment in self.moments for task in moment.tasks for name in task.visible}

    def times_asked(self) -> Counter[str]:
        return Counter(task.userid for moment in self.moments for task in moment.tasks)

    def counts(self) -> dict[str, int]:
        tally = self.run.tallies().of(CAMPAIGN)
        return {**tally.by_state, **({"pending": tally.pending} if tally.pending else {})}


def test_members_whose_tasks_come_together_are_asked_with_one_creation() -> None:
    bank = MomentBank(dict.fromkeys(MEMBERS, SOON))

    bank.begin()
    bank.run.pass_time(2 * HOUR)

    (moment,) = bank.moments
    assert {task.userid for task in moment.tasks} == set(MEMBERS)
    assert bank.counts() == {"sent": len(OWNERS)}


@pytest.mark.parametrize("job_seconds", [0, 5, 1_200])
def test_wherever_a_process_dies_each_member_is_asked_once_and_each_customer_ends(job_seconds: int) -> None:
    bank = MomentBank({"rm_a": SOON, "rm_b": SOON, "rm_c": NEVER}, {"moment_job_seconds": job_seconds})
    bank.run.kill_everywhere = True

    bank.begin()
    bank.run.pass_time(40 * DAY)

    published_in_time = {name for name, owner in OWNERS.items() if owner != "rm_c"}
    assert bank.run.killer.kills > 100
    assert bank.times_asked() == dict.fromkeys(MEMBERS, 1)
    assert all(task.state in ENDED for task in bank.run.tasks.by_id.values())
    assert bank.counts() == {"sent": len(published_in_time), "not_confirmed": len(OWNERS) - len(published_in_time)}


def test_two_campaigns_with_the_same_content_do_not_take_each_others_moment() -> None:
    bank = MomentBank(dict.fromkeys(MEMBERS, SOON))
    bank.run.kill_everywhere = True

    bank.begin()
    bank.begin("camp_2")
    bank.run.pass_time(3 * DAY)

    assert bank.times_asked() == dict.fromkeys(MEMBERS, 2)
    assert len({pack.moment_id for pack in bank.packs.by_id.values()}) == len(bank.packs.by_id) == len(bank.moments)


def test_a_recall_before_the_creation_means_that_there_is_none() -> None:
    bank = MomentBank(dict.fromkeys(MEMBERS, SOON))
    bank.begin()
    while bank.run.waiting and not bank.packs.by_id:
        bank.run.run_one()

    bank.run.standings.standing = Standing.STOPPED
    bank.run.changes().stop(CAMPAIGN)
    bank.run.pass_time(2 * HOUR)

    assert bank.moments == []
    assert bank.counts() == {"cancelled": len(OWNERS)}


def test_a_recall_cancels_what_is_unpublished_and_who_published_stays_sent() -> None:
    bank = MomentBank({"rm_a": SOON, "rm_b": NEVER, "rm_c": NEVER})
    bank.begin()
    bank.run.pass_time(HOUR)

    bank.run.standings.standing = Standing.STOPPED
    bank.run.changes().stop(CAMPAIGN)
    bank.run.pass_time(HOUR)

    (moment,) = bank.moments
    assert moment.cancelled_at is not None
    assert bank.counts() == {"sent": 8, "cancelled": 16}


def test_while_the_campaign_is_paused_no_moment_is_created() -> None:
    bank = MomentBank(dict.fromkeys(MEMBERS, SOON))
    bank.begin()
    while bank.run.waiting and not bank.packs.by_id:
        bank.run.run_one()

    bank.run.standings.standing = Standing.PAUSED
    for _ in range(40):
        bank.run.run_one()
    before = len(bank.moments)
    bank.run.standings.standing = Standing.SENDS
    bank.run.pass_time(2 * HOUR)

    assert (before, bank.counts()) == (0, {"sent": len(OWNERS)})


def test_a_job_that_fails_ends_everybody_with_its_reason() -> None:
    bank = MomentBank(dict.fromkeys(MEMBERS, SOON))
    for userid in MEMBERS:
        bank.wecom.simulator.simulation.world.members.pop(userid)

    tasks = bank.begin()
    bank.run.pass_time(2 * HOUR)

    assert bank.counts() == {"failed": len(OWNERS)}
    assert {one.reason for one in bank.run.tasks.by_id[tasks[0].task_id].results.values()} == {"errcode_41048"}


def test_who_left_is_asked_nothing_and_the_others_publish() -> None:
    bank = MomentBank(dict.fromkeys(MEMBERS, SOON))
    bank.wecom.simulator.simulation.world.members.pop("rm_b")

    bank.begin()
    bank.run.pass_time(40 * DAY)

    assert bank.counts() == {"sent": 16, "not_assigned": 8}


def test_a_job_that_never_ends_leaves_its_customers_unknown() -> None:
    bank = MomentBank(dict.fromkeys(MEMBERS, SOON), {"moment_job_seconds": 100 * 86_400})

    bank.begin()
    bank.run.pass_time(40 * DAY)

    assert bank.counts() == {"unknown": len(OWNERS)}


def test_ten_creations_a_minute_are_not_exceeded() -> None:
    bank = MomentBank(dict.fromkeys(MEMBERS, SOON))
    plan_of = [
        SendPlan(CAMPAIGN, f"r{ring}", Channel.MOMENTS, CONTENT, bank.wecom.time.now(), FAR) for ring in range(25)
    ]
    tasks = [plan.tasks_of("rm_a", ["wm00"])[0] for plan in plan_of]
    bank.run.tasks.put_planned(tasks)

    bank.run.request_send(tasks)
    bank.run.pass_time(2 * HOUR)

    created = [moment.created_at for moment in bank.moments]
    assert len(created) == 25
    assert max(sum(one <= at < one + 60 for at in created) for one in created) <= 10
    assert all(pack.state is PackState.MADE for pack in bank.packs.by_id.values())


def test_likes_and_comments_of_customers_are_counted_and_told_wherever_a_process_dies() -> None:
    bank = MomentBank(dict.fromkeys(MEMBERS, SOON))
    facts = FakeReactionFacts()
    bank.run.reactions = lambda: MomentReactions(bank.messages(), remote_calls(facts, bank.run.killer))
    bank.begin()
    bank.run.pass_time(HOUR)
    bank.react(comment=False, external_userid="wm_0")
    bank.react(comment=True, external_userid="wm_0")
    bank.react(comment=False, userid="rm_b")
    bank.run.kill_everywhere = True

    bank.run.pass_time(2 * DAY)
    bank.react(comment=False, external_userid="wm_3")
    bank.run.pass_time(40 * DAY)

    results = bank.run.tallies().results(CAMPAIGN)
    assert (results.likes, results.comments) == (2, 1)
    assert sorted((one.external_userid, one.kind.value) for one in facts.told) == [
        ("wm_0", "comment"),
        ("wm_0", "like"),
        ("wm_3", "like"),
    ]


FITTING = ("wm00", "wm01", "wm02", "wm03", "wm06")


def test_a_moment_that_is_narrowed_is_shown_to_the_tagged_customers_and_to_nobody_else() -> None:
    bank = MomentBank(dict.fromkeys(MEMBERS, SOON), tag_ids=("et1",))
    bank.run.rules.reasons = dict.fromkeys(set(OWNERS) - set(FITTING), "no_ceiling_tag")
    bank.tag(*FITTING)
    bank.run.kill_everywhere = True

    bank.begin()
    bank.run.pass_time(2 * DAY)

    assert bank.shown == set(FITTING)
    assert bank.counts() == {"sent": len(FITTING), "excluded": len(OWNERS) - len(FITTING)}
    assert bank.times_asked() == dict.fromkeys(MEMBERS, 1)


def test_whoever_is_shown_it_although_he_was_left_out_is_an_exposure_with_the_reason() -> None:
    bank = MomentBank(dict.fromkeys(MEMBERS, SOON), tag_ids=("et1",))
    bank.run.rules.reasons = dict.fromkeys(set(OWNERS) - set(FITTING), "risk_above_profile")
    bank.tag(*FITTING, "wm09")

    tasks = bank.begin()
    bank.run.pass_time(2 * DAY)

    found = bank.run.tasks.by_id[tasks[0].task_id].result_of("wm09")
    assert (found.state.value, found.reason) == ("sent", "despite_risk_above_profile")
    assert bank.counts() == {"sent": len(FITTING) + 1, "excluded": len(OWNERS) - len(FITTING) - 1}


def test_nothing_is_created_by_a_tag_that_somebody_deleted() -> None:
    bank = MomentBank(dict.fromkeys(MEMBERS, SOON), tag_ids=("et1", "et_gone"))
    bank.tag(*FITTING)

    bank.begin()
    bank.run.pass_time(2 * HOUR)

    assert bank.moments == []
    assert bank.counts() == {"failed": len(OWNERS)}


def test_a_tag_that_is_deleted_while_the_job_runs_ends_the_moment() -> None:
    bank = MomentBank(dict.fromkeys(MEMBERS, NEVER), {"moment_job_seconds": 1_200}, tag_ids=("et1", "et2"))
    bank.tag(*FITTING)
    world = bank.wecom.simulator.simulation.world
    group = next(iter(world.tag_groups.values()))
    group.tag.append(replace(group.tag[0], id="et2", name="二"))
    bank.begin()
    while not any(pack.state is PackState.RUNNING for pack in bank.packs.by_id.values()):
        bank.run.run_one()

    group.tag[-1].deleted = True
    bank.run.pass_time(2 * HOUR)

    (moment,) = bank.moments
    assert moment.cancelled_at is not None
    assert bank.counts() == {"failed": len(OWNERS)}


def test_a_product_whose_moment_cannot_be_narrowed_is_not_published() -> None:
    bank = MomentBank(dict.fromkeys(MEMBERS, SOON))

    bank.must_not = SendRefusedError(0, "public_content_risk")
    tasks = bank.begin()
    bank.run.pass_time(2 * HOUR)

    assert bank.moments == []
    assert {one.reason for one in bank.run.tasks.by_id[tasks[0].task_id].results.values()} == {"public_content_risk"}


def test_members_of_one_pack_are_shown_to_the_same_tags() -> None:
    bank = MomentBank(dict.fromkeys(MEMBERS, SOON), tag_ids=("et1",))
    bank.tag(*OWNERS)
    first, second, third = bank.begin()
    while not bank.packs.by_id:
        bank.run.run_one()

    bank.tag_ids = ()
    bank.run.pass_time(2 * HOUR)

    assert sorted(pack.tag_ids for pack in bank.packs.by_id.values()) == [(), ("et1",)]
    assert bank.counts() == {"sent": len(OWNERS)}
    assert {first.together, second.together, third.together} == {"all/0"}
