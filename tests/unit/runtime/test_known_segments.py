"""Which segment a campaign may name, by what it is for."""

import pytest

from scrm.campaign.refusals import CampaignRefusedError
from scrm.campaign.terms import Channel, Purpose
from scrm.runtime.known_segments import ALL_CUSTOMERS, KnownSegments
from tests.fakes.audience import FakeSegments
from tests.fakes.campaigns import definition


@pytest.mark.parametrize("channel", [Channel.ONE_TO_ONE, Channel.RM_TASK])
def test_an_activation_names_whom_it_wakes(channel: Channel) -> None:
    wanted = definition(purpose=Purpose.ACTIVATION, channel=channel, segment_id=ALL_CUSTOMERS)

    with pytest.raises(CampaignRefusedError, match="name the segment"):
        KnownSegments(FakeSegments()).check(wanted)


@pytest.mark.parametrize("purpose", Purpose)
def test_a_post_goes_to_everybody_whatever_it_is_for(purpose: Purpose) -> None:
    KnownSegments(FakeSegments()).check(definition(purpose=purpose, channel=Channel.MOMENTS, segment_id=ALL_CUSTOMERS))


def test_any_other_campaign_may_go_to_everybody() -> None:
    for purpose in set(Purpose) - {Purpose.ACTIVATION}:
        KnownSegments(FakeSegments()).check(definition(purpose=purpose, segment_id=ALL_CUSTOMERS))
