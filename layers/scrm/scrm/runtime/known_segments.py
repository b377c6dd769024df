"""Which segments a campaign may name."""

from typing import Final

from scrm.campaign.model import CampaignDefinition
from scrm.campaign.refusals import CampaignRefusedError

ALL_CUSTOMERS: Final = "all_customers"


class KnownSegments:
    """Implements `scrm.campaign.campaign_ports.Segments`: everybody for whom a member under the node answers."""

    def check(self, definition: CampaignDefinition) -> None:
        if definition.segment_id != ALL_CUSTOMERS:
            raise CampaignRefusedError(f"There is no such segment; use {ALL_CUSTOMERS}.")
