"""Application messages on the simulator: each member is told once, wherever a process dies (S55, S60, O2).

Between the use cases and the simulator stand the adapter, the typed client, the transport and the governor of
production.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from local.simulator.confirmations import ConfirmationScript
from local.simulator.message_book import SentMessage
from scrm.campaign.exposure import ExposureHistory
from scrm.campaign.member_messages import MemberMessages
from scrm.campaign.ports import MassMessages, Standing
from scrm.campaign.task import ENDED, RecipientState, SendPlan, SendTask, TaskState
from scrm.campaign.terms import Channel
from scrm.wecom.member_sends import WecomMemberCalls
from tests.fakes.dispatch import CAMPAIGN, CONTENT, FAR
from tests.faults.test_dispatch_on_unclear_wecom import MEMBERS, OWNERS, Wecom
from tests.killing import CallKiller
from tests.simulated_dispatch import SimulatedDispatch
from tests.simulator_exchange import clients_over_the_wire

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@dataclass
class TellingBank:
    """Three members with eight customers each, and a campaign that tells the members of them."""

    knobs: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.wecom = Wecom(self.knobs, {}, ConfirmationScript())
        self.clients = clients_over_the_wire(self.wecom.simulator, self.wecom.time)
        self.run = SimulatedDispatch(self.wecom.time.now, self.wecom.advance, self.channel)
        self.run.owners.owners = dict(OWNERS)

    def channel(self, killer: CallKiller) -> MassMessages:
        calls = WecomMemberCalls(self.clients(killer), lambda _: None, self.wecom.time.now)
        return MemberMessages(calls, self.wecom.time.now)

    def begin(self, campaign_id: str = CAMPAIGN) -> list[SendTask]:
        plan = SendPlan(campaign_id, "all", Channel.APPLICATION_MESSAGE, CONTENT, self.wecom.time.now(), FAR)
        tasks = [
            task
            for userid in MEMBERS
            for task in plan.tasks_of(userid, [name for name, owner in OWNERS.items() if owner == userid])
        ]
        self.run.tasks.put_planned(tasks)
        self.run.request_send(tasks)
        return tasks

    def stop(self) -> None:
        self.run.standings.standing = Standing.STOPPED
        self.run.changes().stop(CAMPAIGN)

    @property
    def messages(self) -> list[SentMessage]:
        return list(self.wecom.simulator.simulation.state.messages)

    def times_told(self) -> Counter[str]:
        return Counter(userid for message in self.messages for userid in message.receivers)

    def counts(self) -> dict[str, int]:
        tally = self.run.tallies().of(CAMPAIGN)
        return {**tally.by_state, **({"pending": tally.pending} if tally.pending else {})}


def test_each_member_is_told_how_many_of_his_customers_are_meant_and_they_get_nothing() -> None:
    bank = TellingBank()

    bank.begin()
    bank.run.pass_time(HOUR)

    assert bank.times_told() == dict.fromkeys(MEMBERS, 1)
    assert all("适用客户：8 位" in message.content["content"] for message in bank.messages)
    assert bank.counts() == {"told": len(OWNERS)}
    assert bank.wecom.delivered() == Counter()
    assert bank.run.ledger.settled == {}
    assert bank.run.tallies().results(CAMPAIGN).reached_day == 0
    assert [ExposureHistory(bank.run.tasks).of(name, MEMBERS) for name in OWNERS] == [[]] * len(OWNERS)


def test_wherever_a_process_dies_each_member_is_told_once() -> None:
    bank = TellingBank()
    bank.run.kill_everywhere = True

    bank.begin()
    bank.run.pass_time(3 * DAY)

    assert bank.run.killer.kills > 40
    assert bank.times_told() == dict.fromkeys(MEMBERS, 1)
    assert all(task.state in ENDED for task in bank.run.tasks.by_id.values())
    assert bank.counts() == {"told": len(OWNERS)}


def test_two_campaigns_with_the_same_words_are_two_messages() -> None:
    bank = TellingBank()
    bank.run.kill_everywhere = True

    bank.begin()
    bank.begin("camp_2")
    bank.run.pass_time(DAY)

    assert bank.times_told() == dict.fromkeys(MEMBERS, 2)


def test_a_recall_within_a_day_takes_the_messages_back_wherever_a_process_dies() -> None:
    bank = TellingBank()
    tasks = bank.begin()
    bank.run.pass_time(20 * HOUR)
    bank.run.kill_everywhere = True

    bank.stop()
    bank.run.pass_time(DAY)

    assert all(message.recalled_at for message in bank.messages)
    assert bank.counts() == {"told": len(OWNERS)}
    assert {one.reason for one in bank.run.tasks.by_id[tasks[0].task_id].results.values()} == {"recalled"}
    assert all(task.state is TaskState.SETTLED for task in bank.run.tasks.by_id.values())


def test_after_a_day_a_message_stays_where_it_is() -> None:
    bank = TellingBank()
    bank.begin()
    bank.run.pass_time(25 * HOUR)

    bank.stop()
    bank.run.pass_time(HOUR)

    assert not any(message.recalled_at for message in bank.messages)
    assert all(task.state is TaskState.SETTLED for task in bank.run.tasks.by_id.values())


def test_nothing_leaves_after_a_stop_and_what_is_in_doubt_is_unknown() -> None:
    bank = TellingBank()
    bank.run.kill_everywhere = True
    tasks = bank.begin()
    first, second, _ = tasks
    while bank.run.tasks.by_id[first.task_id].state is not TaskState.SENDING:
        bank.run.run_one()
    before = bank.times_told()

    bank.stop()
    bank.run.pass_time(DAY)

    assert bank.times_told() == before
    assert set(bank.counts()) == {"unknown", "cancelled"}
    assert bank.run.tasks.by_id[second.task_id].counts == {"cancelled": 8}


def test_whom_wecom_does_not_reach_ends_with_the_reason() -> None:
    bank = TellingBank({"unlicensed_members": ["rm_b"]})
    bank.wecom.simulator.simulation.world.members.pop("rm_c")

    tasks = bank.begin()
    bank.run.pass_time(HOUR)

    ends = [next(iter(bank.run.tasks.by_id[task.task_id].results.values())) for task in tasks]
    assert [(end.state, end.reason) for end in ends] == [
        (RecipientState.TOLD, ""),
        (RecipientState.FAILED, "not_licensed"),
        (RecipientState.FAILED, "invalid_member"),
    ]
    assert bank.times_told() == {"rm_a": 1}
