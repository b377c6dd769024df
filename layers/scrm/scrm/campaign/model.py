"""Vocabulary of a campaign: what is sent to whom through which channel, in which rings, and how far it is."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from scrm import ids
from scrm.campaign.terms import RUNNING, CampaignState, Channel, ContentRef, Purpose

# Whose member stands in no ring: he keeps his place in the sums, and his customers their reason.
NO_RING: Final = ""


class RingState(StrEnum):
    """``held``: everything of the ring has been handed to the members and the next one waits for its hold to end."""

    WAITING = "waiting"
    PLANNING = "planning"
    DISPATCHING = "dispatching"
    HELD = "held"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Ring:
    """A part of the rollout: the members at or below ``node_ids``; none means everybody not in an earlier ring.

    ``after`` names the ring that comes first, empty for the first one. The next ring starts when ``hold`` has passed
    since this one was handed over, at most ``max_failed_percent`` of its recipients failed, and, with ``needs_go``,
    an operator said so.
    """

    name: str
    after: str = ""
    node_ids: tuple[str, ...] = ()
    hold: timedelta = timedelta(0)
    needs_go: bool = False
    max_failed_percent: int = 100


class Every(StrEnum):
    """How often a recurring campaign starts, at the same time of the day in Shanghai."""

    DAY = "day"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Recurrence:
    """Start again and again, the last time at ``until`` or before (S28: Moments daily; a monthly plan)."""

    every: Every
    until: datetime


@dataclass(frozen=True, slots=True)
class CampaignDefinition:
    """What somebody wants sent. ``target_kpi`` is what it is for; without one a campaign is refused (S1).

    ``blast_radius`` is the most customers a ring may reach; None: no limit of its own. ``deadline`` is how long a
    member may take to confirm, for ``rm_task`` to do it. ``least_need`` leaves out whose need of the content is
    smaller, 0: nobody. A larger ``priority`` comes first when the weekly cap binds.
    ``impact_assessment_id`` is the bank's assessment of choosing customers by sensitive facts (R4).
    """

    name: str
    node_id: str
    channel: Channel
    target_kpi: str
    content: ContentRef
    segment_id: str
    rings: tuple[Ring, ...] = (Ring("all"),)
    blast_radius: int | None = None
    holdout_percent: int = 0
    priority: int = 5
    deadline: timedelta = timedelta(hours=24)
    least_need: int = 0
    recurrence: Recurrence | None = None
    impact_assessment_id: str = ""
    purpose: Purpose = Purpose.PROMOTION


@dataclass(frozen=True, slots=True)
class Audience:
    """A frozen audience: ``snapshot_id`` names it, ``customers`` remain of ``candidates`` after the exclusions.

    ``excluded`` counts customers by reason, ``sample`` holds a few external_userids for the eye.
    """

    snapshot_id: str
    candidates: int
    customers: int
    owners: int
    excluded: Mapping[str, int]
    sample: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Freezing:
    """The audience is being frozen: who asked and the moment it is to be of, which together name the snapshot."""

    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Submission:
    """What a second person is shown: who asks, since when, and the audience as it was then."""

    by: str
    at: datetime
    audience: Audience


@dataclass(frozen=True, slots=True)
class Review:
    """A second person's word on a submission."""

    by: str
    at: datetime
    snapshot_id: str
    approved: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class RingShare:
    """What of an audience fell to a ring."""

    slices: int
    customers: int


@dataclass(frozen=True, slots=True)
class RingProgress:
    """How far a ring is. ``share`` is what fell to it when the campaign started."""

    name: str
    state: RingState = RingState.WAITING
    share: RingShare = RingShare(0, 0)
    planned_at: datetime | None = None
    handed_over_at: datetime | None = None
    go_by: str = ""


@dataclass(frozen=True, slots=True)
class Campaign:
    """One campaign. ``version`` rises with every write; a stale one is refused by the store.

    ``made_by`` made or edited it last and may not approve it. ``freezing`` is set while the planner freezes an
    audience, for a submission or at the start. ``snapshot_id`` is the audience frozen at its start: who
    belongs to which ring is decided there once, so that nobody who changes hands meets the campaign twice; ``outside``
    are those in none. ``expires_at`` is the content's end. ``due_at``
    is when the planner wants to look again, None when nothing is left to do. ``series_id`` names the series that made
    it, ``test_of`` the campaign whose test it is. ``state_before`` is where a paused one goes on; ``reason`` says why
    it was sent back, stopped or failed.
    """

    campaign_id: str
    definition: CampaignDefinition
    node_path: str
    made_by: str
    made_at: datetime
    state: CampaignState = CampaignState.DRAFT
    freezing: Freezing | None = None
    submission: Submission | None = None
    review: Review | None = None
    starts_at: datetime | None = None
    snapshot_id: str = ""
    rings: tuple[RingProgress, ...] = ()
    outside: RingShare = RingShare(0, 0)
    expires_at: datetime | None = None
    state_before: CampaignState | None = None
    reason: str = ""
    ended_at: datetime | None = None
    due_at: datetime | None = None
    series_id: str = ""
    test_of: str = ""
    version: int = 0

    @property
    def is_open(self) -> bool:
        return self.state not in {CampaignState.CLOSED, CampaignState.FAILED, CampaignState.RECALLED}

    @property
    def has_begun(self) -> bool:
        """Its audience was frozen at the start: members may have tasks of it, or have had."""
        return bool(self.snapshot_id)

    @property
    def may_send(self) -> bool:
        """Whether a task of this campaign may be created now: what the kill switch turns off."""
        return self.state in RUNNING

    @property
    def current_ring(self) -> RingProgress | None:
        """The ring that is planned or dispatched, or held before the next one."""
        active = {RingState.PLANNING, RingState.DISPATCHING, RingState.HELD}
        return next((ring for ring in self.rings if ring.state in active), None)

    @property
    def next_ring(self) -> RingProgress | None:
        return next((ring for ring in self.rings if ring.state is RingState.WAITING), None)

    @property
    def customers(self) -> int:
        """Everybody who fell to one of the rings, or to none, when it started: each is in one task in the end."""
        return sum(ring.share.customers for ring in self.rings) + self.outside.customers

    def ring(self, name: str) -> Ring:
        return next(ring for ring in self.definition.rings if ring.name == name)

    def earlier_rings(self, name: str) -> tuple[Ring, ...]:
        """The rings that come before ``name``."""
        names = [ring.name for ring in self.rings]
        return tuple(self.ring(before) for before in names[: names.index(name)])

    def with_ring(self, progress: RingProgress) -> "Campaign":
        return replace(self, rings=tuple(progress if ring.name == progress.name else ring for ring in self.rings))


@dataclass(frozen=True, slots=True)
class Tally:
    """Recipients of a campaign, or of one of its rings, by what became of them.

    ``tasks_open`` are tasks that are planned or being created, without the ``deferred`` ones, which wait for room under
    the weekly cap. ``tasks_left`` are those and the ones that members can still confirm, which alone
    are ``tasks_confirmable``. ``pending`` are recipients who
    have not ended. ``by_state`` counts those that have.
    """

    planned: int = 0
    tasks_open: int = 0
    pending: int = 0
    by_state: Mapping[str, int] = field(default_factory=dict)
    deferred: int = 0
    tasks_left: int = 0
    tasks_confirmable: int = 0

    @property
    def failed_percent(self) -> int:
        """The share of ended recipients that failed, rounded up; 0 before any ended."""
        ended = sum(self.by_state.values())
        return -(-100 * self.by_state.get("failed", 0) // ended) if ended else 0


def campaign_id_of(node_id: str, made_by: str, key: str) -> str:
    """The id of what somebody created with an Idempotency-Key: a repeat finds the same campaign."""
    return ids.derive("camp", node_id, made_by, key)


def occurrence_id_of(series_id: str, day: str) -> str:
    """The id of a series' campaign of one business day."""
    return ids.derive("camp", series_id, day)
