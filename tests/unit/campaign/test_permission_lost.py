"""A member may not offer the product any more while his task waits for him: by a word, or by a date (S58)."""

from datetime import timedelta

from scrm.campaign.checks import AHEAD
from tests.fakes.dispatch import CAMPAIGN
from tests.unit.campaign.dispatch_bank import OTHER, OWNER, DispatchBank, customers

MINUTES, HOUR = timedelta(minutes=1), timedelta(hours=1)


def bank_with_a_product() -> DispatchBank:
    bank = DispatchBank()
    bank.contents.product_id, bank.contents.product_risk = "fund_01", 3
    return bank


def test_a_withdrawn_permission_takes_back_what_waits_with_that_member_alone() -> None:
    bank = bank_with_a_product()
    (task,) = bank.plan(customers(3))
    (others,) = bank.plan(customers(2, first=10), owner=OTHER)
    bank.run(HOUR)
    bank.permissions.denied = {OWNER}

    asked = bank.changes().recheck_owner(OWNER)
    bank.run()

    assert asked == 1
    assert bank.wecom.messages["msg_0"].cancelled
    assert not bank.wecom.messages["msg_1"].cancelled
    assert bank.tallies().results(CAMPAIGN).excluded == {"product_not_permitted": 3}
    assert bank.stored(others).has_pending
    assert not bank.stored(task).has_pending


def test_who_got_it_before_keeps_it_and_the_rest_get_it_from_nobody() -> None:
    bank = bank_with_a_product()
    bank.plan(customers(3))
    bank.run()
    bank.wecom.confirm_all()
    bank.permissions.denied = {OWNER}

    bank.changes().recheck_owner(OWNER)
    bank.run(HOUR)

    assert bank.counts() == {"sent": 3}


def test_a_permission_that_ends_by_its_date_is_asked_about_before_that_date() -> None:
    bank = bank_with_a_product()
    (task,) = bank.plan(customers(2))
    bank.permissions.until = bank.time + 100 * MINUTES
    bank.run(80 * MINUTES)
    before = bank.stored(task)

    bank.run(30 * MINUTES)

    assert before.due_at == bank.permissions.until - AHEAD
    assert bank.tallies().results(CAMPAIGN).excluded == {"product_not_permitted": 2}
    assert bank.wecom.messages["msg_0"].cancelled
    assert not bank.ledger.held


def test_a_permission_that_was_renewed_in_time_lets_the_task_wait_on() -> None:
    bank = bank_with_a_product()
    (task,) = bank.plan(customers(2))
    bank.permissions.until = bank.time + 100 * MINUTES
    bank.run(80 * MINUTES)
    bank.permissions.until = bank.time + 90 * HOUR

    bank.run(60 * MINUTES)
    bank.wecom.confirm_all()
    bank.run(2 * HOUR)

    assert bank.counts() == {"sent": 2}
    assert bank.stored(task).permitted_until == bank.permissions.until - AHEAD


def test_without_a_product_nobody_asks_for_a_permission() -> None:
    bank = DispatchBank()
    (task,) = bank.plan(customers(2))
    bank.permissions.denied = {OWNER}

    bank.run(HOUR)

    assert bank.stored(task).permitted_until is None
    assert bank.counts() == {"pending": 2}


def test_a_product_that_became_riskier_has_what_is_under_way_looked_at() -> None:
    bank = bank_with_a_product()
    (task,) = bank.plan(customers(3))
    bank.run(HOUR)
    (planned,) = bank.plan(customers(2, first=10), owner=OTHER)
    bank.rules.reasons = dict.fromkeys(["wm000001", "wm000010"], "risk_above_profile")

    asked = bank.changes().recheck_campaign(CAMPAIGN)
    looks = list(bank.queue.looks)
    bank.run()

    assert (asked, looks) == (2, [(task.task_id, True), (planned.task_id, True)])
    assert sorted(bank.wecom.creations[1:]) == [(OWNER, ("wm000000", "wm000002")), (OTHER, ("wm000011",))]
    assert bank.counts() == {"excluded": 2, "pending": 3}
    assert bank.stored(planned).result_of("wm000010").reason == "risk_above_profile"
