"""How far campaigns are, without what they are: read at every creation of a task."""

from scrm.aws.table import Table
from scrm.campaign.terms import CampaignState


class DynamoCampaignStates:
    """On the campaigns' table (`scrm.aws.campaign_table`)."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def state_of(self, campaign_id: str) -> CampaignState | None:
        """Strongly consistent: a recall counts from its answer on. None: there is no such campaign."""
        item = self._table.get({"pk": f"CAMPAIGN#{campaign_id}", "sk": "CAMPAIGN"})
        return CampaignState(item["state"]) if item else None
