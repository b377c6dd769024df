"""What is special about Moments: everybody who is there sees them, and nothing about them can be narrowed (S28)."""

from datetime import timedelta
from typing import cast

import pytest

from scrm.campaign import definition as definitions
from scrm.campaign.checks import Refusal
from scrm.campaign.reconcile import LookOutcome
from scrm.campaign.refusals import CampaignRefusedError, InvalidCampaignError
from scrm.campaign.task import CancelCause, RecipientState, TaskState
from scrm.campaign.terms import Channel
from scrm.consent.consents import Consents
from scrm.runtime.consent_joins import ConsentedOnly
from scrm.runtime.known_segments import ALL_CUSTOMERS, KnownSegments
from tests.fakes.audience import FakeSegments
from tests.fakes.campaigns import definition
from tests.fakes.dispatch import START, FakeContents, FakeRules
from tests.unit.campaign.dispatch_bank import OTHER, OWNER, DispatchBank, customers
from tests.unit.campaign.test_slices import Planning

HOUR = timedelta(hours=1)


@pytest.mark.parametrize("changes", [{"holdout_percent": 5}, {"blast_radius": 100}, {"least_need": 50}])
def test_what_would_leave_single_customers_out_is_refused(changes: dict[str, int]) -> None:
    with pytest.raises(InvalidCampaignError):
        definitions.check(definition(channel=Channel.MOMENTS, **changes))

    definitions.check(definition(channel=Channel.MOMENTS))


def test_a_moment_has_no_segment_of_customers() -> None:
    with pytest.raises(CampaignRefusedError):
        KnownSegments(FakeSegments()).check(definition(channel=Channel.MOMENTS, segment_id="seg_1"))

    KnownSegments(FakeSegments()).check(definition(channel=Channel.MOMENTS, segment_id=ALL_CUSTOMERS))


def test_nobodys_answer_is_asked_for_what_everybody_sees() -> None:
    rules = ConsentedOnly(cast("Consents", None), lambda: True, FakeRules())
    content = FakeContents().approved(definition().content, Channel.MOMENTS, START)

    assert rules.exclusions(OWNER, customers(2), content, Channel.MOMENTS, START) == {}


def test_tasks_planned_together_may_be_one_creation() -> None:
    planning = Planning()
    planning.bank.contents.channels = frozenset({Channel.MOMENTS})
    campaign = planning.begin(definition(channel=Channel.MOMENTS))

    planning.plan_all(campaign)

    assert {task.together for task in planning.stored()} == {"all/0"}


def test_a_customer_who_changed_hands_is_not_asked_for_twice() -> None:
    bank = DispatchBank()
    (task,) = bank.plan(customers(3), channel=Channel.MOMENTS)
    bank.owners.owners["wm000001"] = OTHER

    bank.send(task)

    assert bank.stored(task).result_of("wm000001").reason == Refusal.OWNER_CHANGED
    assert len(bank.tasks.by_id) == 1


def test_one_customer_whose_cap_is_reached_makes_the_moment_wait_for_all() -> None:
    bank = DispatchBank()
    (task,) = bank.plan(customers(3), channel=Channel.MOMENTS)
    bank.ledger.refused = {"wm000001": bank.time + 24 * HOUR}

    bank.send(task)

    (later,) = [one for one in bank.tasks.by_id.values() if one.predecessor_id]
    assert set(later.target_ids) == set(customers(3))
    assert later.not_before == bank.time + 24 * HOUR
    assert bank.wecom.creations == []


def test_a_cap_that_leaves_no_room_in_time_excludes_all() -> None:
    bank = DispatchBank()
    (task,) = bank.plan(customers(3), channel=Channel.MOMENTS)
    bank.ledger.refused = {"wm000001": None}

    bank.send(task)

    assert {result.reason for result in bank.stored(task).results.values()} == {Refusal.CAP_REACHED}
    assert bank.ledger.held == set()


def test_a_moment_that_cannot_be_made_says_of_each_customer_why() -> None:
    bank = DispatchBank()
    (task,) = bank.plan(customers(3), channel=Channel.MOMENTS)
    bank.ledger.refused = {"wm000000": bank.time + 24 * HOUR}
    bank.ledger.reasons = {"wm000001": Refusal.ALREADY_TOUCHED}

    bank.send(task)

    reasons = {one: result.reason for one, result in bank.stored(task).results.items()}
    assert reasons == {"wm000000": "cap_reached", "wm000001": "already_touched", "wm000002": "already_touched"}
    assert bank.wecom.creations == []


def test_what_changes_about_a_customer_leaves_a_moment_as_it_is() -> None:
    bank = DispatchBank()
    (task,) = bank.plan(customers(3), channel=Channel.MOMENTS)
    bank.send(task)

    bank.owners.owners["wm000001"] = OTHER
    outcome = bank.look(task, asked=True)

    assert outcome is LookOutcome.LOOKED
    assert bank.stored(task).state is TaskState.WAITING


@pytest.mark.parametrize("change", ["content", "permission"])
def test_content_or_permission_that_is_lost_takes_the_whole_moment_back(change: str) -> None:
    bank = DispatchBank()
    bank.contents.product_id = "prod_1"
    (task,) = bank.plan(customers(3), channel=Channel.MOMENTS)
    bank.send(task)

    if change == "content":
        bank.contents.refused = "content_recalled"
    else:
        bank.permissions.denied = {OWNER}
    bank.look(task, asked=True)

    assert bank.stored(task).cancel_cause is CancelCause.RECHECK
    assert all(message.cancelled for message in bank.wecom.messages.values())


def test_nobody_is_reminded_of_a_moment_because_wecom_cannot() -> None:
    bank = DispatchBank()
    (task,) = bank.plan(customers(1), channel=Channel.MOMENTS)
    bank.send(task)

    bank.run(12 * HOUR)

    assert bank.stored(task).reminded_at == ()
    assert {message.reminders for message in bank.wecom.messages.values()} == {0}


def test_a_customer_who_is_not_shown_what_was_published_is_assigned_to_nobody() -> None:
    bank = DispatchBank()
    bank.wecom.given_to = lambda target_id, sender: None if target_id == "wm000001" else sender
    (task,) = bank.plan(customers(3), channel=Channel.MOMENTS)
    bank.send(task)

    bank.wecom.confirm_all()
    bank.at_due(task).look(task)

    assert bank.counts() == {RecipientState.SENT: 2, RecipientState.NOT_ASSIGNED: 1}
