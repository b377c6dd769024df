"""Which segments a campaign may name."""

from typing import Final

from scrm.audience.segments import SegmentStore
from scrm.campaign.model import CampaignDefinition, Channel
from scrm.campaign.refusals import CampaignRefusedError

ALL_CUSTOMERS: Final = "all_customers"


class KnownSegments:
    """Implements `scrm.campaign.campaign_ports.Segments`: everybody for whom a member under the node answers, and the
    segments that operators made. Whether one is for the campaign's node shows when its audience is frozen.
    """

    def __init__(self, segments: SegmentStore) -> None:
        self._segments = segments

    def check(self, definition: CampaignDefinition) -> None:
        if definition.segment_id == ALL_CUSTOMERS:
            return
        if definition.channel in {Channel.GROUP, Channel.MOMENTS}:
            raise CampaignRefusedError(f"A group message or a moment reaches everybody there; use {ALL_CUSTOMERS}.")
        if self._segments.segment(definition.segment_id) is None:
            raise CampaignRefusedError(f"There is no such segment; name one, or use {ALL_CUSTOMERS}.")
