"""What planning and operating campaigns needs from the outside world; adapters and other features provide it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from scrm.campaign.model import Audience, Campaign, CampaignDefinition, Tally
from scrm.campaign.terms import CampaignState, Channel, ContentRef, Purpose
from scrm.node_paths import covers
from scrm.paging import Page


class CampaignStore(Protocol):
    """Campaigns by id. A cursor is None for the first page; a foreign one raises InvalidCursorError."""

    def find(self, campaign_id: str) -> Campaign | None: ...

    def save(self, campaign: Campaign) -> Campaign:
        """Write over the version that was read, 0 for a new one; raises StaleCampaignError."""

    def list(
        self,
        node_path: str,
        state: CampaignState | None,
        cursor: str | None,
        limit: int,
        purpose: Purpose | None = None,
    ) -> Page[Campaign]:
        """Campaigns at or below ``node_path``, newest first; of one state and one purpose, if they are given."""

    def above(self, node_path: str, cursor: str | None, limit: int) -> Page[Campaign]:
        """Those of the nodes above ``node_path`` that have begun, the highest node's first, each newest first.

        A page may have fewer, or none, and not be the last.
        """

    def due(self, until: datetime) -> Iterator[str]:
        """Ids of campaigns whose ``due_at`` has come."""

    def next_due(self) -> datetime | None:
        """When the first campaign falls due; None: none will."""


class CampaignJournal(Protocol):
    """The audit log."""

    def told(self, campaign: Campaign, action: str, actor: str, at: datetime) -> None:
        """What happened to a campaign; once per action and version of the campaign."""


@dataclass(frozen=True, slots=True)
class SendableContent:
    """An approved variant as a campaign sees it. Times are UTC; ``node_path`` is whose content it is.

    ``scope_node_ids``: nodes it is meant for; none: everybody below its originator.
    """

    ref: ContentRef
    node_path: str
    target_kpi: str
    valid_until: datetime
    scope_node_ids: tuple[str, ...] = ()

    def is_meant_for(self, node_path: str) -> bool:
        """Whether a campaign of that node may use it."""
        ids_on_path = node_path.split("/")
        in_scope = not self.scope_node_ids or any(node_id in ids_on_path for node_id in self.scope_node_ids)
        return covers(self.node_path, node_path) and in_scope


class Contents(Protocol):
    """The content library."""

    def sendable(self, ref: ContentRef, channel: Channel, at: datetime) -> SendableContent:
        """The released variant for this channel at that moment, its hash filled in.

        Raises CampaignRefusedError, whose text says why it may not be sent.
        """

    def is_recalled(self, ref: ContentRef) -> bool:
        """Whether somebody took the version back."""

    def product_of(self, ref: ContentRef) -> str:
        """The product that the version speaks of; empty when there is none."""


@dataclass(frozen=True, slots=True)
class OwnerPart:
    """An owner of a frozen audience: where he stood then, how many customers of his are in it, and in which part.

    ``part`` is the snapshot's own: customers of one part are read together. ``needs``: how pressing, and how many of
    his customers, falling as they stand in the snapshot; empty when nobody needs anything. -1 are those left out.
    """

    userid: str
    node_path: str
    customers: int
    part: int
    needs: tuple[tuple[int, int], ...] = ()

    @property
    def ranks(self) -> tuple[tuple[int, int], ...]:
        return self.needs or ((0, self.customers),)


class Segments(Protocol):
    """Which audiences a campaign may name."""

    def check(self, definition: CampaignDefinition) -> None:
        """Raises CampaignRefusedError for a segment that is unknown or does not fit the channel."""


class Gates(Protocol):
    """Which KPIs count where (S11)."""

    def check(self, campaign: Campaign, now: datetime) -> None:
        """Raises CampaignRefusedError while its target KPI is planned and locked at the campaign's node."""


class Audiences(Protocol):
    """Segments of customers, frozen. The customers of a snapshot lie with their owners and are read part by part."""

    def freeze(self, campaign: Campaign, at: datetime, has_time: Callable[[], bool]) -> Audience | None:
        """The campaign's audience as of ``at`` with its exclusions counted; None when ``has_time`` ended first.

        Called again with the same campaign and moment it goes on where it stopped and gives the same snapshot. Raises
        CampaignRefusedError while no customer data has arrived.
        """

    def moved_percent(self, before: str, after: str) -> int:
        """How many of the customers of either snapshot are not in both, in percent of the first, rounded up."""

    def owners(self, snapshot_id: str) -> Iterator[OwnerPart]:
        """Every owner of the snapshot with a customer in it, in a fixed order, parts rising."""

    def customers(self, snapshot_id: str, part: int, userids: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """The customers, or group chats, of some owners of a part, in a fixed order."""


@dataclass(frozen=True, slots=True)
class OwnerShare:
    """An owner of a slice, and how many customers he has, of whom the first ``reach`` lie within the blast radius.

    ``reach`` None: there is none. ``node_path`` and ``part`` are the snapshot's.
    """

    userid: str
    reach: int | None
    customers: int
    node_path: str = ""
    part: int = 0


class SliceStore(Protocol):
    """The owners of each slice of each ring, and which slices have been planned."""

    def put(self, campaign_id: str, ring: str, number: int, owners: Iterable[OwnerShare]) -> None: ...

    def owners(self, campaign_id: str, ring: str, number: int) -> list[OwnerShare]: ...

    def mark_planned(self, campaign_id: str, ring: str, number: int) -> None:
        """The slice's tasks are written. A repeat changes nothing."""

    def unplanned(self, campaign_id: str, ring: str, slices: int) -> list[int]:
        """Numbers of the ring's slices that have not been planned, in order."""


class TestSends(Protocol):
    """Messages to a seed list, outside every cap and count."""

    def send(
        self,
        campaign: Campaign,
        content: SendableContent,
        target_ids: Sequence[str],
        key: str,
        actor: str,
        now: datetime,
    ) -> Campaign:
        """To seed customers, each from who answers for him; the small campaign of its own that it became.

        Raises CampaignRefusedError for one for whom nobody answers.
        """


class Tallies(Protocol):
    """What became of the recipients."""

    def of(self, campaign_id: str, ring: str = "") -> Tally:
        """The whole campaign, or one ring of it."""


class PlanningQueue(Protocol):
    """Work for the planner's and the worker's queues; a repeat is harmless."""

    def request_slices(self, campaign_id: str, ring: str, slices: Sequence[int], first: int = 0) -> None:
        """Plan these slices, each from its owner number ``first`` on."""

    def request_look(self, campaign_id: str, not_before: datetime) -> None:
        """Look at the campaign then. What waits long may be left out: its due time brings it back as well."""

    def request_recheck(self, campaign_id: str) -> None:
        """What lies with members is asked about again."""

    def request_cancellation(self, campaign_id: str) -> None:
        """What is unconfirmed is cancelled at WeCom, at the quota's pace."""
