"""What the bank decided about campaigns, as the use cases read it."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class CampaignSettings:
    """``moved_percent``: an audience that moved by more since its approval sends the campaign back to draft.

    ``look_interval`` is how often a running campaign is looked at, ``reconcile_interval`` one whose tasks have left.
    ``seeds`` is the most customers of a test send.
    """

    moved_percent: int = 10
    look_interval: timedelta = timedelta(minutes=1)
    reconcile_interval: timedelta = timedelta(minutes=30)
    owners_per_slice: int = 200
    seeds: int = 20
