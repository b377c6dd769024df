"""Two campaigns of one text to the same customers, both interrupted: none takes the other's message (invariant 2)."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from scrm.campaign.dispatch_errors import SendOutcomeUnknownError
from scrm.campaign.dispatching import SendOutcome
from scrm.campaign.ports import MassMessage
from scrm.campaign.task import SendPlan, SendTask
from scrm.campaign.terms import Channel
from tests.fakes.dispatch import CONTENT, FAR
from tests.unit.campaign.dispatch_bank import OTHER, OWNER, DispatchBank, customers

MINUTE = timedelta(minutes=1)


def planned(bank: DispatchBank, campaign_id: str, targets: list[str], owner: str = OWNER) -> SendTask:
    plan = SendPlan(campaign_id, "all", Channel.ONE_TO_ONE, CONTENT, bank.time, FAR)
    (task,) = plan.tasks_of(owner, targets)
    bank.owners.owners |= dict.fromkeys(targets, owner)
    bank.tasks.put_planned([task])
    return task


def both_run_out(bank: DispatchBank) -> None:
    bank.run(timedelta(hours=2), tick=MINUTE)
    bank.wecom.confirm_all()
    bank.run(timedelta(hours=20), tick=timedelta(hours=1))


def test_the_larger_of_two_interrupted_calls_does_not_take_the_message_of_the_smaller() -> None:
    bank = DispatchBank()
    small, large = planned(bank, "camp_1", customers(3)), planned(bank, "camp_2", customers(5))
    bank.wecom.drop_answers = 1
    assert bank.send(small) is SendOutcome.UNANSWERED  # WeCom has it
    bank.wecom.fail_next = SendOutcomeUnknownError()
    bank.send(large)  # its call, if made, never arrives

    bank.time += timedelta(minutes=4)
    bank.send(large)
    both_run_out(bank)

    assert {one: len(found) for one, found in bank.wecom.delivered.items()} == {
        **dict.fromkeys(customers(3), 2),
        "wm000003": 1,
        "wm000004": 1,
    }
    assert {bank.stored(task).counts["sent"] for task in (small, large)} == {3, 5}


def test_a_second_call_waits_until_it_is_known_what_became_of_the_first() -> None:
    bank = DispatchBank()
    first, second = planned(bank, "camp_1", customers(2)), planned(bank, "camp_2", customers(2))
    others = planned(bank, "camp_2", customers(2, first=10), OTHER)
    bank.wecom.drop_answers = 1
    bank.send(first)

    outcomes = [bank.send(second), bank.send(others)]

    assert outcomes == [SendOutcome.PUT_OFF, SendOutcome.CREATED]
    assert bank.stored(second).due_at == bank.stored(first).due_at
    bank.run(timedelta(minutes=10), tick=MINUTE)
    assert bank.stored(first).msgid == "msg_0"
    assert bank.stored(second).msgid == "msg_2"


def test_a_message_of_a_customers_new_owner_is_not_taken_while_that_ones_call_is_in_doubt() -> None:
    bank = DispatchBank()
    lost = planned(bank, "camp_1", customers(1))
    bank.wecom.fail_next = SendOutcomeUnknownError()
    bank.send(lost)
    bank.time += MINUTE
    found = planned(bank, "camp_2", customers(1), OTHER)
    bank.wecom.drop_answers = 1
    bank.send(found)
    bank.time += 2 * MINUTE

    assert bank.send(lost) is SendOutcome.UNANSWERED
    bank.run(timedelta(hours=1), tick=MINUTE)

    assert bank.stored(found).msgid == "msg_0"
    assert len(bank.wecom.messages) == 2


FATES = st.sampled_from(["heard", "unheard", "never", "late"])
ROUNDS = st.lists(st.tuples(st.permutations(range(4)), st.tuples(FATES, FATES, FATES, FATES)), min_size=1, max_size=4)


@settings(max_examples=60)
@given(ROUNDS)
def test_whatever_is_interrupted_each_message_is_the_tasks_whose_call_it_was(
    rounds: list[tuple[list[int], tuple[str, ...]]],
) -> None:
    """Calls that never arrive, arrive unheard, or arrive after their maker died, in any order of the two campaigns."""
    bank = DispatchBank()
    tasks = [
        planned(bank, "camp_1", customers(3)),
        planned(bank, "camp_2", customers(5)),
        planned(bank, "camp_1", customers(3, first=20), OTHER),
        planned(bank, "camp_2", customers(3, first=20), OTHER),
    ]

    for order, fates in rounds:
        for place in order:
            take_when_due(bank, tasks[place], fates[place])
    both_run_out(bank)

    for task in map(bank.stored, tasks):
        assert set(bank.wecom.creations[int(task.msgid.removeprefix("msg_"))][1]) == set(task.target_ids)
        assert task.counts == {"sent": len(task.target_ids)}
    assert len(bank.wecom.messages) == len(tasks)


def take_when_due(bank: DispatchBank, task: SendTask, fate: str) -> None:
    """Others that are due as well notwithstanding."""
    if bank.stored(task).msgid:
        return
    bank.at_due(task)
    bank.wecom.drop_answers = int(fate == "unheard")
    bank.wecom.fail_next = SendOutcomeUnknownError() if fate in {"never", "late"} else None
    bank.send(task)
    was_called = fate == "late" and bank.wecom.fail_next is None
    bank.wecom.drop_answers, bank.wecom.fail_next = 0, None
    if was_called:  # the request was on the wire when its maker died: WeCom has it before anybody may look it up
        bank.time += MINUTE
        content = bank.contents.approved(task.content, task.channel, bank.time)
        bank.wecom.create(MassMessage(task.channel, task.owner_userid, task.target_ids, content))
