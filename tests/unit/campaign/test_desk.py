"""What operators may do with a campaign, and what is refused."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from scrm.campaign.model import Campaign, Tally
from scrm.campaign.refusals import CampaignRefusedError, StaleCampaignError, UnknownCampaignError
from scrm.campaign.task import TEST_RING
from scrm.campaign.terms import CampaignState, Channel
from tests.fakes.campaigns import CHECKER, MAKER, NOW, Bank, FakeGates, definition


@pytest.fixture
def bank() -> Bank:
    return Bank()


def snapshot_of(campaign: Campaign) -> str:
    assert campaign.submission is not None
    return campaign.submission.audience.snapshot_id


def test_created_again_with_the_same_key_it_is_the_same_campaign(bank: Bank) -> None:
    first = bank.drafted()

    assert bank.drafted() == first
    assert len(bank.campaigns.by_id) == 1


def test_a_submission_shows_the_audience_and_pins_the_content(bank: Bank) -> None:
    campaign = bank.submitted()

    assert campaign.submission is not None
    assert (campaign.submission.audience.customers, campaign.submission.audience.owners) == (60, 6)
    assert campaign.definition.content.content_hash == "hash-1"


def test_an_empty_audience_is_not_submitted(bank: Bank) -> None:
    bank.audiences.members.clear()

    campaign = bank.submitted()

    assert (campaign.submission, campaign.freezing, campaign.due_at) == (None, None, None)
    assert campaign.reason.startswith("Nobody is left in the audience")


@pytest.mark.parametrize("checker", [MAKER, "operator:submitter"])
def test_the_maker_and_who_submitted_it_are_never_the_checker(bank: Bank, checker: str) -> None:
    campaign = bank.submitted(by="operator:submitter")

    with pytest.raises(CampaignRefusedError, match="somebody else"):
        bank.desk.approve(campaign.campaign_id, snapshot_of(campaign), checker, NOW)


def test_an_audience_the_checker_has_not_seen_is_not_approved(bank: Bank) -> None:
    campaign = bank.submitted()

    with pytest.raises(CampaignRefusedError, match="another one than you saw"):
        bank.desk.approve(campaign.campaign_id, "snap_of_yesterday", CHECKER, NOW)


def test_a_rejected_one_goes_back_to_its_maker_with_the_reason(bank: Bank) -> None:
    campaign = bank.submitted()

    rejected = bank.desk.reject(campaign.campaign_id, snapshot_of(campaign), "too many", CHECKER, NOW)

    assert (rejected.state, rejected.reason, rejected.submission) == (CampaignState.DRAFT, "too many", None)
    with pytest.raises(CampaignRefusedError, match="not submitted"):
        bank.desk.approve(campaign.campaign_id, "", CHECKER, NOW)


def test_a_revoked_approval_starts_nothing(bank: Bank) -> None:
    campaign = bank.scheduled()

    bank.desk.reject(campaign.campaign_id, "", "the product is withdrawn", CHECKER, NOW)
    bank.run.look(campaign.campaign_id, NOW + timedelta(hours=2))

    assert bank.latest(campaign).state is CampaignState.DRAFT
    assert bank.queue.slices == []


def test_editing_takes_the_submission_back(bank: Bank) -> None:
    campaign = bank.submitted()

    edited = bank.desk.edit(campaign.campaign_id, definition(name="另一个"), campaign.version, MAKER, NOW)

    assert edited.submission is None
    with pytest.raises(StaleCampaignError):
        bank.desk.edit(campaign.campaign_id, definition(), campaign.version, MAKER, NOW)


def test_an_approved_one_is_not_edited(bank: Bank) -> None:
    campaign = bank.approved()

    with pytest.raises(CampaignRefusedError, match="cannot be edited"):
        bank.desk.edit(campaign.campaign_id, definition(name="另一个"), campaign.version, MAKER, NOW)


def test_a_channel_without_its_variant_is_refused(bank: Bank) -> None:
    campaign = bank.drafted(definition(channel=Channel.MOMENTS))

    with pytest.raises(CampaignRefusedError, match="no variant"):
        bank.desk.submit(campaign.campaign_id, MAKER, NOW)


def test_another_branchs_content_is_refused(bank: Bank) -> None:
    bank.contents.node_path = "/1/20/"

    with pytest.raises(CampaignRefusedError, match="another branch"):
        bank.desk.submit(bank.drafted().campaign_id, MAKER, NOW)


def test_content_for_another_scope_is_refused(bank: Bank) -> None:
    bank.contents.scope_node_ids = ("20",)

    with pytest.raises(CampaignRefusedError, match="another branch"):
        bank.desk.submit(bank.drafted().campaign_id, MAKER, NOW)


def test_an_unknown_segment_is_refused_at_once(bank: Bank) -> None:
    with pytest.raises(CampaignRefusedError, match="no such segment"):
        bank.drafted(definition(segment_id="seg_unknown"))


def test_nobody_approves_while_the_audience_is_being_frozen(bank: Bank) -> None:
    campaign = bank.desk.submit(bank.drafted().campaign_id, MAKER, NOW)

    with pytest.raises(CampaignRefusedError, match="still being frozen"):
        bank.desk.approve(campaign.campaign_id, "", CHECKER, NOW)


def test_an_audience_that_takes_several_runs_is_that_of_the_submission(bank: Bank) -> None:
    bank.audiences.runs = 3
    campaign = bank.desk.submit(bank.drafted().campaign_id, MAKER, NOW)
    for _ in range(3):
        assert bank.latest(campaign).submission is None
        bank.run.look(campaign.campaign_id, NOW + timedelta(minutes=1))

    submission = bank.latest(campaign).submission
    assert submission is not None
    assert (submission.by, submission.at, submission.audience.customers) == (MAKER, NOW, 60)


def test_content_that_expires_before_the_start_cannot_be_scheduled(bank: Bank) -> None:
    campaign = bank.approved()

    with pytest.raises(CampaignRefusedError, match="expires before"):
        bank.desk.schedule(campaign.campaign_id, bank.contents.valid_until, MAKER, NOW)
    with pytest.raises(CampaignRefusedError, match="in the past"):
        bank.desk.schedule(campaign.campaign_id, NOW - timedelta(seconds=1), MAKER, NOW)


def test_a_test_goes_to_a_few_seeds_before_anybody_approves(bank: Bank) -> None:
    campaign = bank.submitted()
    bank.owners.owners = {"wm_seed_1": "rm_11_0", "wm_seed_2": "rm_11_1"}

    for _ in range(2):
        test = bank.desk.test_send(campaign.campaign_id, ["wm_seed_1", "wm_seed_2"], "key-1", MAKER, NOW)

    assert (test.test_of, test.state) == (campaign.campaign_id, CampaignState.RECONCILING)
    planned = bank.tasks.by_id.values()
    assert {(task.owner_userid, task.target_ids, task.ring) for task in planned} == {
        ("rm_11_0", ("wm_seed_1",), TEST_RING),
        ("rm_11_1", ("wm_seed_2",), TEST_RING),
    }
    assert {task.campaign_id for task in planned} == {test.campaign_id}
    with pytest.raises(CampaignRefusedError, match="1 to 20"):
        bank.desk.test_send(campaign.campaign_id, [f"wm_{n}" for n in range(21)], "key-2", MAKER, NOW)
    with pytest.raises(CampaignRefusedError, match="Nobody answers for 1"):
        bank.desk.test_send(campaign.campaign_id, ["wm_nobodys"], "key-3", MAKER, NOW)


def test_a_test_closes_once_everybody_has_his_end(bank: Bank) -> None:
    bank.owners.owners = {"wm_seed_1": "rm_11_0"}
    test = bank.desk.test_send(bank.submitted().campaign_id, ["wm_seed_1"], "key-1", MAKER, NOW)

    bank.tallies.found[test.campaign_id, ""] = Tally(planned=1, by_state={"sent": 1})
    bank.run.look(test.campaign_id, NOW + timedelta(minutes=15))

    assert bank.latest(test).state is CampaignState.CLOSED


def test_it_is_closed_by_hand_only_when_everybody_has_his_end(bank: Bank) -> None:
    campaign = bank.scheduled()
    bank.run.look(campaign.campaign_id, NOW + timedelta(hours=1))
    bank.plan_all(campaign)
    for minutes in (61, 62):
        bank.run.look(campaign.campaign_id, NOW + timedelta(minutes=minutes))
    bank.tallies.found[campaign.campaign_id, ""] = Tally(planned=60, pending=1)
    with pytest.raises(CampaignRefusedError, match="have not ended"):
        bank.desk.close(campaign.campaign_id, MAKER, NOW)

    bank.tallies.found[campaign.campaign_id, ""] = Tally(planned=60, by_state={"sent": 60})

    assert bank.desk.close(campaign.campaign_id, MAKER, NOW).state is CampaignState.CLOSED


def test_a_recall_is_stored_before_the_cancellation_is_asked_for_and_may_be_repeated(bank: Bank) -> None:
    campaign = bank.scheduled()

    for _ in range(2):
        bank.desk.recall(campaign.campaign_id, "wrong rate", CHECKER, NOW)

    assert bank.latest(campaign).state is CampaignState.RECALLED
    assert not bank.latest(campaign).may_send
    assert bank.queue.cancellations == [campaign.campaign_id] * 2
    assert [action for _, action, _ in bank.campaigns.journal].count("recalled") == 1


def test_an_unknown_campaign_is_told_as_such(bank: Bank) -> None:
    calls: list[Callable[[], object]] = [
        lambda: bank.desk.pause("camp_none", "", MAKER, NOW),
        lambda: bank.desk.recall("camp_none", "", MAKER, NOW),
    ]
    for call in calls:
        with pytest.raises(UnknownCampaignError):
            call()


def test_a_campaign_for_a_kpi_that_is_locked_at_its_node_is_not_submitted(bank: Bank) -> None:
    campaign = bank.drafted()
    bank.gates = FakeGates({campaign.definition.target_kpi})

    with pytest.raises(CampaignRefusedError, match="locked at this node"):
        bank.desk.submit(campaign.campaign_id, MAKER, NOW)
