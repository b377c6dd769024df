"""A campaign runs through all its functions over the template's tables and queues, once with a death at each step."""

from collections.abc import Iterator

import pytest

from scrm import clock
from scrm.campaign.terms import CampaignState
from tests.campaign_bank import CUSTOMERS, MINUTES, CampaignBank, campaign_bank
from tests.engine import EngineTables
from tests.fakes.campaigns import CHECKER

pytestmark = pytest.mark.engine


@pytest.fixture
def bank(tables: EngineTables, monkeypatch: pytest.MonkeyPatch) -> Iterator[CampaignBank]:
    with campaign_bank(tables, monkeypatch) as made:
        yield made


def test_a_campaign_goes_from_its_draft_to_its_end_by_itself(bank: CampaignBank) -> None:
    campaign = bank.scheduled()
    asked = bank.latest(campaign).submission
    assert asked is not None

    bank.pass_time(20 * MINUTES)
    bank.wecom.confirm_all()
    bank.pass_time(60 * MINUTES)

    closed = bank.latest(campaign)
    assert (asked.audience.candidates, asked.audience.customers, asked.audience.owners) == (CUSTOMERS, CUSTOMERS, 1)
    assert closed.state is CampaignState.CLOSED
    assert bank.counts(campaign.campaign_id) == {"sent": CUSTOMERS}
    assert len(bank.wecom.creations) == 1


def test_a_recall_takes_back_what_nobody_has_confirmed(bank: CampaignBank) -> None:
    campaign = bank.scheduled()
    bank.pass_time(20 * MINUTES)
    assert bank.counts(campaign.campaign_id) == {"pending": CUSTOMERS}

    bank.desk.recall(campaign.campaign_id, "wrong rate", CHECKER, clock.now())
    bank.bank.run_until_idle()

    assert bank.counts(campaign.campaign_id) == {"cancelled": CUSTOMERS}
    bank.pass_time(10 * MINUTES)
    assert bank.latest(campaign).due_at is None


def test_a_recall_of_the_content_takes_back_what_nobody_has_confirmed(bank: CampaignBank) -> None:
    campaign = bank.scheduled()
    bank.pass_time(20 * MINUTES)
    content = campaign.definition.content
    bank.take_content_back(content)

    bank.bank.run_until_idle()

    assert bank.latest(campaign).state is CampaignState.RECALLED
    assert bank.counts(campaign.campaign_id) == {"cancelled": CUSTOMERS}


def test_functions_killed_at_each_request_lose_nobody_and_send_once(bank: CampaignBank) -> None:
    bank.bank.kill_everywhere = True
    campaign = bank.scheduled()
    bank.pass_time(20 * MINUTES)
    bank.bank.kill_everywhere = False
    bank.pass_time(20 * MINUTES)
    bank.wecom.confirm_all()
    bank.bank.kill_everywhere = True

    bank.pass_time(60 * MINUTES)

    assert len(bank.wecom.creations) == 1
    assert bank.counts(campaign.campaign_id) == {"sent": CUSTOMERS}
    assert bank.latest(campaign).state is CampaignState.CLOSED
    assert bank.bank.killer.kills >= 200
