"""O2, exactly-once dispatch and 100 percent reconciliation: 12 members with 18,000 customers together and a 13th with
18,000 of his own, and a process that dies once before and once after each remote call and write of the run.

Between the use cases and WeCom stand the adapter, the typed client, the transport and the governor of production; the
adapters in memory pass the table's conformance suite (tests/integration/test_send_task_table.py).
"""

import sys
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import cast

import pytest

from scrm.campaign.model import Channel
from scrm.campaign.ports import MassMessages
from scrm.campaign.task import ENDED, MOST_CUSTOMERS, SendPlan
from scrm.wecom.breaker import CircuitBreaker
from scrm.wecom.client import WecomClient
from scrm.wecom.exchange import HttpExchange
from scrm.wecom.governor import RateGovernor
from scrm.wecom.governor_state import Priority
from scrm.wecom.mass_sends import WecomMassMessages
from scrm.wecom.transport import AppCredentials, GuardedExchange, Pause, WecomTransport, token_broker
from tests.fakes.dispatch import CAMPAIGN, CONTENT, FAR, FakeMassMessages
from tests.fakes.wecom import MemoryRateStore, MemoryTokenStore
from tests.killing import CallKiller, remote_calls
from tests.mass_message_exchange import MassMessageExchange
from tests.simulated_dispatch import PlainTime, SimulatedDispatch

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
    wecom = FakeMassMessages(time.now)
    wecom.bad, wecom.unfriended, wecom.full = NOT_SENDABLE, NO_FRIENDS, QUOTA_USED
    wecom.distribution = timedelta(minutes=1)
    wecom.given_to = lambda target_id, sender: None if target_id in DROPPED else sender
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
    for member in (*PROMPT, ALONE):
        confirm(wecom, member)
    run.rules.reasons |= dict.fromkeys(OPTED_OUT, "opted_out")
    run.pass_time(2 * HOUR)
    confirm(wecom, SLOW)
    run.pass_time(2 * DAY)
    before = Counter(run.tallies().of(CAMPAIGN).by_state)
    assert before["not_confirmed"] == 2 * EACH - 2  # of the late one and of the one who never does
    run.pass_time(17 * DAY)
    confirm_late(wecom, LATE, tasks[9].planned_at + 5 * HOUR)
    run.pass_time(17 * DAY)

    tally = run.tallies().of(CAMPAIGN)
    assert all(len(messages) == 1 for messages in wecom.delivered.values())
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
    assert expected["sent"] == sum(1 for messages in wecom.delivered.values() if messages)
    assert not run.ledger.held
    assert len(run.ledger.settled) == expected["sent"]

    with capsys.disabled():
        sys.stdout.write(f"\nO2 after {run.killer.kills} kills: {dict(sorted(tally.by_state.items()))}\n")
    assert run.killer.kills >= 200


def wecom_over_the_wire(wecom: FakeMassMessages, time: PlainTime) -> Callable[[CallKiller], MassMessages]:
    """A new process's way to WeCom: adapter, typed client, transport and governor; each request may be its last."""
    rates, tokens = MemoryRateStore(), MemoryTokenStore()
    pause = Pause(now=time.now, sleep=lambda seconds: time.advance(timedelta(seconds=seconds)), jitter=lambda: 0.0)

    def process(killer: CallKiller) -> MassMessages:
        exchange = GuardedExchange(
            cast("HttpExchange", remote_calls(MassMessageExchange(wecom), killer)),
            RateGovernor(rates, now=time.now, jitter=lambda: 0.0),
            CircuitBreaker(rates, now=time.now),
            Priority.DISPATCH,
            pause=pause,
        )
        credentials = AppCredentials("wwSIMCORP0000001", "secret")
        broker = token_broker(exchange, tokens, "contacts", lambda: credentials, pause=pause)
        client = WecomClient(WecomTransport(exchange, broker, pause=pause))
        return WecomMassMessages(client, lambda _: None, time.now)

    return process


def confirm(wecom: FakeMassMessages, member: str) -> None:
    for msgid, message in wecom.messages.items():
        if member in message.members:
            wecom.confirm(msgid, member)


def confirm_late(wecom: FakeMassMessages, member: str, at: object) -> None:
    """His client had no network since."""
    for msgid, message in wecom.messages.items():
        if member in message.members:
            wecom.confirm(msgid, member, at=at)  # type: ignore[arg-type]


def assert_each_call_was_accepted_once(wecom: FakeMassMessages) -> None:
    """One call for each member and 10,000 customers, and one more for those who changed hands meanwhile."""
    calls = Counter(sender for sender, _ in wecom.creations)
    assert calls == {**dict.fromkeys(MEMBERS, 1), ALONE: 2, PARTNER: 2}
    assert max(len(targets) for _, targets in wecom.creations) <= MOST_CUSTOMERS
    created = Counter(target for _, targets in wecom.creations for target in targets)
    assert set(created.values()) == {1}
    assert not created.keys() & UNSUITABLE
