"""Joins frozen audiences and whom they leave out to the organisation, contacts, facts and the data bucket."""

import functools

from scrm.aws.audience_table import DynamoDossiers
from scrm.aws.content_table import DynamoContents
from scrm.aws.list_documents import BucketLists
from scrm.aws.org_table import DynamoOrgRepository
from scrm.aws.segment_table import DynamoSegments
from scrm.aws.snapshot_documents import BucketSnapshots
from scrm.campaign.exclusions import Exclusions
from scrm.runtime.needs_joins import RuledNeeds
from scrm.runtime.owned_audience import OwnedAudience
from scrm.runtime.segment_targets import FactsAndTags, SegmentTargets
from scrm.runtime.wiring import needs, send_checks
from scrm.runtime.wiring.contacts import contacts
from scrm.runtime.wiring.tables import bucket, table


@functools.cache
def exclusions() -> Exclusions:
    checks = send_checks.checks()
    known = FactsAndTags(send_checks.facts(), contacts(), needs.heard_needs())
    needed = RuledNeeds(DynamoContents(table("CONTENT_TABLE")), known, needs.rules)
    return Exclusions(checks.contents, checks.permissions, checks.rules, needed)


@functools.cache
def audiences() -> OwnedAudience:
    org = DynamoOrgRepository(table("ORG_TABLE"))
    segments = DynamoSegments(table("AUDIENCE_TABLE"))
    documents, notes = bucket("DATA_BUCKET"), DynamoDossiers(table("AUDIENCE_TABLE"))
    known = FactsAndTags(send_checks.facts(), contacts(), needs.heard_needs())
    targets = SegmentTargets(segments, known, BucketLists(documents), contacts())
    return OwnedAudience(org, contacts(), exclusions(), BucketSnapshots(documents), targets, notes)


def reset() -> None:
    """Forget every built object; for tests."""
    for factory in (exclusions, audiences, contacts):
        factory.cache_clear()
    needs.reset()
