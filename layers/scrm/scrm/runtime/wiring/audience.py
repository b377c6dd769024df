"""Joins segments and previews to their tables: loaded by the first request about an audience."""

from collections.abc import Iterator
from dataclasses import dataclass

from scrm.audience.expressions import Expression
from scrm.audience.intake import FactsReader
from scrm.audience.preview import AudiencePreview, Preview
from scrm.audience.rules import Offer
from scrm.audience.segments import Segments
from scrm.audit.log import AuditLog
from scrm.aws.audience_table import DynamoDossiers
from scrm.aws.contact_table import DynamoContactRepository
from scrm.aws.documents import DocumentStore
from scrm.aws.heard_needs import DynamoHeardNeeds
from scrm.aws.list_documents import BucketLists
from scrm.aws.org_table import DynamoOrgRepository
from scrm.aws.segment_table import AuditedSegments, DynamoSegments
from scrm.aws.table import Table
from scrm.clock import now
from scrm.consent.consents import Consents
from scrm.runtime.members_below import members_below
from scrm.runtime.segment_targets import AskedCustomers
from scrm.runtime.wiring import audience_settings


@dataclass(frozen=True, slots=True)
class AudienceTables:
    """What previews read."""

    audience: Table
    contacts: Table
    org: Table


@dataclass(frozen=True, slots=True)
class AdminAudience:
    """What operators do with audiences."""

    tables: AudienceTables
    consents: Consents
    log: AuditLog
    bucket: DocumentStore

    @property
    def lists(self) -> BucketLists:
        return BucketLists(self.bucket)

    @property
    def segments(self) -> Segments:
        return Segments(DynamoSegments(self.tables.audience), AuditedSegments(self.log), self.lists)

    def preview(self, wanted: Expression | frozenset[str], node_path: str, offer: Offer) -> Preview:
        """As of this moment, with the settings in force."""
        facts, contacts = FactsReader(DynamoDossiers(self.tables.audience)), self.tables.contacts
        customers = AskedCustomers(
            facts, DynamoContactRepository(contacts), DynamoHeardNeeds(self.tables.audience, now), self.consents
        )
        rules = audience_settings.rules()
        return AudiencePreview(customers).of(wanted, self._members(node_path), offer, rules, now())

    def _members(self, node_path: str) -> Iterator[str]:
        for _, member in members_below(DynamoOrgRepository(self.tables.org), node_path):
            if member.can_take_over:
                yield member.userid
