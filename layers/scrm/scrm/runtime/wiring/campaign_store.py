"""The campaigns' table, for who plans and operates them; who sends asks how far they are (`wiring.dispatch`)."""

import functools

from scrm.aws.campaign_table import DynamoCampaignStore
from scrm.runtime.wiring.tables import table


@functools.cache
def campaigns() -> DynamoCampaignStore:
    return DynamoCampaignStore(table("CAMPAIGN_TABLE"))


def reset() -> None:
    """Forget every built object; for tests."""
    campaigns.cache_clear()
