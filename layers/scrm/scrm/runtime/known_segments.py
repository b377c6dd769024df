"""Which segments a campaign may name."""

from typing import Final

from scrm.audience.segments import Segment, SegmentStore
from scrm.campaign.model import CampaignDefinition
from scrm.campaign.refusals import CampaignRefusedError
from scrm.campaign.terms import PERSONAL, Channel, Purpose

ALL_CUSTOMERS: Final = "all_customers"


class KnownSegments:
    """Implements `scrm.campaign.campaign_ports.Segments`: everybody for whom a member under the node answers, and the
    segments that operators made. Whether one is for the campaign's node shows when its audience is frozen.
    """

    def __init__(self, segments: SegmentStore) -> None:
        self._segments = segments

    def check(self, definition: CampaignDefinition) -> None:
        if definition.segment_id == ALL_CUSTOMERS:
            if definition.purpose is Purpose.ACTIVATION and definition.channel in PERSONAL:
                raise CampaignRefusedError("An activation wakes certain customers: name the segment that they are in.")
            return
        if definition.channel in {Channel.GROUP, Channel.MOMENTS}:
            raise CampaignRefusedError(
                f"A post reaches the whole group, a moment all customers of its member; use {ALL_CUSTOMERS}."
            )
        segment = self._segments.segment(definition.segment_id)
        if segment is None:
            raise CampaignRefusedError(f"There is no such segment; name one, or use {ALL_CUSTOMERS}.")
        check_assessed(segment, definition)


def check_assessed(segment: Segment, definition: CampaignDefinition) -> None:
    """Nobody is chosen by sensitive facts without an impact assessment (R4). Raises CampaignRefusedError."""
    fields = segment.sensitive_fields
    if fields and not definition.impact_assessment_id.strip():
        raise CampaignRefusedError(
            f"The segment chooses by {', '.join(fields)}: give the id of the impact assessment (impact_assessment_id)."
        )
