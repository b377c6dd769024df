"""O2, exactly-once dispatch and 100 percent reconciliation: 12 members with 18,000 customers together and a 13th with
18,000 of his own, and a process that dies once before and once after each remote call and write of the run.

On the WeCom simulator, without sockets. Between the use cases and it stand the adapter, the typed client, the transport
and the governor of production; the adapters in memory pass the table's conformance suite
(tests/integration/test_send_task_table.py).
"""

import sys
from collections import Counter
from datetime import datetime, timedelta

import pytest

from local.simulator.mass_book import Delivery, MassMessage
from local.simulator.simulator import Simulator
from scrm.campaign.task import ENDED, MOST_CUSTOMERS, SendPlan
from scrm.campaign.terms import Channel
from tests.fakes.dispatch import CAMPAIGN, CONTENT, FAR
from tests.simulated_dispatch import PlainTime, SimulatedDispatch
from tests.simulator_exchange import simulator_at, wecom_over_the_wire
from tests.unit.simulator.builders import customer, member, relation, small_world

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MEMBERS = [f"rm_{number:02}" for number in range(12)]
EACH, HIS_OWN = 1_500, 18_000
ALONE = "rm_alone"
PROMPT, (SLOW, LATE, NEVER), PARTNER = MEMBERS[:9], MEMBERS[9:], MEMBERS[0]


def customers_of(member: str) -> list[str]:
    """External userids of WeCom's length."""
    count = HIS_OWN if member == ALONE else EACH
    return [f"wm{member.replace('_', '')}{number:022}" for number in range(count)]


AUDIENCE = {one: member for member in (*MEMBERS, ALONE) for one in customers_of(member)}
NOT_SENDABLE = {customers_of(member)[0] for member in MEMBERS}
NO_FRIENDS = {customers_of(member)[1] for member in MEMBERS}
QUOTA_USED = {customers_of(ALONE)[number] for number in range(5, 25)}
DROPPED = {customers_of(ALONE)[number] for number in (30, 12_000)}
HANDED_OVER = set(customers_of(MEMBERS[1])[10:60])  # between plan and creation, to his partner
OPTED_OUT = set(customers_of(SLOW)[10:13])  # while the task waits
UNSUITABLE = set(customers_of(MEMBERS[3])[10:15])  # before the creation


def test_nobody_gets_it_twice_and_nobody_is_lost_wherever_the_process_dies(capsys: pytest.CaptureFixture[str]) -> None:
    time = PlainTime()
    wecom = corp(time)
    run = SimulatedDispatch(time.now, time.advance, wecom_over_the_wire(wecom, time))
    run.kill_everywhere = True
    run.owners.owners = dict(AUDIENCE)
    plan = SendPlan(CAMPAIGN, "all", Channel.ONE_TO_ONE, CONTENT, time.now(), FAR)
    tasks = [task for member in (*MEMBERS, ALONE) for task in plan.tasks_of(member, customers_of(member))]
    run.tasks.put_planned(tasks)
    run.owners.owners |= dict.fromkeys(HANDED_OVER, PARTNER)
    run.rules.reasons = dict.fromkeys(UNSUITABLE, "risk_above_profile")

    run.request_send(tasks)
    run.pass_time(timedelta(minutes=20))

    assert_each_call_was_accepted_once(wecom)
    for userid in (*PROMPT, ALONE):
        confirm(wecom, userid)
    run.rules.reasons |= dict.fromkeys(OPTED_OUT, "opted_out")
    run.pass_time(2 * HOUR)
    confirm(wecom, SLOW)
    run.pass_time(2 * DAY)
    before = Counter(run.tallies().of(CAMPAIGN).by_state)
    assert before["not_confirmed"] == 2 * EACH - 2  # of the late one and of the one who never does
    run.pass_time(17 * DAY)
    confirm(wecom, LATE, sent_at=tasks[9].planned_at + 5 * HOUR)
    run.pass_time(17 * DAY)

    tally = run.tallies().of(CAMPAIGN)
    assert max(delivered(wecom).values()) == 1
    assert all(task.state in ENDED for task in run.tasks.by_id.values())
    assert (tally.planned, tally.pending, tally.tasks_open) == (len(AUDIENCE), 0, 0)
    assert sum(tally.by_state.values()) == len(AUDIENCE) == 36_000
    expected = {
        "not_friend": len(NO_FRIENDS) - 1,  # the one of him who never confirms is not known
        "quota_reached": len(QUOTA_USED),
        # Every answer with its fail_list was lost: the look-up finds them given to nobody.
        "not_assigned": len(DROPPED | NOT_SENDABLE),
        "excluded": len(UNSUITABLE | OPTED_OUT),
        "not_confirmed": EACH - 1,
    }
    expected["sent"] = len(AUDIENCE) - sum(expected.values())
    assert dict(tally.by_state) == expected
    assert expected["sent"] == len(delivered(wecom))
    assert not run.ledger.held
    assert len(run.ledger.settled) == expected["sent"]

    with capsys.disabled():
        sys.stdout.write(f"\nO2 after {run.killer.kills} kills: {dict(sorted(tally.by_state.items()))}\n")
    assert run.killer.kills >= 200


def corp(time: PlainTime) -> Simulator:
    """Customers of two members go to the one who chatted last and to nobody if another is named; nobody is in a hurry
    to distribute, and one message a day is WeCom's own limit."""
    relations = [relation(owner, name) for name, owner in AUDIENCE.items() if name not in NOT_SENDABLE]
    relations += [relation(PARTNER, name, last_chat_at=time.now().timestamp()) for name in sorted(HANDED_OVER)]
    relations += [relation(LATE, name, last_chat_at=time.now().timestamp()) for name in sorted(DROPPED)]
    world = small_world(
        members=[member(name) for name in (*MEMBERS, ALONE)],
        customers=[customer(name) for name in AUDIENCE],
        relations=relations,
        groups=[],
    )
    wecom = simulator_at(time.now, world)
    wecom.simulation.state.knobs = wecom.simulation.knobs.model_copy(
        update={"mass_recipient_choice": "dropped", "mass_quota": "day_1", "mass_dispatch_seconds": 60}
    )
    for name in NO_FRIENDS:
        wecom.actions.remove_by_customer(AUDIENCE[name], name)
    wecom.mass_messages.send_personally(ALONE, "single", sorted(QUOTA_USED), "早")
    return wecom


def confirm(wecom: Simulator, userid: str, sent_at: datetime | None = None) -> None:
    """The member presses send on what waits for him; with ``sent_at`` he did so then, without a network till now."""
    at = sent_at.timestamp() if sent_at else None
    for message, task in wecom.simulation.state.mass.unsent_tasks(userid):
        wecom.mass_messages.confirm(message, task, sent_at=at)


def delivered(wecom: Simulator) -> Counter[str]:
    """How many messages of the campaign each customer got."""
    return Counter(row.target_id for row in wecom.simulation.state.mass.deliveries if is_of_campaign(wecom, row))


def is_of_campaign(wecom: Simulator, row: Delivery) -> bool:
    return wecom.simulation.state.mass.by_msgid[row.msgid].creator is None


def asked(message: MassMessage) -> list[str]:
    return [*(row.target_id for task in message.tasks for row in task.recipients), *message.failed, *message.dropped]


def assert_each_call_was_accepted_once(wecom: Simulator) -> None:
    """One call for each member and 10,000 customers, and one more for those who changed hands meanwhile."""
    messages = [message for message in wecom.simulation.state.mass.messages if message.creator is None]
    calls = Counter(message.tasks[0].userid for message in messages)
    assert calls == {**dict.fromkeys(MEMBERS, 1), ALONE: 2, PARTNER: 2}
    assert max(len(asked(message)) for message in messages) <= MOST_CUSTOMERS
    created = Counter(target for message in messages for target in asked(message))
    assert set(created.values()) == {1}
    assert not created.keys() & UNSUITABLE
