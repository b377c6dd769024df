"""A scheduled campaign runs by itself: rings, holds, falling back, pausing, closing."""

from datetime import datetime, timedelta

import pytest

from scrm.campaign.model import Campaign, RingState, Tally
from scrm.campaign.refusals import CampaignRefusedError
from scrm.campaign.terms import CampaignState
from tests.fakes.campaigns import CHECKER, MAKER, NOW, PILOT_THEN_REST, Bank, definition

START = NOW + timedelta(hours=1)


@pytest.fixture
def bank() -> Bank:
    return Bank()


def look(bank: Bank, campaign: Campaign, at: datetime) -> Campaign:
    bank.run.look(campaign.campaign_id, at)
    return bank.latest(campaign)


def dispatched(bank: Bank, campaign: Campaign, at: datetime) -> datetime:
    """Up to the moment at which the first ring's slices are planned."""
    look(bank, campaign, at)
    bank.plan_all(campaign)
    look(bank, campaign, at + timedelta(minutes=1))
    return at + timedelta(minutes=1)


def test_nothing_happens_before_its_time(bank: Bank) -> None:
    campaign = bank.scheduled()

    assert look(bank, campaign, START - timedelta(seconds=1)) == campaign


def test_at_its_time_the_owners_are_split_and_asked_for(bank: Bank) -> None:
    campaign = look(bank, bank.scheduled(), START)

    assert campaign.state is CampaignState.PLANNING
    assert bank.queue.slices == [(campaign.campaign_id, "all", (0, 1, 2))]
    assert bank.queue.looks[-1] == (campaign.campaign_id, START + timedelta(minutes=1))
    shares = [share for number in range(3) for share in bank.slices.owners(campaign.campaign_id, "all", number)]
    assert [(share.reach, share.customers) for share in shares] == [(None, 10)] * 6
    assert sum(share.customers for share in shares) == campaign.rings[0].share.customers == 60


def test_a_lost_slice_is_asked_for_again(bank: Bank) -> None:
    campaign = look(bank, bank.scheduled(), START)
    bank.slices.planned = {(campaign.campaign_id, "all", 0), (campaign.campaign_id, "all", 2)}

    look(bank, campaign, START + timedelta(minutes=1))

    assert bank.queue.slices[-1] == (campaign.campaign_id, "all", (1,))


def test_it_is_reconciled_when_every_task_has_left_and_closed_when_everybody_has_ended(bank: Bank) -> None:
    campaign = bank.scheduled()
    at = dispatched(bank, campaign, START)
    bank.tallies.found[campaign.campaign_id, "all"] = Tally(planned=60, tasks_open=3)
    at += timedelta(minutes=1)
    assert look(bank, campaign, at).state is CampaignState.DISPATCHING

    bank.tallies.found[campaign.campaign_id, "all"] = Tally(planned=60, pending=60)
    at += timedelta(minutes=1)
    assert look(bank, campaign, at).state is CampaignState.RECONCILING
    bank.tallies.found[campaign.campaign_id, ""] = Tally(planned=60, pending=2)
    at += timedelta(minutes=30)
    assert look(bank, campaign, at).state is CampaignState.RECONCILING
    bank.tallies.found[campaign.campaign_id, ""] = Tally(planned=60, by_state={"sent": 60})
    closed = look(bank, campaign, at + timedelta(minutes=30))

    assert (closed.state, closed.due_at) == (CampaignState.CLOSED, None)


def test_what_a_count_does_not_see_yet_is_waited_for(bank: Bank) -> None:
    campaign = bank.scheduled()
    at = dispatched(bank, campaign, START)
    bank.tallies.found[campaign.campaign_id, "all"] = Tally()
    at += timedelta(minutes=1)
    unseen = look(bank, campaign, at).state
    bank.tallies.found[campaign.campaign_id, "all"] = Tally(planned=60, by_state={"sent": 60})
    bank.tallies.found[campaign.campaign_id, ""] = Tally(planned=59, by_state={"sent": 59})
    at += timedelta(minutes=1)
    look(bank, campaign, at)
    one_missing = look(bank, campaign, at + timedelta(hours=1)).state

    assert (unseen, one_missing) == (CampaignState.DISPATCHING, CampaignState.RECONCILING)
    with pytest.raises(CampaignRefusedError, match="not ended"):
        bank.desk.close(campaign.campaign_id, MAKER, at)


def test_an_audience_that_moved_too_far_goes_back_for_approval(bank: Bank) -> None:
    campaign = bank.scheduled()
    bank.audiences.members["rm_11_0"] = ["wm_new_1", "wm_new_2"]

    fallen = look(bank, campaign, START)

    assert (fallen.state, fallen.review) == (CampaignState.DRAFT, None)
    assert "moved by 20 percent" in fallen.reason
    assert bank.queue.slices == []


def test_a_small_move_goes_on_with_the_audience_of_the_start(bank: Bank) -> None:
    campaign = bank.scheduled()
    bank.audiences.members["rm_11_0"].append("wm_new")

    assert look(bank, campaign, START).rings[0].share.customers == 61


def test_content_that_was_recalled_in_between_fails_the_campaign_with_its_reason(bank: Bank) -> None:
    campaign = bank.scheduled()
    bank.contents.refusal = "The content was recalled."

    failed = look(bank, campaign, START)

    assert (failed.state, failed.reason) == (CampaignState.FAILED, "The content was recalled.")


def test_the_next_ring_waits_for_the_hold_and_for_the_failures(bank: Bank) -> None:
    campaign = bank.scheduled(definition(rings=PILOT_THEN_REST))
    at = dispatched(bank, campaign, START)
    at += timedelta(minutes=1)
    assert look(bank, campaign, at).rings[0].state is RingState.HELD
    handed_over = at

    bank.tallies.found[campaign.campaign_id, "pilot"] = Tally(planned=30, by_state={"sent": 20, "failed": 10})
    assert look(bank, campaign, handed_over + timedelta(hours=24)).state is CampaignState.DISPATCHING
    bank.tallies.found[campaign.campaign_id, "pilot"] = Tally(planned=30, by_state={"sent": 28, "failed": 2})
    begun = look(bank, campaign, handed_over + timedelta(hours=25))

    assert [ring.state for ring in begun.rings] == [RingState.DONE, RingState.PLANNING]
    assert [request[1] for request in bank.queue.slices] == ["pilot", "rest"]


def test_a_ring_does_not_wait_for_tasks_that_wait_for_another_week(bank: Bank) -> None:
    campaign = bank.scheduled()
    at = dispatched(bank, campaign, START) + timedelta(minutes=1)
    bank.tallies.found[campaign.campaign_id, "all"] = Tally(planned=60, pending=60, deferred=1)

    reconciling = look(bank, campaign, at)
    bank.tallies.found[campaign.campaign_id, ""] = Tally(planned=60, by_state={"sent": 60}, deferred=1)

    assert reconciling.state is CampaignState.RECONCILING
    assert look(bank, campaign, at + timedelta(minutes=30)).state is CampaignState.RECONCILING


def test_while_a_ring_holds_its_tasks_are_not_counted(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    campaign = bank.scheduled(definition(rings=PILOT_THEN_REST))
    at = dispatched(bank, campaign, START) + timedelta(minutes=1)
    look(bank, campaign, at)
    counted: list[tuple[str, ...]] = []
    monkeypatch.setattr(bank.tallies, "of", lambda *asked: counted.append(asked))

    for minutes in (1, 40, 80):
        look(bank, campaign, at + timedelta(minutes=minutes))

    assert counted == []
    assert bank.latest(campaign).due_at == at + timedelta(minutes=110)


def test_a_ring_that_needs_a_word_waits_for_it(bank: Bank) -> None:
    pilot, rest = PILOT_THEN_REST
    rings = (type(pilot)("pilot", node_ids=("11",), needs_go=True), rest)
    campaign = bank.scheduled(definition(rings=rings))
    at = dispatched(bank, campaign, START)
    at += timedelta(minutes=1)
    look(bank, campaign, at)
    at += timedelta(minutes=1)
    assert look(bank, campaign, at).rings[1].state is RingState.WAITING

    bank.desk.go(campaign.campaign_id, "pilot", CHECKER, at)

    assert look(bank, campaign, at).rings[1].state is RingState.PLANNING


def test_customers_whose_member_stands_in_no_ring_keep_their_place_in_the_sums(bank: Bank) -> None:
    pilot, _ = PILOT_THEN_REST
    campaign = look(bank, bank.scheduled(definition(rings=(pilot,))), START)

    assert (campaign.rings[0].share.customers, campaign.outside.customers) == (30, 30)
    assert campaign.outside.slices == 2
    assert bank.queue.slices == [(campaign.campaign_id, "pilot", (0, 1)), (campaign.campaign_id, "", (0, 1))]


def test_a_paused_one_plans_nothing_and_goes_on_where_it_was(bank: Bank) -> None:
    campaign = look(bank, bank.scheduled(), START)
    bank.desk.pause(campaign.campaign_id, "wait", MAKER, START)
    asked = len(bank.queue.slices)
    look(bank, campaign, START + timedelta(hours=1))
    assert len(bank.queue.slices) == asked
    assert not bank.latest(campaign).may_send

    bank.desk.resume(campaign.campaign_id, MAKER, START + timedelta(hours=2))

    assert look(bank, campaign, START + timedelta(hours=2)).state is CampaignState.PLANNING
    assert len(bank.queue.slices) == asked + 1


def test_a_recalled_one_asks_for_cancellation_until_nothing_can_be_confirmed(bank: Bank) -> None:
    campaign = bank.scheduled()
    at = dispatched(bank, campaign, START)
    bank.tallies.found[campaign.campaign_id, ""] = Tally(planned=60, pending=5, tasks_left=25_000)
    bank.desk.recall(campaign.campaign_id, "wrong rate", CHECKER, at)

    first = look(bank, campaign, at + timedelta(minutes=1))
    bank.tallies.found[campaign.campaign_id, ""] = Tally(planned=60, by_state={"cancelled": 60})
    done = look(bank, campaign, at + timedelta(minutes=4))

    assert bank.queue.cancellations == [campaign.campaign_id] * 2
    assert first.due_at == at + timedelta(minutes=4), "WeCom cancels 10,000 tasks a minute"
    assert (done.state, done.due_at) == (CampaignState.RECALLED, None)


@pytest.mark.parametrize("state", ["planning", "paused", "reconciling"])
def test_a_recall_of_its_content_stops_a_campaign_that_has_begun(bank: Bank, state: str) -> None:
    campaign = bank.scheduled()
    if state == "reconciling":
        look(bank, campaign, dispatched(bank, campaign, START) + timedelta(minutes=1))
    else:
        look(bank, campaign, START)
    if state == "paused":
        bank.desk.pause(campaign.campaign_id, "wait", MAKER, START)
    assert bank.latest(campaign).state == state

    found = bank.run.stop_content("act_1", 1, START + timedelta(minutes=5))

    stopped = bank.latest(campaign)
    assert (found, stopped.state, stopped.reason) == (1, CampaignState.RECALLED, "its content was recalled")
    assert bank.queue.cancellations == [campaign.campaign_id]
    assert bank.run.stop_content("act_2", 1, START) == 0


def test_a_changed_product_has_running_campaigns_about_it_looked_at_and_no_others(bank: Bank) -> None:
    bank.contents.product_id = "fund_01"
    campaign = bank.scheduled()
    assert bank.run.recheck_product("fund_01") == 0, "nothing of it lies with anybody"
    look(bank, campaign, START)

    found = bank.run.recheck_product("fund_01")

    assert (found, bank.queue.rechecks) == (1, [campaign.campaign_id])
    assert bank.run.recheck_product("fund_02") == 0


def test_a_stop_of_the_whole_bank_has_what_waits_looked_at_of_paused_campaigns_too(bank: Bank) -> None:
    campaign = bank.scheduled()
    before = bank.run.recheck_all()
    look(bank, campaign, START)
    running = bank.run.recheck_all()
    bank.desk.pause(campaign.campaign_id, "wait", MAKER, START)
    paused = bank.run.recheck_all()

    assert (before, running, paused) == (0, 1, 1)
    assert bank.queue.rechecks == [campaign.campaign_id] * 2


def test_a_look_finds_a_recall_whose_message_was_lost(bank: Bank) -> None:
    campaign = bank.scheduled()
    at = dispatched(bank, campaign, START)
    bank.contents.recalled = True

    assert look(bank, campaign, at + timedelta(minutes=1)).state is CampaignState.RECALLED


def test_the_schedule_asks_for_what_is_due(bank: Bank) -> None:
    campaign = bank.scheduled()
    asked = len(bank.queue.looks)

    found = bank.run.request_due(START - timedelta(minutes=1)), bank.run.request_due(START)

    assert (found, bank.queue.looks[asked:]) == ((0, 1), [(campaign.campaign_id, START)])
