"""How a campaign runs by itself: looked at when it is due, one step at a time, each repeatable."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from scrm.campaign import machine, recurrence
from scrm.campaign.campaign_ports import (
    Audiences,
    CampaignJournal,
    CampaignStore,
    Contents,
    OwnerPart,
    OwnerShare,
    PlanningQueue,
    SliceStore,
    Tallies,
)
from scrm.campaign.model import NO_RING, Audience, Campaign, Ring, RingShare, RingState
from scrm.campaign.need_order import Reach
from scrm.campaign.refusals import CampaignRefusedError, StaleCampaignError
from scrm.campaign.settings import CampaignSettings
from scrm.campaign.terms import RUNNING, CampaignState

PLANNER: Final = "function:campaign_planner"
_SENDING: Final = RUNNING | {CampaignState.PAUSED, CampaignState.RECONCILING}
_EVER: Final = datetime.max.replace(tzinfo=UTC)
_CANCELLED_PER_MINUTE: Final = 10_000  # tasks; WeCom's quota
_SLICES_PER_LOOK: Final = 100  # a ring of more is looked at less often: a look counts all its tasks


@dataclass(frozen=True, slots=True)
class CampaignRun:
    """Use case of the planner: look at a campaign and take the one step that is due.

    Another look in between makes the write stale; then nothing is done and the other look's due time counts. What does
    not fit into the time of one run goes on at the next look, which is asked for at once.
    """

    store: CampaignStore
    journal: CampaignJournal
    contents: Contents
    audiences: Audiences
    tallies: Tallies
    slices: SliceStore
    queue: PlanningQueue
    settings: CampaignSettings
    has_time: Callable[[], bool]

    def request_due(self, now: datetime) -> int:
        """Ask for a look at every campaign whose time has come: the queue may have lost one, or could not wait."""
        found = list(self.store.due(now))
        for campaign_id in found:
            self.queue.request_look(campaign_id, now)
        return len(found)

    def look(self, campaign_id: str, now: datetime) -> Campaign | None:
        """The campaign after its step; None when there is no such campaign or nothing is due."""
        campaign = self.store.find(campaign_id)
        if campaign is None or campaign.due_at is None or now < campaign.due_at:
            return None
        try:
            after = self._step(campaign, now)
        except StaleCampaignError:
            return None
        if after.due_at is not None:
            self.queue.request_look(campaign_id, after.due_at)
        return after

    def stop_content(self, activity_id: str, version: int, now: datetime) -> int:
        """The content was recalled: every campaign that sends it stops at once; how many were looked at."""
        using = [
            campaign
            for campaign in self._open()
            if (campaign.definition.content.activity_id, campaign.definition.content.version) == (activity_id, version)
        ]
        for campaign in using:
            if campaign.state in _SENDING:
                self._stopped_by_content(campaign, now)
        return len(using)

    def recheck_all(self) -> int:
        """The bank stopped all sending: what waits of every campaign is asked about; how many there are."""
        found = [campaign.campaign_id for campaign in self._open(_SENDING | {CampaignState.PAUSED})]
        for campaign_id in found:
            self.queue.request_recheck(campaign_id)
        return len(found)

    def recheck_product(self, product_id: str) -> int:
        """The product is another one now: what waits of every campaign about it is asked about; how many there are."""
        contents = [(campaign.campaign_id, campaign.definition.content) for campaign in self._open(_SENDING)]
        products = {content: self.contents.product_of(content) for content in {content for _, content in contents}}
        found = [campaign_id for campaign_id, content in contents if products[content] == product_id]
        for campaign_id in found:
            self.queue.request_recheck(campaign_id)
        return len(found)

    def _open(self, states: Collection[CampaignState] = frozenset(CampaignState)) -> Iterator[Campaign]:
        """Campaigns that want another look some time."""
        for campaign_id in self.store.due(_EVER):
            campaign = self.store.find(campaign_id)
            if campaign is not None and campaign.state in states:
                yield campaign

    def _stopped_by_content(self, campaign: Campaign, now: datetime) -> Campaign:
        stopped = machine.recalled(campaign, "its content was recalled", now)
        saved = self._change(campaign, stopped, "content_recalled", now)
        self.queue.request_cancellation(campaign.campaign_id)
        return saved

    def _step(self, campaign: Campaign, now: datetime) -> Campaign:
        if campaign.state in _SENDING and self.contents.is_recalled(campaign.definition.content):
            return self._stopped_by_content(campaign, now)
        steps = {
            CampaignState.DRAFT: self._submit,
            CampaignState.SCHEDULED: self._start,
            CampaignState.PLANNING: self._plan,
            CampaignState.DISPATCHING: self._dispatch,
            CampaignState.RECONCILING: self._reconcile,
            CampaignState.RECALLED: self._cancel,
            CampaignState.PAUSED: self._wait,
        }
        return steps.get(campaign.state, self._rest)(campaign, now)

    def _rest(self, campaign: Campaign, _now: datetime) -> Campaign:
        return self.store.save(replace(campaign, due_at=None))

    def _wait(self, campaign: Campaign, now: datetime) -> Campaign:
        """A paused one's content may be recalled."""
        return self._later(campaign, now, self.settings.reconcile_interval)

    def _submit(self, campaign: Campaign, now: datetime) -> Campaign:
        if campaign.freezing is None:
            return self._rest(campaign, now)
        try:
            audience = self._frozen(campaign)
        except CampaignRefusedError as refused:
            return self._change(campaign, machine.not_submitted(campaign, str(refused)), "not_submitted", now)
        if audience is None:
            return self.store.save(replace(campaign, due_at=now))
        return self._change(campaign, machine.submitted(campaign, audience), "audience_frozen", now)

    def _frozen(self, campaign: Campaign) -> Audience | None:
        asked = campaign.freezing
        return self.audiences.freeze(campaign, asked.at, self.has_time) if asked else None

    def _start(self, campaign: Campaign, now: datetime) -> Campaign:
        begun = campaign if campaign.freezing else self.store.save(machine.freezing(campaign, PLANNER, now))
        try:
            content = self.contents.sendable(begun.definition.content, begun.definition.channel, now)
            audience = self._frozen(begun)
        except CampaignRefusedError as refused:
            return self._change(begun, machine.failed(begun, str(refused), now), "failed", now)
        if audience is None:
            return self.store.save(replace(begun, due_at=now))
        seen = begun.review.snapshot_id if begun.review else ""
        moved = self.audiences.moved_percent(seen, audience.snapshot_id)
        if moved > self.settings.moved_percent:
            return self._change(begun, machine.fallen_back(begun, moved), "fell_back", now)
        self._schedule_next(begun, content.valid_until, now)
        split = self._split(begun, audience.snapshot_id)
        started = machine.started(begun, audience.snapshot_id, split, content.valid_until, now)
        return self._plan(self._change(begun, started, "started", now), now)

    def _schedule_next(self, campaign: Campaign, valid_until: datetime, now: datetime) -> None:
        """Of a series, before this one begins: a repeat finds it made.

        Looked at again just before: freezing takes minutes, and a recall in between ends the series.
        """
        following = recurrence.following(campaign, valid_until, now)
        if following is not None and self.store.find(following.campaign_id) is None:
            latest = self.store.find(campaign.campaign_id)
            if latest is None or latest.version != campaign.version:
                raise StaleCampaignError(campaign.campaign_id)
            self._change(following, following, "scheduled", now)

    def _split(self, campaign: Campaign, snapshot_id: str) -> dict[str, RingShare]:
        """Write down who belongs to which ring. The same again after a crash."""
        rings = [campaign.ring(progress.name) for progress in campaign.rings]
        radius = campaign.definition.blast_radius
        names = (*(ring.name for ring in rings), NO_RING)
        splits = {name: _Split(name, self._reach(rings, name, radius, snapshot_id)) for name in names}
        for owner in self.audiences.owners(snapshot_id):
            found = splits[_ring_of(rings, owner.node_path)]
            found.add(owner)
            if len(found.waiting) == self.settings.owners_per_slice:
                self.slices.put(campaign.campaign_id, found.ring, *found.next_slice())
        for found in splits.values():
            if found.waiting:
                self.slices.put(campaign.campaign_id, found.ring, *found.next_slice())
        return {name: RingShare(found.slices, found.customers) for name, found in splits.items()}

    def _reach(self, rings: list[Ring], name: str, radius: int | None, snapshot_id: str) -> Reach | None:
        if radius is None or name == NO_RING:
            return None
        owners = self.audiences.owners(snapshot_id)
        return Reach.of(radius, (owner for owner in owners if _ring_of(rings, owner.node_path) == name))

    def _plan(self, campaign: Campaign, now: datetime) -> Campaign:
        """Ask for the slices that are not planned; a message that was lost is asked for again at the next look."""
        ring = campaign.current_ring
        if ring is None:
            return self._rest(campaign, now)
        missing = self.slices.unplanned(campaign.campaign_id, ring.name, ring.share.slices)
        outside = self._outside(campaign)
        if not missing and not outside:
            return self._change(campaign, machine.all_planned(campaign, now), "planned", now)
        self.queue.request_slices(campaign.campaign_id, ring.name, missing)
        self.queue.request_slices(campaign.campaign_id, NO_RING, outside)
        return self._later(campaign, now, self._pace(ring.share.slices))

    def _outside(self, campaign: Campaign) -> list[int]:
        """Slices of members in no ring: planned with the first one, so that their customers have their reason."""
        is_first = campaign.current_ring == campaign.rings[0]
        return self.slices.unplanned(campaign.campaign_id, NO_RING, campaign.outside.slices) if is_first else []

    def _dispatch(self, campaign: Campaign, now: datetime) -> Campaign:
        ring = campaign.current_ring
        held = machine.hold_left(campaign, now)
        if held:
            return self._later(campaign, now, min(held, self.settings.reconcile_interval))
        tally = self.tallies.of(campaign.campaign_id, ring.name if ring else "")
        if ring is not None and ring.state is RingState.DISPATCHING:
            if tally.tasks_open or tally.planned < ring.share.customers:
                return self._later(campaign, now, self._pace(ring.share.slices))
            return self._change(campaign, machine.handed_over(campaign, now), "handed_over", now)
        if machine.why_held(campaign, tally, now):
            return self._later(campaign, now, self._pace(ring.share.slices if ring else 0))
        begun = self._change(campaign, machine.next_ring_begun(campaign, now), "ring_begun", now)
        return self._plan(begun, now)

    def _reconcile(self, campaign: Campaign, now: datetime) -> Campaign:
        tally = self.tallies.of(campaign.campaign_id)
        if not machine.has_ended(campaign, tally):
            return self._later(campaign, now, self.settings.reconcile_interval)
        return self._change(campaign, machine.closed(campaign, tally, now), "closed", now)

    def _cancel(self, campaign: Campaign, now: datetime) -> Campaign:
        """A recalled one is looked at until nothing can be confirmed any more; what was lost is asked for again."""
        tally = self.tallies.of(campaign.campaign_id)
        if not tally.tasks_left:
            return self._rest(campaign, now)
        self.queue.request_cancellation(campaign.campaign_id)
        return self._later(campaign, now, self.settings.look_interval * (1 + tally.tasks_left // _CANCELLED_PER_MINUTE))

    def _pace(self, slices: int) -> timedelta:
        return self.settings.look_interval * max(1, slices // _SLICES_PER_LOOK)

    def _later(self, campaign: Campaign, now: datetime, wait: timedelta | None = None) -> Campaign:
        return self.store.save(replace(campaign, due_at=now + (wait or self.settings.look_interval)))

    def _change(self, before: Campaign, after: Campaign, action: str, now: datetime) -> Campaign:
        self.journal.told(before, action, PLANNER, now)
        return self.store.save(after)


@dataclass(slots=True)
class _Split:
    """A ring's owners on their way into slices."""

    ring: str
    reach: Reach | None
    customers: int = 0
    slices: int = 0
    waiting: list[OwnerShare] = field(default_factory=list)

    def add(self, owner: OwnerPart) -> None:
        reach = self.reach.take(owner) if self.reach else None
        self.waiting.append(OwnerShare(owner.userid, reach, owner.customers, owner.node_path, owner.part))
        self.customers += owner.customers

    def next_slice(self) -> tuple[int, list[OwnerShare]]:
        number, owners = self.slices, self.waiting
        self.slices, self.waiting = number + 1, []
        return number, owners


def _ring_of(rings: list[Ring], node_path: str) -> str:
    """The first ring one of whose nodes the member stands at or below; nodes are known by the ids in the path."""
    for ring in rings:
        if node_path and (not ring.node_ids or any(f"/{node_id}/" in node_path for node_id in ring.node_ids)):
            return ring.name
    return NO_RING
