"""From the creation to everybody's end: late members, corrections, changes while a task waits (S64, S65, O2)."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from scrm.campaign.dispatch_errors import DispatchPostponedError, SendRefusedError
from scrm.campaign.dispatch_settings import DispatchSettings
from scrm.campaign.exposure import ExposureHistory
from scrm.campaign.ports import Standing
from scrm.campaign.reconcile import LookOutcome
from scrm.campaign.task import RecipientState, Result, TaskState
from tests.fakes.dispatch import CAMPAIGN
from tests.unit.campaign.dispatch_bank import OTHER, OWNER, DispatchBank, customers

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def test_everybody_ends_as_wecom_reports_once_the_member_confirmed() -> None:
    bank = DispatchBank()
    bank.wecom.unfriended, bank.wecom.full = {"wm000001"}, {"wm000002"}
    (task,) = bank.plan(customers(4))
    bank.run()
    bank.wecom.confirm_all()

    bank.run(HOUR)

    assert bank.counts() == {"sent": 2, "not_friend": 1, "quota_reached": 1}
    assert bank.stored(task).state is TaskState.SETTLED
    assert not bank.ledger.held
    assert {customer for _, customer in bank.ledger.settled} == {"wm000000", "wm000003"}


def test_reach_is_counted_after_an_hour_and_after_a_day() -> None:
    bank = DispatchBank()
    bank.plan(customers(3))
    bank.plan(customers(2, first=10), owner=OTHER)
    bank.run()
    bank.wecom.confirm("msg_0", OWNER)
    bank.run(5 * HOUR)
    bank.wecom.confirm("msg_1", OTHER)

    bank.run(5 * HOUR)

    results = bank.tallies().results(CAMPAIGN)
    assert (results.reached_hour, results.reached_day, results.tally.planned) == (3, 5, 5)


def test_reach_counts_from_the_first_time_a_member_was_asked_also_when_it_was_planned_again() -> None:
    bank = DispatchBank()
    (task,) = bank.plan(customers(3))
    bank.run(2 * HOUR)
    bank.rules.reasons = {"wm000001": "opted_out"}
    bank.look(task, asked=True)
    bank.run()
    bank.wecom.confirm_all()

    bank.run(HOUR)

    results = bank.tallies().results(CAMPAIGN)
    assert (results.reached_hour, results.reached_day) == (0, 2)


def test_a_member_is_reminded_at_most_three_times() -> None:
    bank = DispatchBank()
    bank.plan(customers(1))

    bank.run(2 * DAY)

    assert bank.wecom.messages["msg_0"].reminders == 3


def test_a_task_ends_with_the_quiet_hours_and_its_places_are_free() -> None:
    bank = DispatchBank()
    (task,) = bank.plan(customers(2))

    bank.run(13 * HOUR)

    assert bank.counts() == {"not_confirmed": 2}
    assert bank.wecom.messages["msg_0"].cancelled
    assert bank.stored(task).state is TaskState.WATCHED
    assert not bank.ledger.held


def test_what_changes_on_day_20_is_picked_up() -> None:
    bank = DispatchBank()
    (task,) = bank.plan(customers(2))
    bank.run(20 * DAY)
    before = bank.counts()
    sent_at = bank.stored(task).planned_at + HOUR
    bank.wecom.confirm("msg_0", OWNER, at=sent_at)

    bank.run(8 * DAY)

    assert (before, bank.counts()) == ({"not_confirmed": 2}, {"sent": 2})
    assert bank.ledger.settled[task.touch_id, "wm000000"] == sent_at


def test_watching_ends_at_the_horizon() -> None:
    bank = DispatchBank()
    (task,) = bank.plan(customers(2))

    bank.run(36 * DAY)

    assert bank.stored(task).state is TaskState.SETTLED
    assert bank.stored(task).due_at is None


def test_a_recall_takes_back_what_is_not_confirmed_and_tells_what_was() -> None:
    bank = DispatchBank()
    bank.plan(customers(3))
    bank.plan(customers(2, first=10), owner=OTHER)
    bank.run()
    bank.wecom.confirm("msg_1", OTHER)
    bank.standings.standing = Standing.STOPPED

    started = bank.changes().stop(CAMPAIGN)
    bank.run()

    assert (started.left, started.done) == (2, 0)
    assert bank.counts() == {"cancelled": 3, "sent": 2}
    assert bank.tallies().of(CAMPAIGN).tasks_left == 0


def test_a_member_who_confirms_while_it_is_taken_back_is_an_exposure() -> None:
    bank = DispatchBank()
    (task,) = bank.plan(customers(2))
    bank.run(HOUR)
    bank.standings.standing = Standing.STOPPED
    asked = bank.time
    bank.look(task, asked=True)
    bank.wecom.confirm("msg_0", OWNER, at=asked + timedelta(seconds=1))

    bank.run(5 * DAY)

    (exposure,) = ExposureHistory(bank.tasks).of("wm000001", [OWNER])
    assert (exposure.state, exposure.reason) == (RecipientState.SENT, "despite_stopped")


@pytest.mark.parametrize("reason", ["opted_out", "risk_above_profile"])
def test_a_change_while_it_waits_cancels_and_plans_those_again_who_remain(reason: str) -> None:
    bank = DispatchBank()
    (task,) = bank.plan(customers(3))
    bank.run(HOUR)
    bank.rules.reasons = {"wm000001": reason}

    assert bank.changes().recheck_owner(OWNER) == 1
    outcome = bank.look(task, asked=True)
    bank.run()

    assert outcome is LookOutcome.TAKEN_BACK
    assert bank.wecom.messages["msg_0"].cancelled
    assert bank.wecom.creations[1:] == [(OWNER, ("wm000000", "wm000002"))]
    assert bank.counts() == {"excluded": 1, "pending": 2}
    bank.wecom.confirm_all()
    bank.run(HOUR)
    assert bank.counts() == {"excluded": 1, "sent": 2}


def test_a_new_owner_while_it_waits_sends_it_instead() -> None:
    bank = DispatchBank()
    (task,) = bank.plan(customers(2))
    bank.run(HOUR)
    bank.owners.owners["wm000001"] = OTHER

    bank.look(task, asked=True)
    bank.run()
    bank.wecom.confirm_all()
    bank.run(HOUR)

    assert bank.counts() == {"sent": 2}
    assert {one: len(messages) for one, messages in bank.wecom.delivered.items()} == {"wm000000": 1, "wm000001": 1}
    assert bank.wecom.creations[1:] == [(OWNER, ("wm000000",)), (OTHER, ("wm000001",))]


def test_who_moved_on_and_had_it_already_is_not_sent_to_again() -> None:
    bank = DispatchBank()
    (task,) = bank.plan(customers(2))
    bank.run(HOUR)
    bank.owners.owners["wm000001"] = OTHER
    bank.look(task, asked=True)
    bank.run()
    bank.wecom.confirm("msg_0", OWNER, at=task.planned_at + timedelta(minutes=50))

    bank.run(10 * HOUR)
    bank.time += 2 * DAY
    bank.run(DAY)

    assert bank.counts()["sent"] == 2
    assert sum(bank.counts().values()) == 2
    assert {len(messages) for messages in bank.wecom.delivered.values()} == {1}


def test_who_was_excluded_meanwhile_and_had_it_already_is_told_as_an_exposure() -> None:
    bank = DispatchBank()
    (task,) = bank.plan(customers(2))
    bank.run(HOUR)
    bank.rules.reasons = {"wm000001": "opted_out"}
    bank.look(task, asked=True)
    bank.run()
    sent_at = task.planned_at + timedelta(minutes=50)
    before = bank.counts()
    bank.wecom.confirm("msg_0", OWNER, at=sent_at)

    bank.run(3 * DAY)

    (exposure,) = ExposureHistory(bank.tasks).of("wm000001", [OWNER])
    assert before == {"excluded": 1, "pending": 1}
    assert (exposure.state, exposure.at, exposure.reason) == (RecipientState.SENT, sent_at, "despite_recheck")
    assert sum(bank.counts().values()) == 2
    assert bank.ledger.settled[task.touch_id, "wm000001"] == sent_at


@pytest.mark.parametrize("hides_unsent", [False, True])
def test_those_who_remain_are_planned_again_also_where_wecom_hides_what_a_cancelled_message_had_not_sent(
    *, hides_unsent: bool
) -> None:
    bank = DispatchBank()
    bank.wecom.hides_unsent = hides_unsent
    (task,) = bank.plan(customers(3))
    bank.run(HOUR)
    bank.rules.reasons = {"wm000001": "opted_out"}

    bank.look(task, asked=True)
    bank.run()

    assert bank.wecom.creations[1:] == [(OWNER, ("wm000000", "wm000002"))]
    assert bank.counts() == {"excluded": 1, "pending": 2}


@pytest.mark.parametrize("hides_unsent", [False, True])
def test_a_recalled_customer_ends_as_cancelled_whatever_wecom_hides(*, hides_unsent: bool) -> None:
    bank = DispatchBank()
    bank.wecom.hides_unsent = hides_unsent
    (task,) = bank.plan(customers(2))
    bank.run(HOUR)
    bank.standings.standing = Standing.STOPPED

    bank.look(task, asked=True)

    assert bank.counts() == {"cancelled": 2}


def test_a_customer_given_to_the_last_to_chat_settles_by_the_member_wecom_names() -> None:
    bank = DispatchBank()
    bank.wecom.given_to = lambda target_id, sender: OTHER if target_id == "wm000001" else sender
    (task,) = bank.plan(customers(3))
    bank.run()
    bank.wecom.confirm("msg_0", OTHER)

    bank.run(HOUR)

    assert bank.counts() == {"sent": 1, "pending": 2}
    assert bank.stored(task).result_of("wm000001").by == OTHER


def test_a_customer_given_to_nobody_is_not_assigned() -> None:
    bank = DispatchBank()
    bank.wecom.given_to = lambda target_id, sender: None if target_id == "wm000001" else sender
    bank.plan(customers(3))
    bank.run()
    bank.wecom.confirm_all()

    bank.run(HOUR)

    assert bank.counts() == {"sent": 2, "not_assigned": 1}
    (task,) = bank.tasks.by_id.values()
    assert not task.result_of("wm000001").reason


def test_a_due_task_that_was_never_created_is_asked_for_again() -> None:
    bank = DispatchBank()
    (task,) = bank.plan(customers(1))

    bank.due().request()

    assert bank.queue.sends == [task.task_id]


@pytest.mark.parametrize(("errcode", "outcome"), [(41047, LookOutcome.GIVEN_UP), (40058, LookOutcome.POSTPONED)])
def test_only_a_message_that_wecom_does_not_know_is_given_up(errcode: int, outcome: LookOutcome) -> None:
    bank = DispatchBank()
    (task,) = bank.plan(customers(2))
    bank.run()

    def refuse(msgid: str) -> Iterator[tuple[str, bool]]:
        raise SendRefusedError(errcode)

    bank.wecom.members = refuse  # type: ignore[method-assign]
    found = bank.look(task, asked=True)

    assert found is outcome
    assert bank.counts() == ({"unknown": 2} if outcome is LookOutcome.GIVEN_UP else {"pending": 2})


def test_no_more_looks_are_asked_for_than_fit_until_the_next_tick() -> None:
    bank = DispatchBank(settings=DispatchSettings(looks_per_tick=3))
    for number in range(5):
        bank.plan(customers(1, first=number), owner=f"rm_{number}")

    asked = bank.due().request()

    assert (asked, len(bank.queue.sends)) == (3, 3)


def test_a_stop_goes_on_where_wecoms_quota_let_it_and_tells_how_far_it_is() -> None:
    bank = DispatchBank()
    for number in range(30):
        bank.plan(customers(1, first=number), owner=f"rm_{number:02}")
    bank.run()
    bank.standings.standing = Standing.STOPPED
    quota = iter(range(12))
    cancel = bank.wecom.cancel

    def cancel_within_quota(msgid: str) -> None:
        if next(quota, None) is None:
            raise DispatchPostponedError(bank.time + timedelta(minutes=1))
        cancel(msgid)

    bank.wecom.cancel = cancel_within_quota  # type: ignore[method-assign]
    started = bank.changes().stop(CAMPAIGN)
    bank.run()
    halfway = bank.tallies().results(CAMPAIGN)
    bank.wecom.cancel = cancel  # type: ignore[method-assign]
    bank.run(timedelta(minutes=10))

    assert (started.left, halfway.tally.tasks_left, halfway.tasks) == (30, 18, 30)
    assert bank.tallies().of(CAMPAIGN).tasks_left == 0
    assert bank.counts() == {"cancelled": 30}
    assert len(bank.wecom.creations) == 30


class BusyLists:
    """WeCom has no room for the question who has confirmed, until it is told to; counts cancellations."""

    def __init__(self, bank: DispatchBank) -> None:
        self._bank, self.is_busy, self.cancelled, self.asked_about = bank, True, 0, list[str]()
        self._members, self._cancel, self._results = bank.wecom.members, bank.wecom.cancel, bank.wecom.results
        bank.wecom.members, bank.wecom.cancel, bank.wecom.results = self.members, self.cancel, self.results  # type: ignore[method-assign]

    def members(self, msgid: str) -> Iterator[tuple[str, bool]]:
        if self.is_busy:
            raise DispatchPostponedError(self._bank.time + HOUR)
        return self._members(msgid)

    def results(self, msgid: str, userid: str) -> Iterator[tuple[str, Result]]:
        self.asked_about.append(userid)
        return self._results(msgid, userid)

    def cancel(self, msgid: str) -> None:
        self.cancelled += 1
        self._cancel(msgid)


def test_what_is_cancelled_is_not_cancelled_again_while_wecom_cannot_tell_who_confirmed() -> None:
    bank = DispatchBank()
    (task,) = bank.plan(customers(2))
    bank.run()
    lists = BusyLists(bank)
    bank.standings.standing = Standing.STOPPED

    postponed = bank.look(task, asked=True)
    due_at = bank.stored(task).due_at
    bank.time += HOUR
    lists.is_busy = False
    bank.run()

    assert postponed is LookOutcome.POSTPONED
    assert due_at is not None
    assert due_at <= bank.time - HOUR + timedelta(minutes=15), "what waits longer cannot wait in a queue"
    assert lists.cancelled == 1
    assert bank.counts() == {"cancelled": 2}


def test_of_a_stopped_campaign_only_who_confirmed_is_asked_about() -> None:
    bank = DispatchBank()
    bank.plan(customers(2))
    bank.plan(customers(2, first=10), owner=OTHER)
    bank.run()
    lists = BusyLists(bank)
    lists.is_busy = False
    bank.wecom.confirm("msg_0", OWNER)
    bank.standings.standing = Standing.STOPPED

    bank.changes().stop(CAMPAIGN)
    bank.run()

    assert lists.asked_about == [OWNER]
    assert bank.counts() == {"sent": 2, "cancelled": 2}
