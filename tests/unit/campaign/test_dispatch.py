"""Creating a task at WeCom: checked anew, once, whatever happens in between (invariants 2, 4, 8)."""

from datetime import timedelta

import pytest

from scrm.campaign.checks import Refusal
from scrm.campaign.dispatch_errors import ContentRefusedError, DispatchPostponedError, SendRefusedError
from scrm.campaign.dispatching import SendOutcome
from scrm.campaign.ports import ApprovedContent, Standing
from scrm.campaign.task import MOST_CUSTOMERS, MOST_GROUPS, RecipientState, TaskState
from scrm.campaign.terms import Channel
from tests.fakes.dispatch import CAMPAIGN, START
from tests.unit.campaign.dispatch_bank import OTHER, OWNER, DispatchBank, customers

HOUR = timedelta(hours=1)


def test_a_task_is_one_call_with_sender_and_customers() -> None:
    bank = DispatchBank()
    (task,) = bank.plan(customers(3))

    outcome = bank.send(task)

    assert outcome is SendOutcome.CREATED
    assert bank.wecom.creations == [(OWNER, tuple(customers(3)))]
    assert bank.stored(task).state is TaskState.WAITING
    assert bank.send(task) is SendOutcome.NOTHING_TO_DO


@pytest.mark.parametrize(("channel", "most"), [(Channel.ONE_TO_ONE, MOST_CUSTOMERS), (Channel.GROUP, MOST_GROUPS)])
def test_an_owner_with_more_than_a_call_takes_has_several_tasks(channel: Channel, most: int) -> None:
    bank = DispatchBank()

    tasks = bank.plan(customers(most + 1), channel=channel)

    assert [len(task.target_ids) for task in tasks] == [most, 1]
    assert tasks == bank.plan(customers(most + 1), channel=channel)


def test_customers_wecom_will_not_send_to_have_failed() -> None:
    bank = DispatchBank()
    bank.wecom.bad = {"wm000001"}
    (task,) = bank.plan(customers(3))

    bank.send(task)

    assert bank.counts() == {"failed": 1, "pending": 2}
    assert (bank.stored(task).touch_id, "wm000001") not in bank.ledger.held


def test_a_lost_answer_is_looked_up_and_not_repeated() -> None:
    bank = DispatchBank()
    bank.wecom.drop_answers = 2
    tasks = bank.plan(customers(MOST_CUSTOMERS + 50))
    assert [bank.send(task) for task in tasks] == [SendOutcome.UNANSWERED, SendOutcome.PUT_OFF]

    bank.time += timedelta(minutes=3)
    outcomes = [bank.send(task) for task in tasks]
    bank.time += timedelta(minutes=3)
    outcomes += [bank.send(task) for task in reversed(tasks)]

    assert outcomes == [SendOutcome.FOUND, SendOutcome.UNANSWERED, SendOutcome.FOUND, SendOutcome.NOTHING_TO_DO]
    assert len(bank.wecom.messages) == 2
    assert [bank.stored(task).msgid for task in tasks] == ["msg_0", "msg_1"]


@pytest.mark.parametrize("taken_back", [False, True])
def test_whom_wecom_refused_in_a_lost_answer_ends_with_that_reason_and_is_not_asked_for_again(
    taken_back: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    bank = DispatchBank()
    bank.wecom.bad, bank.wecom.drop_answers = {"wm000001"}, 1
    (task,) = bank.plan(customers(3))
    bank.send(task)
    bank.at_due(task).send(task)
    pending = bank.counts()

    if taken_back:
        bank.run(timedelta(hours=30))
    else:
        bank.wecom.confirm_all()
        bank.run(HOUR)

    others = {"not_confirmed": 2} if taken_back else {"sent": 2}
    assert pending == {"pending": 3}
    assert bank.counts() == {**others, "not_assigned": 1}
    assert bank.stored(task).result_of("wm000001").reason == "answer_lost"
    assert (task.touch_id, "wm000001") not in bank.ledger.held
    assert len(bank.wecom.messages) == 1


def test_an_interrupted_call_is_not_looked_up_while_its_maker_may_still_run() -> None:
    bank = DispatchBank()
    bank.wecom.drop_answers = 1
    (task,) = bank.plan(customers(2))
    bank.send(task)

    bank.time += timedelta(minutes=2)

    assert bank.send(task) is SendOutcome.NOTHING_TO_DO


def test_what_wecom_still_distributes_is_asked_again() -> None:
    bank = DispatchBank()
    bank.wecom.drop_answers, bank.wecom.distribution = 1, HOUR
    (task,) = bank.plan(customers(2))
    bank.send(task)

    outcome = bank.at_due(task).send(task)
    later = bank.at_due(task).send(task)

    assert (outcome, later) == (SendOutcome.UNANSWERED, SendOutcome.FOUND)
    assert len(bank.wecom.messages) == 1


def test_an_interrupted_call_that_was_not_carried_out_is_made() -> None:
    bank = DispatchBank()
    (task,) = bank.plan(customers(2))
    (other,) = bank.plan(customers(2, first=10), owner=OTHER)
    bank.send(other)
    bank.wecom.fail_next = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        bank.send(task)

    bank.at_due(task)

    assert bank.stored(task).state is TaskState.SENDING
    assert bank.send(task) is SendOutcome.CREATED


def test_a_call_that_the_governor_puts_off_comes_later() -> None:
    bank = DispatchBank()
    bank.wecom.fail_next = DispatchPostponedError(bank.time + HOUR)
    (task,) = bank.plan(customers(2))

    first = bank.send(task)

    assert (first, bank.send(task)) == (SendOutcome.POSTPONED, SendOutcome.NOTHING_TO_DO)
    assert bank.stored(task).due_at == bank.time + bank.settings.longest_wait
    assert bank.at_due(task).send(task) is SendOutcome.CREATED


def test_a_call_refused_for_good_fails_everybody_and_frees_their_places() -> None:
    bank = DispatchBank()
    bank.wecom.fail_next = SendRefusedError(41048)
    (task,) = bank.plan(customers(2))

    bank.send(task)

    assert bank.stored(task).state is TaskState.FAILED
    assert bank.stored(task).result_of("wm000000").reason == "errcode_41048"
    assert not bank.ledger.held


def test_customers_with_a_reason_against_it_get_nothing() -> None:
    bank = DispatchBank()
    (task,) = bank.plan(customers(3))
    bank.rules.reasons = {"wm000001": "risk_above_profile"}

    bank.send(task)

    assert bank.wecom.creations == [(OWNER, ("wm000000", "wm000002"))]
    assert bank.stored(task).result_of("wm000001").reason == "risk_above_profile"


@pytest.mark.parametrize("reason", ["content_recalled", "content_changed", "content_expired"])
def test_content_that_may_not_be_sent_reaches_nobody(reason: str) -> None:
    bank = DispatchBank()
    (task,) = bank.plan(customers(3))
    bank.contents.refused = reason

    outcome = bank.send(task)

    assert (outcome, bank.wecom.creations) == (SendOutcome.NOBODY_LEFT, [])
    assert {result.reason for result in bank.stored(task).results.values()} == {reason}
    assert bank.counts() == {"excluded": 3}


def test_content_that_expired_between_plan_and_send_reaches_nobody() -> None:
    bank = DispatchBank()
    (task,) = bank.plan(customers(3))
    bank.contents.valid_until = bank.time

    bank.send(task)

    assert bank.counts() == {"excluded": 3}
    assert bank.stored(task).result_of("wm000000").reason == "content_expired"


def test_a_member_who_may_no_longer_sell_the_product_sends_nothing() -> None:
    bank = DispatchBank()
    bank.contents.product_id = "prod_1"
    (task,) = bank.plan(customers(2))
    bank.permissions.denied = {OWNER}

    bank.send(task)

    assert {result.reason for result in bank.stored(task).results.values()} == {"product_not_permitted"}


def test_customers_with_a_new_owner_get_it_from_him() -> None:
    bank = DispatchBank()
    (task,) = bank.plan(customers(3))
    bank.owners.owners |= {"wm000000": OTHER, "wm000002": ""}

    bank.run()

    assert sorted(bank.wecom.creations) == [(OWNER, ("wm000001",)), (OTHER, ("wm000000",))]
    assert bank.stored(task).result_of("wm000002").reason == "no_active_owner"
    assert bank.counts() == {"pending": 2, "excluded": 1}


def test_customers_scattered_over_more_new_owners_than_a_write_takes_are_all_sent_to() -> None:
    bank = DispatchBank()
    bank.plan(customers(50))
    bank.owners.owners = {one: f"rm_{one}" for one in customers(50)}

    bank.run()

    assert len(bank.wecom.creations) == 50
    assert bank.counts() == {"pending": 50}


def test_whom_the_cap_refuses_waits_for_a_place_or_is_excluded() -> None:
    bank = DispatchBank()
    (task,) = bank.plan(customers(3))
    bank.ledger.refused = {"wm000001": bank.time + timedelta(days=7), "wm000002": None}

    bank.run()

    assert bank.counts() == {"pending": 2, "excluded": 1}
    assert bank.wecom.creations == [(OWNER, ("wm000000",))]
    bank.ledger.refused = {}
    bank.run(timedelta(days=7, hours=1))
    assert bank.wecom.creations[1:] == [(OWNER, ("wm000001",))]
    assert bank.stored(task).result_of("wm000002").reason == "cap_reached"


def test_each_refusal_of_the_ledger_stays_what_it_is() -> None:
    bank = DispatchBank()
    (task,) = bank.plan(customers(5))
    bank.ledger.refused = {"wm000001": bank.time + timedelta(days=7), "wm000002": None}
    bank.ledger.reasons = {
        "wm000003": Refusal.ALREADY_TOUCHED,
        "wm000004": Refusal.PLACE_RELEASED,
    }

    bank.run()

    assert bank.tallies().results(CAMPAIGN).excluded == {"cap_reached": 1, "already_touched": 1, "place_released": 1}
    assert bank.wecom.creations == [(OWNER, ("wm000000",))]
    assert bank.stored(task).result_of("wm000003").reason == "already_touched"


def test_a_place_that_comes_after_the_contents_end_is_none() -> None:
    bank = DispatchBank()
    (task,) = bank.plan(customers(1))
    bank.ledger.refused = {"wm000000": task.expires_at}

    bank.send(task)

    assert bank.counts() == {"excluded": 1}


@pytest.mark.parametrize(("hour", "minute"), [(13, 1), (12, 50), (23, 50)])
def test_quiet_hours_put_it_off_until_they_end(hour: int, minute: int) -> None:
    bank = DispatchBank()
    bank.time = bank.time.replace(hour=hour, minute=minute)  # 21:01, 20:50 or 07:50 in Shanghai
    (task,) = bank.plan(customers(1))

    outcome = bank.send(task)

    assert outcome is SendOutcome.PUT_OFF
    assert bank.stored(task).due_at == START.replace(day=24, hour=0)


def test_a_paused_campaign_waits_and_a_stopped_one_ends() -> None:
    bank = DispatchBank()
    (task,) = bank.plan(customers(2))
    bank.standings.standing = Standing.PAUSED
    paused = bank.send(task)
    bank.standings.standing = Standing.STOPPED

    stopped = bank.at_due(task).send(task)

    assert (paused, stopped) == (SendOutcome.PUT_OFF, SendOutcome.STOPPED)
    assert bank.counts() == {RecipientState.CANCELLED.value: 2}
    assert not bank.wecom.messages


def test_groups_are_sent_to_and_end_like_customers() -> None:
    bank = DispatchBank()
    groups = ["wrA", "wrB"]
    (task,) = bank.plan(groups, channel=Channel.GROUP)
    bank.wecom.drop_answers = 1
    bank.send(task)

    bank.at_due(task).send(task)
    bank.wecom.confirm_all()
    bank.run(timedelta(hours=1))

    assert len(bank.wecom.messages) == 1
    assert bank.counts() == {"sent": 2}


def test_a_member_with_two_interrupted_calls_and_a_new_owner_keeps_every_customer_once() -> None:
    bank = DispatchBank()
    bank.wecom.drop_answers = 2
    (first,) = bank.plan(customers(2))
    (second,) = bank.plan(customers(2, first=10), owner=OTHER)
    bank.send(first)
    bank.send(second)
    bank.owners.owners["wm000001"] = OTHER

    bank.run(timedelta(hours=2))
    bank.wecom.confirm_all()
    bank.run(timedelta(hours=8))

    assert {one: len(found) for one, found in bank.wecom.delivered.items()} == dict.fromkeys(
        [*customers(2), *customers(2, first=10)], 1
    )
    assert bank.counts() == {"sent": 4}


def test_what_waits_for_next_week_ends_at_once_when_its_campaign_is_stopped() -> None:
    bank = DispatchBank()
    bank.plan(customers(2))
    bank.ledger.refused = dict.fromkeys(customers(2), bank.time + timedelta(days=5))
    bank.run()
    waiting = bank.counts()
    bank.standings.standing = Standing.STOPPED

    bank.changes().stop("camp_1")
    bank.run()

    assert (waiting, bank.counts()) == ({"pending": 2}, {"cancelled": 2})


def test_content_whose_file_cannot_be_used_reaches_nobody() -> None:
    bank = DispatchBank()
    bank.files.error = ContentRefusedError("content_file_refused")
    (task,) = bank.plan(customers(2))

    outcome = bank.send(task)

    assert outcome is SendOutcome.NOBODY_LEFT
    assert bank.counts() == {"excluded": 2}
    assert bank.stored(task).result_of("wm000000").reason == "content_file_refused"
    assert not bank.wecom.messages


def test_a_file_that_has_to_wait_puts_the_task_off_and_holds_no_place() -> None:
    bank = DispatchBank()
    bank.files.error = DispatchPostponedError(bank.time + HOUR)
    (task,) = bank.plan(customers(2))

    outcome = bank.send(task)
    held = set(bank.ledger.held)
    bank.files.error = None

    assert (outcome, held) == (SendOutcome.PUT_OFF, set())
    assert bank.at_due(task).send(task) is SendOutcome.CREATED


@pytest.mark.parametrize(
    ("standing", "outcome"), [(Standing.STOPPED, SendOutcome.STOPPED), (Standing.PAUSED, SendOutcome.PUT_OFF)]
)
def test_a_stop_while_its_files_are_uploaded_is_heard_before_the_call(standing: Standing, outcome: SendOutcome) -> None:
    bank = DispatchBank()
    (task,) = bank.plan(customers(2))

    def uploaded_slowly(content: ApprovedContent, channel: Channel) -> ApprovedContent:
        del channel
        bank.time += timedelta(seconds=40)
        bank.standings.standing = standing
        return content

    bank.files.lent = uploaded_slowly  # type: ignore[method-assign]
    found = bank.send(task)

    assert found is outcome
    assert not bank.wecom.creations
    assert bool(bank.ledger.held) == (standing is Standing.PAUSED)
