"""Head office stops the whole bank: nothing new leaves, what waits is taken back, and all goes on after that."""

from datetime import timedelta

from scrm.campaign.dispatching import SendOutcome
from scrm.campaign.ports import Standing
from scrm.campaign.reconcile import LookOutcome
from scrm.campaign.terms import Channel
from tests.fakes.dispatch import CAMPAIGN
from tests.unit.campaign.dispatch_bank import OTHER, OWNER, DispatchBank, customers

HOUR = timedelta(hours=1)


def stopped_bank() -> DispatchBank:
    """Two members have their tasks, one of whom has confirmed; another task is not created yet. Then all is stopped."""
    bank = DispatchBank()
    bank.plan(customers(3))
    bank.plan(customers(2, first=10), owner=OTHER)
    bank.run()
    bank.wecom.confirm("msg_1", OTHER)
    bank.plan(customers(2, first=20), owner="rm_zhao")
    bank.standings.standing = Standing.FROZEN
    bank.changes().recheck_campaign(CAMPAIGN)
    bank.run()
    return bank


def test_while_all_is_stopped_nothing_leaves_and_what_waits_cannot_be_confirmed() -> None:
    bank = stopped_bank()
    bank.wecom.confirm_all()

    bank.run(2 * HOUR)

    assert len(bank.wecom.creations) == 2
    assert all(message.cancelled for message in bank.wecom.messages.values())
    assert bank.counts() == {"sent": 2, "pending": 5}
    tally = bank.tallies().of(CAMPAIGN)
    assert (tally.tasks_left, tally.tasks_confirmable) == (2, 0), "the rest and what was planned are to be created"


def test_after_that_those_who_have_not_got_it_get_it_once() -> None:
    bank = stopped_bank()
    bank.run(HOUR)

    bank.standings.standing = Standing.SENDS
    bank.run(HOUR)
    bank.wecom.confirm_all()
    bank.run(HOUR)

    assert bank.counts() == {"sent": 7}
    assert {one: len(messages) for one, messages in bank.wecom.delivered.items()} == dict.fromkeys(
        [*customers(3), *customers(2, first=10), *customers(2, first=20)], 1
    )


def test_a_switch_that_is_off_again_takes_nothing_back() -> None:
    bank = DispatchBank()
    (task,) = bank.plan(customers(2))
    bank.run()

    looked = bank.look(task, asked=True)

    assert looked is LookOutcome.LOOKED
    assert not bank.wecom.messages["msg_0"].cancelled


def test_a_task_of_the_members_own_is_taken_back_too() -> None:
    bank = DispatchBank()
    (task,) = bank.plan(customers(2), channel=Channel.RM_TASK)
    bank.run()
    bank.standings.standing = Standing.FROZEN

    assert bank.look(task, asked=True) is LookOutcome.TAKEN_BACK
    (successor,) = [one for one in bank.tasks.by_id.values() if one.predecessor_id == task.task_id]
    assert (successor.owner_userid, bank.send(successor)) == (OWNER, SendOutcome.PUT_OFF)
