"""What people do with campaigns: define, submit, approve, schedule, pause, recall (S28-S30, S56, O4)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from scrm.campaign import definition as definitions
from scrm.campaign import machine, recurrence
from scrm.campaign.campaign_ports import (
    CampaignJournal,
    CampaignStore,
    Contents,
    Gates,
    PlanningQueue,
    Segments,
    Tallies,
    TestSends,
)
from scrm.campaign.model import Campaign, CampaignDefinition, campaign_id_of
from scrm.campaign.refusals import CampaignRefusedError, StaleCampaignError, UnknownCampaignError
from scrm.campaign.settings import CampaignSettings
from scrm.campaign.terms import CampaignState, Channel


@dataclass(frozen=True, slots=True)
class CampaignDesk:
    """Use cases of operators. Each raises CampaignRefusedError or InvalidCampaignError, whose text says why.

    Repeatable: a repeat after a crash leads to the same campaign, the same snapshot and the same audit entry.
    """

    store: CampaignStore
    journal: CampaignJournal
    contents: Contents
    segments: Segments
    gates: Gates
    queue: PlanningQueue
    tallies: Tallies
    test_sends: TestSends
    settings: CampaignSettings

    def create(self, definition: CampaignDefinition, node_path: str, actor: str, key: str, now: datetime) -> Campaign:
        """A draft. With the same ``key`` it is the same campaign; what differs then is refused."""
        definitions.check(definition)
        self.segments.check(definition)
        campaign_id = campaign_id_of(definition.node_id, actor, key)
        known = self.store.find(campaign_id)
        if known is not None:
            return known
        campaign = Campaign(campaign_id, definition, node_path, actor, now)
        self.journal.told(campaign, "created", actor, now)
        return self.store.save(campaign)

    def edit(
        self, campaign_id: str, definition: CampaignDefinition, version: int, actor: str, now: datetime
    ) -> Campaign:
        """Another definition over the version that was read; it stays with the node it was made for."""
        definitions.check(definition)
        campaign = self._known(campaign_id)
        if campaign.version != version:
            raise StaleCampaignError(campaign_id)
        if definition.node_id != campaign.definition.node_id:
            raise CampaignRefusedError("A campaign stays with its organisation node; create another one for that node.")
        return self._change(campaign, machine.edited(campaign, definition, actor), "edited", actor, now)

    def submit(self, campaign_id: str, actor: str, now: datetime) -> Campaign:
        """Have the audience frozen as it is now, for a second person's approval of it and of the content.

        The planner freezes it: read the campaign again until it has a submission, or a reason why not.
        """
        campaign = self._known(campaign_id)
        content = self.contents.sendable(campaign.definition.content, campaign.definition.channel, now)
        if not content.is_meant_for(campaign.node_path):
            raise CampaignRefusedError("The content is another branch's; choose one of your own or of head office.")
        self.segments.check(campaign.definition)
        self.gates.check(campaign, now)
        asked = machine.submitting(campaign, content.ref.content_hash, actor, now)
        saved = self._change(campaign, asked, "submitted", actor, now)
        self.queue.request_look(campaign_id, now)
        return saved

    def approve(self, campaign_id: str, snapshot_id: str, actor: str, now: datetime) -> Campaign:
        """Let the audience and the content go that the submission shows."""
        campaign = self._known(campaign_id)
        approved = machine.approved(campaign, snapshot_id, actor, now)
        self.contents.sendable(approved.definition.content, approved.definition.channel, now)
        return self._change(campaign, approved, "approved", actor, now)

    def reject(self, campaign_id: str, snapshot_id: str, reason: str, actor: str, now: datetime) -> Campaign:
        """Send a submission, or an approval that has not started, back to its maker."""
        campaign = self._known(campaign_id)
        if campaign.state is CampaignState.DRAFT:
            sent_back = machine.rejected(campaign, snapshot_id, reason, actor, now)
        else:
            sent_back = machine.approval_revoked(campaign, reason, actor, now)
        return self._change(campaign, sent_back, "rejected", actor, now)

    def schedule(self, campaign_id: str, starts_at: datetime, actor: str, now: datetime) -> Campaign:
        """Name the moment at which it starts; the content must still be valid then."""
        campaign = self._known(campaign_id)
        scheduled = machine.scheduled(campaign, starts_at, now)
        if not recurrence.may_start(campaign, starts_at):
            raise CampaignRefusedError("A monthly campaign starts on the 28th at the latest; every month has that day.")
        content = self.contents.sendable(campaign.definition.content, campaign.definition.channel, now)
        if content.valid_until <= starts_at:
            raise CampaignRefusedError("The content expires before the start; start earlier or choose a newer version.")
        saved = self._change(campaign, scheduled, "scheduled", actor, now)
        self.queue.request_look(campaign_id, starts_at)
        return saved

    def pause(self, campaign_id: str, reason: str, actor: str, now: datetime) -> Campaign:
        return self._step(campaign_id, lambda found: machine.paused(found, reason), "paused", actor, now)

    def resume(self, campaign_id: str, actor: str, now: datetime) -> Campaign:
        resumed = self._step(campaign_id, lambda found: machine.resumed(found, now), "resumed", actor, now)
        self.queue.request_look(campaign_id, now)
        return resumed

    def go(self, campaign_id: str, ring: str, actor: str, now: datetime) -> Campaign:
        """Let the ring after this one start."""
        gone = self._step(campaign_id, lambda found: machine.gone_ahead(found, ring, actor, now), "go", actor, now)
        self.queue.request_look(campaign_id, now)
        return gone

    def recall(self, campaign_id: str, reason: str, actor: str, now: datetime) -> Campaign:
        """Kill switch. The state is stored first, so that nothing new leaves; a repeat asks for the rest again.

        With it ends the series that the campaign belongs to; one of it that has begun goes on.
        """
        campaign = self._known(campaign_id)
        if campaign.state is not CampaignState.RECALLED:
            stopped = machine.recalled(campaign, reason, now)
            campaign = self._change(campaign, stopped, "recalled", actor, now)
        self.queue.request_cancellation(campaign_id)
        self._stop_series(campaign, reason, actor, now)
        return campaign

    def _stop_series(self, campaign: Campaign, reason: str, actor: str, now: datetime) -> None:
        """The campaign of the series that has not begun does not start either."""
        following = self._following(campaign)
        while following is not None:
            if CampaignState.SCHEDULED in {following.state, following.state_before}:
                self._change(following, machine.recalled(following, reason, now), "recalled", actor, now)
            following = self._following(following)

    def _following(self, campaign: Campaign) -> Campaign | None:
        following_id = recurrence.following_id(campaign) if campaign.definition.recurrence else ""
        return self.store.find(following_id) if following_id else None

    def close(self, campaign_id: str, actor: str, now: datetime) -> Campaign:
        """Close it now if every customer has his end; by itself it looks only now and then."""
        tally = self.tallies.of(campaign_id)
        return self._step(campaign_id, lambda found: machine.closed(found, tally, now), "closed", actor, now)

    def test_send(self, campaign_id: str, target_ids: Sequence[str], key: str, actor: str, now: datetime) -> Campaign:
        """Send what was submitted to a few customers who are the bank's own people; the campaign of the test."""
        campaign = self._known(campaign_id)
        if campaign.submission is None or not campaign.is_open:
            raise CampaignRefusedError("Submit the campaign first: what is tested is what will be approved.")
        if campaign.definition.channel is Channel.MOMENTS:
            raise CampaignRefusedError(
                "A moment is shown to all customers of a member; begin with a ring of few members."
            )
        wanted = tuple(dict.fromkeys(target_ids))
        if not 1 <= len(wanted) <= self.settings.seeds:
            raise CampaignRefusedError(f"A test goes to 1 to {self.settings.seeds} customers.")
        content = self.contents.sendable(campaign.definition.content, campaign.definition.channel, now)
        self.journal.told(campaign, "test_sent", actor, now)
        return self.test_sends.send(campaign, content, wanted, key, actor, now)

    def _step(
        self, campaign_id: str, step: Callable[[Campaign], Campaign], action: str, actor: str, now: datetime
    ) -> Campaign:
        campaign = self._known(campaign_id)
        return self._change(campaign, step(campaign), action, actor, now)

    def _change(self, before: Campaign, after: Campaign, action: str, actor: str, now: datetime) -> Campaign:
        """The audit entry comes first: a change that nobody can account for is not made."""
        self.journal.told(before, action, actor, now)
        return self.store.save(after)

    def _known(self, campaign_id: str) -> Campaign:
        campaign = self.store.find(campaign_id)
        if campaign is None:
            raise UnknownCampaignError(campaign_id)
        return campaign
