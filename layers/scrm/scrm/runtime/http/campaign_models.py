"""Campaigns on the wire."""

from datetime import timedelta
from typing import Annotated, Self

from pydantic import Field

from scrm.campaign import model
from scrm.campaign.model import RingState
from scrm.campaign.results import CampaignResults as Found
from scrm.campaign.task import RecipientState, TaskState
from scrm.campaign.terms import CampaignState, Channel, ContentRef, Purpose
from scrm.runtime.http.wire import Asked, Moment, NodeText, Page, Reply, Timestamp

RingName = Annotated[str, Field(pattern=r"^[a-z0-9_-]{1,32}$")]
Reason = Annotated[str, Field(min_length=1, max_length=256, description="Kept for years: names no customer.")]
ExternalUserid = Annotated[str, Field(pattern=r"^[!-~]{1,64}$")]


class Ring(Asked):
    """A part of the rollout: members at or below the nodes; without nodes everybody not in an earlier ring."""

    name: RingName
    after: str = Field(default="", max_length=32, description="The ring that comes first; empty for the first one.")
    node_ids: list[NodeText] = Field(default_factory=list, max_length=500)
    hold: timedelta = Field(
        default=timedelta(0),
        ge=timedelta(0),
        le=timedelta(days=30),
        description="How long the next ring waits after this one was handed to its members.",
    )
    needs_go: bool = Field(default=False, description="Whether somebody has to say go before the next ring.")
    max_failed_percent: int = Field(default=100, ge=0, le=100, description="With more failures the next ring waits.")

    def to_ring(self) -> model.Ring:
        return model.Ring(
            self.name, self.after, tuple(self.node_ids), self.hold, self.needs_go, self.max_failed_percent
        )


class Recurrence(Asked):
    """Start again every day or month at the same time in Shanghai, the last time at ``until`` or before."""

    every: model.Every
    until: Moment

    def to_recurrence(self) -> model.Recurrence:
        return model.Recurrence(self.every, self.until)


class CampaignRequest(Asked):
    """What somebody wants sent. Durations are ISO 8601 (``PT24H``)."""

    name: str = Field(min_length=1, max_length=64)
    node_id: str = Field(default="", max_length=64, description="Whose customers; empty: the caller's own node.")
    channel: Channel
    target_kpi: str = Field(default="", max_length=32, description="The figure it is to move; required (S1).")
    purpose: Purpose = Field(default=Purpose.PROMOTION, description="What it is for; ``activation`` names a segment.")
    activity_id: str = Field(min_length=1, max_length=64)
    content_version: int = Field(ge=1, le=99_999_999)
    segment_id: str = Field(min_length=1, max_length=64)
    rings: list[Ring] = Field(default_factory=lambda: [Ring(name="all")], min_length=1, max_length=20)
    blast_radius: int | None = Field(default=None, description="The most customers a ring may reach; null: no limit.")
    holdout_percent: int = Field(default=0, description="Customers kept back to measure the effect.")
    priority: int = Field(default=5, ge=0, le=9, description="Larger comes first when the weekly cap binds.")
    deadline: timedelta = Field(default=timedelta(hours=24), description="How long a member may take to confirm.")
    least_need: int = Field(default=0, description="Only customers whose need of the content is as pressing; 0: all.")
    recurrence: Recurrence | None = None
    impact_assessment_id: str = Field(
        default="",
        max_length=64,
        description="The bank's impact assessment; required where the segment chooses by sensitive facts (R4).",
    )

    def to_definition(self, node_id: str) -> model.CampaignDefinition:
        return model.CampaignDefinition(
            name=self.name,
            node_id=node_id,
            channel=self.channel,
            target_kpi=self.target_kpi,
            content=ContentRef(self.activity_id, self.content_version),
            segment_id=self.segment_id,
            rings=tuple(ring.to_ring() for ring in self.rings),
            blast_radius=self.blast_radius,
            holdout_percent=self.holdout_percent,
            priority=self.priority,
            deadline=self.deadline,
            least_need=self.least_need,
            recurrence=self.recurrence.to_recurrence() if self.recurrence else None,
            impact_assessment_id=self.impact_assessment_id,
            purpose=self.purpose,
        )


class CampaignEdit(Asked):
    """Another definition over the version that was read."""

    version: int = Field(ge=1)
    campaign: CampaignRequest


class ApprovalRequest(Asked):
    snapshot_id: str = Field(max_length=64, description="The audience that you saw.")


class RejectionRequest(Asked):
    snapshot_id: str = Field(
        default="", max_length=64, description="The audience that you saw; empty to take an approval back."
    )
    reason: Reason


class ScheduleRequest(Asked):
    starts_at: Moment


class ReasonRequest(Asked):
    reason: Reason


class NoBody(Asked):
    """Nothing has to be said."""


class TestSendRequest(Asked):
    """Customers who are the bank's own people; each gets it from the member who answers for him."""

    external_userids: list[ExternalUserid] = Field(min_length=1, max_length=100)


class TestSend(Reply):
    """``campaign_id`` names the test: its tasks and results are read like any campaign's."""

    campaign_id: str
    customers: int


class Audience(Reply):
    """``customers`` remain of ``candidates``; ``sample`` shows some of them."""

    snapshot_id: str
    candidates: int
    customers: int
    owners: int
    excluded: dict[str, int]
    sample: list[str]


class Submission(Reply):
    by: str
    at: Timestamp
    audience: Audience


class Review(Reply):
    by: str
    at: Timestamp
    snapshot_id: str
    approved: bool
    reason: str


class Content(Reply):
    activity_id: str
    version: int
    content_hash: str


class Definition(Reply):
    name: str
    node_id: str
    channel: Channel
    target_kpi: str
    content: Content
    segment_id: str
    rings: list[Ring]
    blast_radius: int | None
    holdout_percent: int
    priority: int
    deadline: timedelta
    least_need: int
    recurrence: Recurrence | None
    impact_assessment_id: str
    purpose: Purpose


class Share(Reply):
    slices: int
    customers: int


class RingProgress(Reply):
    """How far a ring is; ``share`` fell to it when the campaign started."""

    name: str
    state: RingState
    share: Share
    planned_at: Timestamp | None
    handed_over_at: Timestamp | None
    go_by: str


class Campaign(Reply):
    """``is_freezing``: the audience is being frozen; read it again. ``outside`` are customers in no ring."""

    campaign_id: str
    state: CampaignState
    definition: Definition
    made_by: str
    made_at: Timestamp
    is_freezing: bool
    submission: Submission | None
    review: Review | None
    starts_at: Timestamp | None
    rings: list[RingProgress]
    outside: Share
    reason: str
    ended_at: Timestamp | None
    series_id: str
    test_of: str
    version: int

    @classmethod
    def of(cls, found: model.Campaign) -> Self:
        shown = {name: getattr(found, name) for name in cls.model_fields if name != "is_freezing"}
        return cls.model_validate({**shown, "is_freezing": found.freezing is not None})


class CampaignPage(Page):
    items: list[Campaign]


class Task(Reply):
    """What one member is to send. ``counts``: his customers by state."""

    task_id: str
    owner_userid: str
    ring: str
    state: TaskState
    counts: dict[str, int]
    not_before: Timestamp | None


class TaskPage(Page):
    items: list[Task]


class Need(Reply):
    """Why a customer gets it: the bank's rule, how pressing the need is, and the rule's words."""

    rule_id: str
    score: int
    reason: str


class Recipient(Reply):
    """One customer or group chat. ``by``: the member who sent, or is to send. Sent is never called read."""

    target_id: str
    task_id: str
    by: str
    state: RecipientState
    at: Timestamp | None
    reason: str
    need: Need | None


class RecipientPage(Page):
    items: list[Recipient]


class CampaignResults(Reply):
    """What became of everybody. ``audience`` = ``not_planned`` + ``pending`` + the sum of ``by_state``.

    ``excluded`` splits the excluded ones by reason. ``reached_hour`` and ``reached_day`` count customers whose member
    confirmed within an hour and a day. ``tasks_left`` are tasks that are to be created or can still be confirmed,
    ``tasks_confirmable`` the latter alone, ``tasks_deferred`` those that wait for another week. ``likes`` and
    ``comments`` are customers' reactions to Moments.
    """

    campaign_id: str
    state: CampaignState
    audience: int
    not_planned: int
    pending: int
    by_state: dict[str, int]
    excluded: dict[str, int]
    reached_hour: int
    reached_day: int
    tasks_open: int
    tasks_deferred: int
    tasks_left: int
    tasks_confirmable: int
    tasks: int
    likes: int
    comments: int

    @classmethod
    def of(cls, campaign: model.Campaign, found: Found) -> Self:
        shares = [ring.share.customers for ring in campaign.rings]
        audience = max(sum(shares) + campaign.outside.customers, found.tally.planned)
        return cls._of(campaign, found, audience)

    @classmethod
    def planned(cls, campaign: model.Campaign, found: Found) -> Self:
        """As far as it has been planned: how many of the others fall to a node is known then."""
        return cls._of(campaign, found, found.tally.planned)

    @classmethod
    def _of(cls, campaign: model.Campaign, found: Found, audience: int) -> Self:
        tally = found.tally
        return cls(
            campaign_id=campaign.campaign_id,
            state=campaign.state,
            audience=audience,
            not_planned=audience - tally.planned,
            pending=tally.pending,
            by_state=dict(tally.by_state),
            excluded=dict(found.excluded),
            reached_hour=found.reached_hour,
            reached_day=found.reached_day,
            tasks_open=tally.tasks_open,
            tasks_deferred=tally.deferred,
            tasks_left=tally.tasks_left,
            tasks_confirmable=tally.tasks_confirmable,
            tasks=found.tasks,
            likes=found.likes,
            comments=found.comments,
        )


class Exposure(Reply):
    """One campaign and this customer."""

    campaign_id: str
    task_id: str
    channel: Channel
    content: Content
    by: str
    state: RecipientState
    at: Timestamp | None
    reason: str
    need: Need | None


class Exposures(Reply):
    """Newest first."""

    external_userid: str
    items: list[Exposure]
