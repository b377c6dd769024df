"""Messages to customer groups on the simulator: results show a group only once it was sent to, and nobody is lost."""

from datetime import timedelta

import pytest

from local.simulator.confirmations import NEVER, ConfirmationScript, ScriptedConfirmation
from scrm.campaign.task import ENDED, SendPlan
from scrm.campaign.terms import Channel
from tests.fakes.dispatch import CAMPAIGN, CONTENT, FAR
from tests.faults.test_dispatch_on_unclear_wecom import Wecom
from tests.simulated_dispatch import SimulatedDispatch
from tests.simulator_exchange import wecom_over_the_wire

CHATS = {f"wr{number:02}": ("rm_a" if number < 6 else "rm_b") for number in range(10)}
HALF = ScriptedConfirmation(share_percent=50)


@pytest.mark.parametrize("killed", [False, True])
def test_groups_end_as_sent_or_not_confirmed_and_get_it_once(killed: bool) -> None:  # noqa: FBT001 - parametrized
    wecom = Wecom({}, {}, ConfirmationScript(by_member={"rm_a": HALF, "rm_b": NEVER}), groups=CHATS)
    run = SimulatedDispatch(wecom.time.now, wecom.advance, wecom_over_the_wire(wecom.simulator, wecom.time))
    run.kill_everywhere = killed
    run.owners.owners = dict(CHATS)
    plan = SendPlan(CAMPAIGN, "all", Channel.GROUP, CONTENT, wecom.time.now(), FAR)
    tasks = [
        task
        for userid in ("rm_a", "rm_b")
        for task in plan.tasks_of(userid, [name for name, owner in CHATS.items() if owner == userid])
    ]
    run.tasks.put_planned(tasks)

    run.request_send(tasks)
    run.pass_time(timedelta(days=40))

    tally, delivered = run.tallies().of(CAMPAIGN), wecom.delivered()
    assert all(task.state in ENDED for task in run.tasks.by_id.values())
    assert set(delivered.values()) == {1}
    assert delivered.keys() < {name for name, owner in CHATS.items() if owner == "rm_a"}
    assert dict(tally.by_state) == {"sent": len(delivered), "not_confirmed": len(CHATS) - len(delivered)}
