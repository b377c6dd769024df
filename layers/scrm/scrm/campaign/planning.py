"""How a campaign runs by itself: looked at when it is due, one step at a time, each repeatable."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import batched
from typing import Protocol

from scrm.campaign import machine
from scrm.campaign.campaign_ports import (
    Audiences,
    CampaignJournal,
    CampaignStore,
    Contents,
    PlanningQueue,
    Tallies,
)
from scrm.campaign.model import NO_RING, Campaign, CampaignState, Ring, RingShare, RingState
from scrm.campaign.refusals import CampaignRefusedError, StaleCampaignError
from scrm.campaign.settings import CampaignSettings

PLANNER = "function:campaign_planner"


@dataclass(frozen=True, slots=True)
class OwnerShare:
    """An owner of a slice, and his customers' places in the ring: the ``first`` of them, and how many."""

    userid: str
    first: int
    customers: int


class MemberPlaces(Protocol):
    """Where members stand in the organisation."""

    def node_paths(self, userids: Iterable[str]) -> dict[str, str]:
        """Node path by userid; a member nobody knows is left out."""


class SliceStore(Protocol):
    """The owners of each slice of each ring, and which slices have been planned."""

    def put(self, campaign_id: str, ring: str, number: int, owners: Iterable[OwnerShare]) -> None: ...

    def owners(self, campaign_id: str, ring: str, number: int) -> list[OwnerShare]: ...

    def mark_planned(self, campaign_id: str, ring: str, number: int) -> None:
        """The slice's tasks are written. A repeat changes nothing."""

    def unplanned(self, campaign_id: str, ring: str, slices: int) -> list[int]:
        """Numbers of the ring's slices that have not been planned, in order."""


@dataclass(frozen=True, slots=True)
class CampaignRun:
    """Use case of the planner: look at a campaign and take the one step that is due.

    Another look in between makes the write stale; then nothing is done and the other look's due time counts.
    """

    store: CampaignStore
    journal: CampaignJournal
    contents: Contents
    audiences: Audiences
    tallies: Tallies
    places: MemberPlaces
    slices: SliceStore
    queue: PlanningQueue
    settings: CampaignSettings

    def look(self, campaign_id: str, now: datetime) -> Campaign | None:
        """The campaign after its step; None when there is no such campaign or nothing is due."""
        campaign = self.store.find(campaign_id)
        if campaign is None or campaign.due_at is None or now < campaign.due_at:
            return None
        try:
            return self._step(campaign, now)
        except StaleCampaignError:
            return None

    def _step(self, campaign: Campaign, now: datetime) -> Campaign:
        match campaign.state:
            case CampaignState.SCHEDULED:
                return self._start(campaign, now)
            case CampaignState.PLANNING:
                return self._plan(campaign, now)
            case CampaignState.DISPATCHING:
                return self._dispatch(campaign, now)
            case CampaignState.RECONCILING:
                return self._reconcile(campaign, now)
            case CampaignState.RECALLED:
                return self._cancel(campaign, now)
            case _:
                return self.store.save(replace(campaign, due_at=None))

    def _start(self, campaign: Campaign, now: datetime) -> Campaign:
        try:
            self.contents.sendable(campaign.definition.content, campaign.definition.channel, now)
            audience = self.audiences.freeze(campaign.definition, campaign.campaign_id, now)
        except CampaignRefusedError as refused:
            return self._change(campaign, machine.failed(campaign, str(refused), now), "failed", now)
        seen = campaign.review.snapshot_id if campaign.review else ""
        moved = self.audiences.moved_percent(seen, audience.snapshot_id)
        if moved > self.settings.moved_percent:
            return self._change(campaign, machine.fallen_back(campaign, moved), "fell_back", now)
        split = self._split(campaign, audience.snapshot_id)
        begun = self._change(campaign, machine.started(campaign, audience.snapshot_id, split, now), "started", now)
        return self._plan(begun, now)

    def _split(self, campaign: Campaign, snapshot_id: str) -> dict[str, RingShare]:
        """Write down who belongs to which ring. The same again after a crash."""
        rings = [campaign.ring(progress.name) for progress in campaign.rings]
        found: dict[str, list[OwnerShare]] = {name: [] for name in (*(ring.name for ring in rings), NO_RING)}
        reached = dict.fromkeys(found, 0)
        for userid, customers, ring in self._rings_of_owners(snapshot_id, rings):
            found[ring].append(OwnerShare(userid, reached[ring], customers))
            reached[ring] += customers
        for name, owners in found.items():
            for number, part in enumerate(batched(owners, self.settings.owners_per_slice, strict=False)):
                self.slices.put(campaign.campaign_id, name, number, part)
        return {name: RingShare(self._parts(owners), reached[name]) for name, owners in found.items()}

    def _parts(self, owners: list[OwnerShare]) -> int:
        return -(-len(owners) // self.settings.owners_per_slice)

    def _rings_of_owners(self, snapshot_id: str, rings: list[Ring]) -> Iterator[tuple[str, int, str]]:
        """An owner belongs to the first ring one of whose nodes he stands at or below; else he is in none."""
        for part in batched(self.audiences.owners(snapshot_id), self.settings.owners_per_slice, strict=False):
            paths = self.places.node_paths(userid for userid, _ in part)
            for userid, customers in part:
                ring = next((ring.name for ring in rings if _holds(ring, paths.get(userid, ""))), NO_RING)
                yield userid, customers, ring

    def _plan(self, campaign: Campaign, now: datetime) -> Campaign:
        """Ask for the slices that are not planned; a message that was lost is asked for again at the next look."""
        ring = campaign.current_ring
        if ring is None:
            return self.store.save(replace(campaign, due_at=None))
        missing = self.slices.unplanned(campaign.campaign_id, ring.name, ring.share.slices)
        if not missing:
            return self._change(campaign, machine.all_planned(campaign, now), "planned", now)
        self.queue.request_slices(campaign.campaign_id, ring.name, missing)
        return self._later(campaign, now)

    def _dispatch(self, campaign: Campaign, now: datetime) -> Campaign:
        ring = campaign.current_ring
        tally = self.tallies.of(campaign.campaign_id, ring.name if ring else "")
        if ring is not None and ring.state is RingState.DISPATCHING:
            if tally.tasks_open:
                return self._later(campaign, now)
            return self._change(campaign, machine.handed_over(campaign, now), "handed_over", now)
        if machine.why_held(campaign, tally, now):
            return self._later(campaign, now)
        begun = self._change(campaign, machine.next_ring_begun(campaign, now), "ring_begun", now)
        return self._plan(begun, now)

    def _reconcile(self, campaign: Campaign, now: datetime) -> Campaign:
        tally = self.tallies.of(campaign.campaign_id)
        if tally.pending or tally.tasks_open:
            return self._later(campaign, now)
        return self._change(campaign, machine.closed(campaign, tally, now), "closed", now)

    def _cancel(self, campaign: Campaign, now: datetime) -> Campaign:
        """A recalled one is looked at until nothing can be confirmed any more."""
        tally = self.tallies.of(campaign.campaign_id)
        if not tally.pending and not tally.tasks_open:
            return self.store.save(replace(campaign, due_at=None))
        self.queue.request_cancellation(campaign.campaign_id)
        return self._later(campaign, now)

    def _later(self, campaign: Campaign, now: datetime) -> Campaign:
        is_reconciling = campaign.state is CampaignState.RECONCILING
        wait = self.settings.reconcile_interval if is_reconciling else self.settings.look_interval
        return self.store.save(replace(campaign, due_at=now + wait))

    def _change(self, before: Campaign, after: Campaign, action: str, now: datetime) -> Campaign:
        self.journal.told(before, action, PLANNER, now)
        return self.store.save(after)


def _holds(ring: Ring, node_path: str) -> bool:
    """Whether a member at ``node_path`` belongs to the ring; nodes are known by the ids in the path."""
    return bool(node_path) and (not ring.node_ids or any(f"/{node_id}/" in node_path for node_id in ring.node_ids))
