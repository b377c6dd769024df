"""What planning and operating campaigns needs from the outside world; adapters and other features provide it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from scrm.campaign.model import Audience, Campaign, CampaignDefinition, CampaignState, Channel, ContentRef, Tally
from scrm.paging import Page


class CampaignStore(Protocol):
    """Campaigns by id. A cursor is None for the first page; a foreign one raises InvalidCursorError."""

    def find(self, campaign_id: str) -> Campaign | None: ...

    def save(self, campaign: Campaign) -> Campaign:
        """Write over the version that was read, 0 for a new one; raises StaleCampaignError."""

    def list(self, node_path: str, state: CampaignState | None, cursor: str | None, limit: int) -> Page[Campaign]:
        """Campaigns at or below ``node_path``, newest first."""

    def due(self, until: datetime) -> Iterator[str]:
        """Ids of campaigns whose ``due_at`` has come."""


class CampaignJournal(Protocol):
    """The audit log and the bus."""

    def told(self, campaign: Campaign, action: str, actor: str, at: datetime) -> None:
        """What happened to a campaign; once per action and version of the campaign."""


@dataclass(frozen=True, slots=True)
class SendableContent:
    """An approved variant as a campaign sees it. Times are UTC; ``node_path`` is whose content it is."""

    ref: ContentRef
    node_path: str
    target_kpi: str
    valid_until: datetime


class Contents(Protocol):
    """The content library."""

    def sendable(self, ref: ContentRef, channel: Channel, at: datetime) -> SendableContent:
        """The released variant for this channel at that moment, its hash filled in.

        Raises CampaignRefusedError, whose text says why it may not be sent.
        """


class Audiences(Protocol):
    """Segments of customers, frozen."""

    def freeze(self, definition: CampaignDefinition, campaign_id: str, at: datetime) -> Audience:
        """The audience as of now with its exclusions counted. The same cause and moment give the same snapshot.

        Raises CampaignRefusedError for an unknown segment or while no customer data has arrived.
        """

    def moved_percent(self, before: str, after: str) -> int:
        """How many of the customers of either snapshot are not in both, in percent of the first, rounded up."""

    def owners(self, snapshot_id: str) -> Iterator[tuple[str, int]]:
        """Every owner of the snapshot and how many customers of his are in it, in a fixed order."""


class TestSends(Protocol):
    """Messages to a seed list, outside every cap and count."""

    def send(self, campaign: Campaign, seeds: Mapping[str, Sequence[str]], at: datetime) -> int:
        """To seed customers by the member who follows them; the number of customers it is sent to."""


class Tallies(Protocol):
    """What became of the recipients."""

    def of(self, campaign_id: str, ring: str = "") -> Tally:
        """The whole campaign, or one ring of it."""


class PlanningQueue(Protocol):
    """Work for the planner's and the worker's queues."""

    def request_slices(self, campaign_id: str, ring: str, slices: Sequence[int]) -> None: ...

    def request_cancellation(self, campaign_id: str) -> None:
        """What is unconfirmed is cancelled at WeCom, at the quota's pace."""
