"""Whatever WeCom's papers leave open and members do: nobody gets it twice, nobody is lost, each end is what WeCom says.

On the simulator, its knobs and the members drawn; every reader dies once before and once after each of its calls.
"""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from local.simulator.confirmations import NEVER, ConfirmationScript, ScriptedConfirmation
from local.simulator.simulator import Simulator
from scrm.campaign.task import ENDED, SendPlan
from scrm.campaign.terms import Channel
from tests.fakes.dispatch import CAMPAIGN, CONTENT, FAR
from tests.simulated_dispatch import PlainTime, SimulatedDispatch
from tests.simulator_exchange import simulator_at, wecom_over_the_wire
from tests.unit.simulator.builders import customer, group, member, relation, small_world

MEMBERS = ["rm_a", "rm_b", "rm_c"]
OWNERS = {f"wm{number:02}": MEMBERS[number % 3] for number in range(24)}
HOUR, DAY = 3_600, 86_400


@dataclass
class Wecom:
    """A corp in the time of the test, whose members confirm by themselves; ``groups`` are chats with their owners."""

    knobs: dict[str, Any]
    second_followers: dict[str, str]
    script: ConfirmationScript
    time: PlainTime = field(default_factory=PlainTime)
    groups: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        follows = [relation(owner, name) for name, owner in OWNERS.items()]
        recent = self.time.now().timestamp()
        follows += [
            relation(userid, name, last_chat_at=recent)
            for name, userid in self.second_followers.items()
            if userid != OWNERS[name]
        ]
        world = small_world(
            members=[member(name) for name in MEMBERS],
            customers=[customer(name) for name in OWNERS],
            relations=follows,
            groups=[group(chat_id, owner) for chat_id, owner in self.groups.items()],
        )
        self.simulator: Simulator = simulator_at(self.time.now, world)
        state = self.simulator.simulation.state
        state.knobs = state.knobs.model_copy(update=self.knobs)
        state.confirmations = self.script

    def advance(self, span: timedelta) -> None:
        self.time.advance(span)
        if self.simulator.simulation.timeline.agenda.entries:
            asyncio.run(self.simulator.advance(0))

    def delivered(self) -> Counter[str]:
        return Counter(row.target_id for row in self.simulator.simulation.state.mass.deliveries)


KNOBS = st.fixed_dictionaries(
    {
        "mass_recipient_choice": st.sampled_from(["sender", "last_chat", "dropped"]),
        "mass_quota": st.sampled_from(["month_days", "day_1"]),
        "mass_quota_counted_at": st.sampled_from(["confirmation", "creation"]),
        "mass_nobody_errcode": st.sampled_from([41048, None]),
        "mass_cancel_hides_unsent": st.booleans(),
        "mass_dispatch_seconds": st.sampled_from([0, 10, 600]),
        "mass_list_lag_seconds": st.sampled_from([0, 30]),
        "short_pages": st.booleans(),
    }
)
CONFIRMATIONS = st.sampled_from(
    [
        NEVER,
        ScriptedConfirmation(after_seconds=600),
        ScriptedConfirmation(after_seconds=20 * HOUR),
        ScriptedConfirmation(after_seconds=2 * DAY),
        ScriptedConfirmation(share_percent=50),
        ScriptedConfirmation(upon="reminder", after_seconds=HOUR),
        ScriptedConfirmation(after_seconds=HOUR, told_after_seconds=6 * DAY),
    ]
)


@settings(max_examples=15)
@given(
    knobs=KNOBS,
    second=st.dictionaries(st.sampled_from(sorted(OWNERS)), st.sampled_from(MEMBERS), max_size=8),
    plans=st.fixed_dictionaries(dict.fromkeys(MEMBERS, CONFIRMATIONS)),
    gone=st.sets(st.sampled_from(sorted(OWNERS)), max_size=4),
    killed=st.booleans(),
)
def test_nobody_gets_it_twice_and_everybody_ends_as_wecom_says(
    knobs: dict[str, Any],
    second: dict[str, str],
    plans: dict[str, ScriptedConfirmation],
    gone: set[str],
    killed: bool,  # noqa: FBT001 - drawn
) -> None:
    wecom = Wecom(knobs, second, ConfirmationScript(by_member=dict(plans)))
    run = SimulatedDispatch(wecom.time.now, wecom.advance, wecom_over_the_wire(wecom.simulator, wecom.time))
    run.kill_everywhere = killed
    run.owners.owners = dict(OWNERS)
    plan = SendPlan(CAMPAIGN, "all", Channel.ONE_TO_ONE, CONTENT, wecom.time.now(), FAR)
    tasks = [
        task
        for userid in MEMBERS
        for task in plan.tasks_of(userid, [name for name, owner in OWNERS.items() if owner == userid])
    ]
    run.tasks.put_planned(tasks)

    run.request_send(tasks)
    run.pass_time(timedelta(minutes=5))
    for name in gone:
        wecom.simulator.actions.remove_by_customer(OWNERS[name], name)
    run.pass_time(timedelta(days=40))

    tally = run.tallies().of(CAMPAIGN)
    assert max(wecom.delivered().values(), default=0) <= 1
    assert all(task.state in ENDED for task in run.tasks.by_id.values())
    assert (tally.pending, sum(tally.by_state.values())) == (0, len(OWNERS))
    assert tally.by_state.get("sent", 0) == len(wecom.delivered())
    assert not run.ledger.held
