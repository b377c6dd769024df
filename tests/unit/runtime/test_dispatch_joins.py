"""What the dispatch gets from campaigns, contacts, the content library and the contact-pressure ledger."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from scrm.campaign.checks import Refusal
from scrm.campaign.dispatch_errors import ContentRefusedError
from scrm.campaign.model import Campaign
from scrm.campaign.ports import NoPlace, Standing
from scrm.campaign.task import TEST_RING, SendPlan, SendTask
from scrm.campaign.terms import CampaignState, Channel, ContentRef
from scrm.content.model import Scene, Variant
from scrm.pressure.ledger import PressureLedger
from scrm.runtime.dispatch_joins import (
    CampaignStandings,
    LibraryContents,
)
from scrm.runtime.pressure_places import LedgerPlaces
from tests.fakes.campaigns import definition
from tests.fakes.content import LABEL, RELEASER, Library, a_draft, link
from tests.fakes.content import START as RELEASED_AT
from tests.fakes.dispatch import CONTENT, FAR
from tests.fakes.pressure import FakeCaps, FakePressureStore

NOW = datetime(2026, 11, 26, 2, 0, tzinfo=UTC)  # a Thursday
MONDAY = datetime(2026, 11, 29, 16, 0, tzinfo=UTC)  # 00:00 in Shanghai
CUSTOMERS = ("wmA", "wmB")


class OneCampaign:
    def __init__(self, campaign: Campaign | None) -> None:
        self.campaign = campaign

    def state_of(self, campaign_id: str) -> CampaignState | None:
        return self.campaign.state if self.campaign else None


def task(campaign: str = "camp_1", channel: Channel = Channel.ONE_TO_ONE) -> SendTask:
    (made,) = SendPlan(campaign, "all", channel, CONTENT, NOW, FAR).tasks_of("rm_li", CUSTOMERS)
    return made


def places() -> LedgerPlaces:
    ledger = PressureLedger(FakePressureStore(), FakeCaps(), lambda: NOW, lambda _: None)
    return LedgerPlaces(ledger, lambda: NOW)


@pytest.mark.parametrize(
    ("state", "standing"),
    [
        (CampaignState.PLANNING, Standing.SENDS),
        (CampaignState.DISPATCHING, Standing.SENDS),
        (CampaignState.RECONCILING, Standing.SENDS),
        (CampaignState.PAUSED, Standing.PAUSED),
        (CampaignState.DRAFT, Standing.PAUSED),
        (CampaignState.RECALLED, Standing.STOPPED),
        (CampaignState.FAILED, Standing.STOPPED),
        (CampaignState.CLOSED, Standing.STOPPED),
    ],
)
def test_a_campaign_stands_as_its_state_says(state: CampaignState, standing: Standing) -> None:
    campaign = Campaign("camp_1", definition(), "/1/", "maker", NOW, state)

    assert CampaignStandings(OneCampaign(campaign)).of("camp_1") is standing


def test_the_banks_kill_switch_holds_every_campaign_and_frees_none() -> None:
    running = Campaign("camp_1", definition(), "/1/10/", "maker", NOW, CampaignState.DISPATCHING)
    recalled = replace(running, state=CampaignState.RECALLED)

    found = [CampaignStandings(OneCampaign(one), lambda: True).of("camp_1") for one in (running, recalled)]

    assert found == [Standing.FROZEN, Standing.STOPPED]


def test_a_test_send_takes_no_place_under_the_cap() -> None:
    full, until = places(), NOW + timedelta(hours=1)
    for campaign in ("camp_1", "camp_2"):
        full.reserve(task(campaign), until)

    assert set(full.reserve(task("camp_3"), until).refused) == set(CUSTOMERS)
    assert full.reserve(replace(task("camp_4"), ring=TEST_RING), until).refused == {}


def test_a_campaign_nobody_knows_is_stopped() -> None:
    assert CampaignStandings(OneCampaign(None)).of("camp_1") is Standing.STOPPED


def test_released_content_comes_as_wecom_takes_it() -> None:
    library = Library()
    found = library.released(a_draft(variants=((Scene.ONE_TO_ONE, Variant(LABEL, (link(),))),)))
    ref = ContentRef(found.activity_id, 1, dict(found.hashes)[Scene.ONE_TO_ONE])

    content = LibraryContents(library.gate).approved(ref, Channel.ONE_TO_ONE, RELEASED_AT)

    assert (content.text, content.ref, content.valid_until) == (LABEL, ref, found.draft.valid_until)
    assert [one["msgtype"] for one in content.attachments] == ["link"]


def test_content_that_may_not_be_sent_is_refused_with_the_librarys_word() -> None:
    library = Library()
    text_only = ((Scene.ONE_TO_ONE, Variant(LABEL)), (Scene.GROUP, Variant(LABEL)))
    found = library.released(a_draft(variants=text_only))
    contents = LibraryContents(library.gate)
    hashes = dict(found.hashes)
    ref = ContentRef(found.activity_id, 1, hashes[Scene.ONE_TO_ONE])

    def reason(ref: ContentRef, channel: Channel = Channel.ONE_TO_ONE, at: datetime = RELEASED_AT) -> str:
        with pytest.raises(ContentRefusedError) as refused:
            contents.approved(ref, channel, at)
        return refused.value.reason

    assert reason(ref, Channel.MOMENTS) == "content_unknown"
    assert reason(ref, at=found.draft.valid_until) == "content_expired"
    assert reason(replace(ref, content_hash="another")) == "content_unknown"
    assert reason(replace(ref, content_hash=hashes[Scene.GROUP])) == "content_changed"
    library.authoring.recall(found.activity_id, 1, RELEASER, "the bonus has ended")
    assert reason(ref) == "content_recalled"


def test_the_third_push_of_a_week_waits_for_the_next_one() -> None:
    ledger = places()
    for campaign in ("camp_1", "camp_2"):
        assert ledger.reserve(task(campaign), NOW + timedelta(hours=5)).refused == {}

    third = ledger.reserve(task("camp_3"), NOW + timedelta(hours=5))

    assert third.refused == dict.fromkeys(CUSTOMERS, NoPlace(Refusal.CAP_REACHED, MONDAY))
    assert ledger.reserve(task("camp_2"), NOW + timedelta(hours=5)).refused == {}


def test_released_places_are_free_and_settled_ones_are_not() -> None:
    ledger = places()
    first, second = task("camp_1"), task("camp_2")
    ledger.reserve(first, NOW + timedelta(hours=5))
    ledger.reserve(second, NOW + timedelta(hours=5))
    ledger.settle(first, {"wmA": NOW})
    ledger.release(first, ["wmB"])

    refused = ledger.reserve(task("camp_3"), NOW + timedelta(hours=5)).refused

    assert refused == {"wmA": NoPlace(Refusal.CAP_REACHED, MONDAY)}
    assert ledger.reserve(first, NOW).refused == {
        "wmA": NoPlace(Refusal.ALREADY_TOUCHED),
        "wmB": NoPlace(Refusal.PLACE_RELEASED),
    }


def test_a_place_that_is_asked_for_after_the_contents_end_is_refused_with_that_reason() -> None:
    late = replace(task(), expires_at=NOW)

    refused = places().reserve(late, NOW).refused

    assert refused == dict.fromkeys(CUSTOMERS, NoPlace(Refusal.CONTENT_EXPIRED))


def test_each_channel_has_its_own_cap() -> None:
    ledger = places()
    for campaign in ("camp_1", "camp_2"):
        ledger.reserve(task(campaign), NOW + timedelta(hours=5))

    assert ledger.reserve(task("camp_3", Channel.GROUP), NOW + timedelta(hours=5)).refused == {}
