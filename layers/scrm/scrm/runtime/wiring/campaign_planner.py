"""Joins the planning of campaigns to its tables, its documents and its queues."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from scrm import clock
from scrm.audit.log import AuditLog
from scrm.aws import session
from scrm.aws.audience_table import DynamoDossiers
from scrm.aws.audit_table import DynamoAuditStore
from scrm.aws.campaign_table import DynamoSliceStore
from scrm.aws.content_table import DynamoContents
from scrm.aws.dispatch_queue import SqsSendQueue
from scrm.aws.list_documents import BucketLists
from scrm.aws.org_table import DynamoOrgRepository
from scrm.aws.planning_queue import SqsPlanningQueue
from scrm.aws.segment_table import DynamoSegments
from scrm.aws.snapshot_documents import BucketSnapshots
from scrm.campaign.exclusions import Exclusions
from scrm.campaign.model import Campaign
from scrm.campaign.planning import CampaignRun
from scrm.campaign.slices import SlicePlanning, SliceResult
from scrm.campaign.stopping import TaskTallies
from scrm.runtime.campaign_joins import AuditedCampaigns, LibraryVersions
from scrm.runtime.environment import required
from scrm.runtime.needs_joins import RuledNeeds
from scrm.runtime.owned_audience import OwnedAudience
from scrm.runtime.segment_targets import FactsAndTags, SegmentTargets
from scrm.runtime.wiring import campaign_settings, campaign_store, needs, send_checks, send_tasks
from scrm.runtime.wiring.contacts import contacts
from scrm.runtime.wiring.tables import bucket, queue, table

# What is left of a run for the last part of an audience, or the last owner of a slice, and for what follows it.
_RESERVE_MS: Final = 45_000


@dataclass(frozen=True, slots=True)
class Planner:
    """The planner's use cases, as of now."""

    run: CampaignRun
    slices: SlicePlanning

    def look(self, campaign_id: str) -> Campaign | None:
        return self.run.look(campaign_id, clock.now())

    def plan(self, campaign_id: str, ring: str, number: int, first: int) -> SliceResult:
        return self.slices.plan(campaign_id, ring, number, first, clock.now())

    def stop_content(self, activity_id: str, version: int) -> int:
        return self.run.stop_content(activity_id, version, clock.now())

    def recheck_product(self, product_id: str) -> int:
        return self.run.recheck_product(product_id)

    def request_due(self) -> int:
        return self.run.request_due(clock.now())


class Invocation:
    """How long the present one may still run; the handler says so at its begin."""

    def __init__(self) -> None:
        self._remaining_ms: Callable[[], int] = lambda: 0

    def begins(self, remaining_ms: Callable[[], int]) -> None:
        self._remaining_ms = remaining_ms

    def has_time(self) -> bool:
        return self._remaining_ms() > _RESERVE_MS


invocation: Final = Invocation()


def planner() -> Planner:
    """For one message or tick."""
    run = CampaignRun(
        store=campaign_store.campaigns(),
        journal=_journal(),
        contents=LibraryVersions(send_checks.content_gate()),
        audiences=_audiences(),
        tallies=TaskTallies(send_tasks.tasks()),
        slices=_slices(),
        queue=_queue(),
        settings=campaign_settings.campaigns(),
        has_time=invocation.has_time,
    )
    slices = SlicePlanning(
        store=campaign_store.campaigns(),
        slices=_slices(),
        audiences=_audiences(),
        exclusions=_exclusions(),
        tasks=send_tasks.tasks(),
        ledger=send_checks.places(),
        dispatch=SqsSendQueue(queue("CAMPAIGN_QUEUE_URL")),
        queue=_queue(),
        has_time=invocation.has_time,
    )
    return Planner(run, slices)


@functools.cache
def _slices() -> DynamoSliceStore:
    return DynamoSliceStore(table("CAMPAIGN_TABLE"))


@functools.cache
def _queue() -> SqsPlanningQueue:
    return SqsPlanningQueue(queue("CAMPAIGN_PLANNER_QUEUE_URL"), queue("CAMPAIGN_QUEUE_URL"))


@functools.cache
def _journal() -> AuditedCampaigns:
    return AuditedCampaigns(AuditLog(DynamoAuditStore(required("AUDIT_TABLE"), session.client("dynamodb"))))


@functools.cache
def _exclusions() -> Exclusions:
    checks = send_checks.checks()
    known = FactsAndTags(send_checks.facts(), contacts())
    needed = RuledNeeds(DynamoContents(table("CONTENT_TABLE")), known, needs.rules)
    return Exclusions(checks.contents, checks.permissions, checks.rules, needed)


@functools.cache
def _audiences() -> OwnedAudience:
    org = DynamoOrgRepository(table("ORG_TABLE"))
    segments = DynamoSegments(table("AUDIENCE_TABLE"))
    documents, notes = bucket("DATA_BUCKET"), DynamoDossiers(table("AUDIENCE_TABLE"))
    known = FactsAndTags(send_checks.facts(), contacts())
    targets = SegmentTargets(segments, known, BucketLists(documents), contacts())
    return OwnedAudience(org, contacts(), _exclusions(), BucketSnapshots(documents), targets, notes)


def reset() -> None:
    """Forget every built object; for tests."""
    for factory in (_slices, _queue, _journal, _exclusions, _audiences):
        factory.cache_clear()
    campaign_settings.reset()
    campaign_store.reset()
    contacts.cache_clear()
    needs.reset()
