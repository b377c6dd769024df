"""What the operators' API joins of content, audience and campaigns, over memory."""

from typing import Any

from scrm import clock
from scrm.audience.expressions import Expression
from scrm.audience.preview import AudiencePreview, Preview
from scrm.audience.rules import Offer, RuleSettings
from scrm.audience.segments import Segments
from scrm.audit.log import AuditLog
from scrm.aws.segment_table import AuditedSegments
from scrm.campaign.exposure import Exposure, ExposureHistory
from scrm.campaign.results import CampaignResults
from scrm.campaign.stopping import TaskTallies
from scrm.content.media import MediaDesk
from scrm.node_paths import covers
from scrm.org.model import Member
from tests.fakes.audience import NOW, FakeKnown, FakeLists, FakeSegments
from tests.fakes.campaigns import Bank, MemoryResults, MemoryShared
from tests.fakes.contacts import Contacts
from tests.fakes.content import Library
from tests.fakes.org import FakeOrg


class ContentOverMemory:
    """Has what `scrm.runtime.wiring.content.AdminContent` has."""

    def __init__(self, library: Library, media: MediaDesk) -> None:
        self._library = library
        self.media = media

    def __getattr__(self, name: str) -> Any:
        return getattr(self._library, name)


class AudienceOverMemory:
    """Has what `scrm.runtime.wiring.audience.AdminAudience` has."""

    def __init__(self, store: FakeSegments, known: FakeKnown, people: FakeOrg, log: AuditLog, lists: FakeLists) -> None:
        self.segments = Segments(store, AuditedSegments(log), lists)
        self.lists = lists
        self._known = known
        self._people = people

    def preview(self, wanted: Expression | frozenset[str], node_path: str, offer: Offer) -> Preview:
        people = (one for one in self._people.rows.values() if isinstance(one, Member))
        members = sorted(one.userid for one in people if covers(node_path, one.node_path))
        return AudiencePreview(self._known).of(wanted, members, offer, RuleSettings(), NOW)


class CampaignsOverMemory:
    """Has what `scrm.runtime.wiring.campaigns.AdminCampaigns` has."""

    def __init__(self, bank: Bank, contacts: Contacts) -> None:
        self._bank = bank
        self._contacts = contacts
        self.store = bank.campaigns
        self.desk = bank.desk
        self.tallies = TaskTallies(bank.tasks, clock.now)
        self.results = MemoryResults(bank.tasks)

    def shared(self, node_path: str) -> MemoryShared:
        return MemoryShared(self._bank.tasks, node_path)

    def shared_sums(self, node_path: str, campaign_id: str) -> CampaignResults:
        return TaskTallies(self.shared(node_path), clock.now).results(campaign_id)

    def exposures_of(self, external_userid: str) -> list[Exposure]:
        owner = self._contacts.customer(external_userid).owner_userid
        return ExposureHistory(self._bank.tasks).of(external_userid, [owner])
