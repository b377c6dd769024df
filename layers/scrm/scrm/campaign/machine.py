"""The campaign's state machine: each function is one step, refused with a sentence where it does not apply.

draft -> approved -> scheduled -> planning -> dispatching -> reconciling -> closed, with planning and dispatching once
for each ring. A running one can be paused and goes on where it was; every open one can be recalled.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from scrm.campaign.definition import in_order
from scrm.campaign.model import (
    NO_RING,
    Audience,
    Campaign,
    CampaignDefinition,
    Freezing,
    Review,
    RingProgress,
    RingShare,
    RingState,
    Submission,
    Tally,
)
from scrm.campaign.refusals import CampaignRefusedError
from scrm.campaign.terms import RUNNING, STOPPABLE, CampaignState

_RECALL_CHECKED_AFTER: Final = timedelta(minutes=1)


def edited(campaign: Campaign, definition: CampaignDefinition, actor: str) -> Campaign:
    """Another definition: what was said about the one before counts no longer."""
    _require(campaign, CampaignState.DRAFT, verb="edited")
    return replace(
        campaign,
        definition=definition,
        made_by=actor,
        freezing=None,
        submission=None,
        review=None,
        reason="",
        due_at=None,
    )


def submitting(campaign: Campaign, content_hash: str, actor: str, now: datetime) -> Campaign:
    """Ask for approval of this very content; the planner freezes the audience first."""
    _require(campaign, CampaignState.DRAFT, verb="submitted")
    content = replace(campaign.definition.content, content_hash=content_hash)
    definition = replace(campaign.definition, content=content)
    asked = replace(campaign, definition=definition, submission=None, review=None, reason="")
    return freezing(asked, actor, now)


def freezing(campaign: Campaign, actor: str, now: datetime) -> Campaign:
    """The audience of this moment is wanted."""
    return replace(campaign, freezing=Freezing(actor, now), due_at=now)


def submitted(campaign: Campaign, audience: Audience) -> Campaign:
    """The audience is frozen; a second person may look at it."""
    asked = campaign.freezing
    if campaign.state is not CampaignState.DRAFT or asked is None:
        return campaign
    if not audience.customers:
        return not_submitted(campaign, "Nobody is left in the audience; widen the segment or look at the exclusions.")
    return replace(campaign, freezing=None, submission=Submission(asked.by, asked.at, audience), due_at=None)


def not_submitted(campaign: Campaign, reason: str) -> Campaign:
    """There is no audience to approve."""
    return replace(campaign, freezing=None, reason=reason, due_at=None)


def approved(campaign: Campaign, snapshot_id: str, actor: str, now: datetime) -> Campaign:
    """A second person saw the audience ``snapshot_id`` and lets it go."""
    asked = _reviewable(campaign, snapshot_id, actor)
    review = Review(actor, now, asked.audience.snapshot_id, approved=True)
    rings = tuple(RingProgress(ring.name) for ring in in_order(campaign.definition.rings))
    return replace(campaign, state=CampaignState.APPROVED, review=review, rings=rings)


def rejected(campaign: Campaign, snapshot_id: str, reason: str, actor: str, now: datetime) -> Campaign:
    """Back to its maker with a reason; he submits it again."""
    asked = _reviewable(campaign, snapshot_id, actor)
    review = Review(actor, now, asked.audience.snapshot_id, approved=False, reason=reason)
    return replace(campaign, review=review, submission=None, reason=reason)


def approval_revoked(campaign: Campaign, reason: str, actor: str, now: datetime) -> Campaign:
    """Take an approval back before anything was planned."""
    _require(campaign, CampaignState.APPROVED, CampaignState.SCHEDULED, verb="sent back")
    review = Review(actor, now, campaign.review.snapshot_id if campaign.review else "", approved=False, reason=reason)
    return replace(_as_draft(campaign, reason), review=review)


def scheduled(campaign: Campaign, starts_at: datetime, now: datetime) -> Campaign:
    """Name the moment; one that was scheduled before may be moved until it starts."""
    _require(campaign, CampaignState.APPROVED, CampaignState.SCHEDULED, verb="scheduled")
    if starts_at < now:
        raise CampaignRefusedError("The start lies in the past; name a time from now on.")
    return replace(campaign, state=CampaignState.SCHEDULED, freezing=None, starts_at=starts_at, due_at=starts_at)


def started(
    campaign: Campaign, snapshot_id: str, split: Mapping[str, RingShare], expires_at: datetime, now: datetime
) -> Campaign:
    """The audience is frozen and its owners are split by ring; the first ring begins."""
    _require(campaign, CampaignState.SCHEDULED, verb="started")
    rings = tuple(replace(ring, share=split[ring.name]) for ring in campaign.rings)
    frozen = replace(
        campaign,
        freezing=None,
        snapshot_id=snapshot_id,
        rings=rings,
        outside=split[NO_RING],
        expires_at=expires_at,
    )
    return _next_ring_begun(frozen, now)


def next_ring_begun(campaign: Campaign, now: datetime) -> Campaign:
    """The hold of the ring before has ended."""
    _require(campaign, CampaignState.DISPATCHING, verb="planned")
    held = campaign.current_ring
    if held is None or held.state is not RingState.HELD:
        raise CampaignRefusedError("The ring before is not handed over yet.")
    return _next_ring_begun(campaign.with_ring(replace(held, state=RingState.DONE)), now)


def fallen_back(campaign: Campaign, moved_percent: int) -> Campaign:
    """The audience is no longer the one that was approved: a person must look at it again."""
    _require(campaign, CampaignState.SCHEDULED, verb="sent back")
    return _as_draft(campaign, f"the audience moved by {moved_percent} percent since it was approved")


def all_planned(campaign: Campaign, now: datetime) -> Campaign:
    """Every slice of the ring has become tasks."""
    ring = campaign.current_ring
    if campaign.state is not CampaignState.PLANNING or ring is None:
        return campaign
    return replace(
        campaign.with_ring(replace(ring, state=RingState.DISPATCHING)), state=CampaignState.DISPATCHING, due_at=now
    )


def handed_over(campaign: Campaign, now: datetime) -> Campaign:
    """No task of the ring is left to create: it holds before the next one, or the campaign is reconciled."""
    ring = campaign.current_ring
    if campaign.state is not CampaignState.DISPATCHING or ring is None or ring.state is not RingState.DISPATCHING:
        return campaign
    last = campaign.next_ring is None
    state = RingState.DONE if last else RingState.HELD
    held = campaign.with_ring(replace(ring, state=state, handed_over_at=now))
    return replace(held, state=CampaignState.RECONCILING) if last else held


def hold_left(campaign: Campaign, now: datetime) -> timedelta:
    """How long the ring that was handed over keeps the next one waiting, whatever becomes of its recipients."""
    held = campaign.current_ring
    if held is None or held.state is not RingState.HELD or held.handed_over_at is None:
        return timedelta(0)
    return max(held.handed_over_at + campaign.ring(held.name).hold - now, timedelta(0))


def why_held(campaign: Campaign, tally: Tally, now: datetime) -> str:
    """Why the next ring may not start yet; empty when it may."""
    held = campaign.current_ring
    if held is None or held.state is not RingState.HELD or held.handed_over_at is None:
        return "the ring before is not handed over"
    ring = campaign.ring(held.name)
    if now < held.handed_over_at + ring.hold:
        return "its hold has not passed"
    if tally.failed_percent > ring.max_failed_percent:
        return f"{tally.failed_percent} percent of its recipients failed"
    if ring.needs_go and not held.go_by:
        return "nobody has said go"
    return ""


def gone_ahead(campaign: Campaign, ring_name: str, actor: str, now: datetime) -> Campaign:
    """An operator lets the ring after ``ring_name`` start as soon as the hold ends."""
    held = campaign.current_ring
    if campaign.state not in RUNNING or held is None or held.name != ring_name:
        raise CampaignRefusedError("This ring does not wait for a word; look at the campaign again.")
    return replace(campaign.with_ring(replace(held, go_by=actor)), due_at=now)


def paused(campaign: Campaign, reason: str) -> Campaign:
    """Nothing new leaves; tasks that wait for their member stay."""
    _require(campaign, CampaignState.SCHEDULED, *RUNNING, verb="paused")
    return replace(campaign, state=CampaignState.PAUSED, state_before=campaign.state, freezing=None, reason=reason)


def resumed(campaign: Campaign, now: datetime) -> Campaign:
    """Go on where it was paused."""
    _require(campaign, CampaignState.PAUSED, verb="resumed")
    before = campaign.state_before or CampaignState.SCHEDULED
    due_at = max(now, campaign.starts_at) if before is CampaignState.SCHEDULED and campaign.starts_at else now
    return replace(campaign, state=before, state_before=None, reason="", due_at=due_at)


def recalled(campaign: Campaign, reason: str, now: datetime) -> Campaign:
    """Kill switch: from now on no task is created, and what is unconfirmed is cancelled (O4).

    Who stops it asks for the cancellation; the planner looks a minute later whether all of it went.
    """
    if campaign.state not in STOPPABLE:
        raise CampaignRefusedError(f"A campaign that is {campaign.state.value} has nothing to recall.")
    return replace(
        campaign,
        state=CampaignState.RECALLED,
        state_before=None,
        freezing=None,
        reason=reason,
        ended_at=now,
        due_at=now + _RECALL_CHECKED_AFTER,
    )


def failed(campaign: Campaign, reason: str, now: datetime) -> Campaign:
    """It cannot go on by itself, for example because its content was recalled or has expired."""
    return replace(campaign, state=CampaignState.FAILED, freezing=None, reason=reason, ended_at=now, due_at=None)


def has_ended(campaign: Campaign, tally: Tally) -> bool:
    """Whether everybody of the audience has ended, and nothing is left that a recall could take back.

    What was written just now a count may not see yet.
    """
    left = tally.pending or tally.tasks_open or tally.deferred or tally.tasks_left
    return not left and tally.planned >= campaign.customers


def closed(campaign: Campaign, tally: Tally, now: datetime) -> Campaign:
    """Every recipient has ended in one state (O2)."""
    _require(campaign, CampaignState.RECONCILING, verb="closed")
    if not has_ended(campaign, tally):
        raise CampaignRefusedError("Some recipients have not ended yet, or what told a member can still be recalled.")
    return replace(campaign, state=CampaignState.CLOSED, ended_at=now, due_at=None)


def _next_ring_begun(campaign: Campaign, now: datetime) -> Campaign:
    ring = campaign.next_ring
    if ring is None:
        raise CampaignRefusedError("Every ring has been planned.")
    begun = replace(ring, state=RingState.PLANNING, planned_at=now)
    return replace(campaign.with_ring(begun), state=CampaignState.PLANNING, due_at=now)


def _as_draft(campaign: Campaign, reason: str) -> Campaign:
    return replace(
        campaign,
        state=CampaignState.DRAFT,
        freezing=None,
        submission=None,
        review=None,
        starts_at=None,
        due_at=None,
        reason=reason,
    )


def _reviewable(campaign: Campaign, snapshot_id: str, actor: str) -> Submission:
    _require(campaign, CampaignState.DRAFT, verb="reviewed")
    asked = campaign.submission
    if campaign.freezing is not None:
        raise CampaignRefusedError("The audience is still being frozen; read the campaign again in a while.")
    if asked is None:
        raise CampaignRefusedError("The campaign was not submitted; its maker does that first.")
    if actor in {asked.by, campaign.made_by}:
        raise CampaignRefusedError("You made or submitted this campaign; somebody else has to review it.")
    if snapshot_id != asked.audience.snapshot_id:
        raise CampaignRefusedError("The audience is another one than you saw; read the campaign again.")
    return asked


def _require(campaign: Campaign, *states: CampaignState, verb: str) -> None:
    if campaign.state not in states:
        raise CampaignRefusedError(f"A campaign that is {campaign.state.value} cannot be {verb}.")
