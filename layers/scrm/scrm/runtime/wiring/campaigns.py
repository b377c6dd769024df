"""Joins what operators do with campaigns: loaded by the first request about campaigns."""

from dataclasses import dataclass

from scrm.audit.log import AuditLog
from scrm.aws.campaign_results import DynamoCampaignResults
from scrm.aws.campaign_table import DynamoCampaignStore
from scrm.aws.contact_table import DynamoContactRepository
from scrm.aws.dispatch_queue import SqsSendQueue
from scrm.aws.org_table import DynamoOrgRepository
from scrm.aws.planning_queue import SqsPlanningQueue
from scrm.aws.segment_table import DynamoSegments
from scrm.aws.send_task_table import DynamoTaskRepository
from scrm.aws.shared_results import DynamoSharedResults
from scrm.campaign.desk import CampaignDesk
from scrm.campaign.exposure import Exposure, ExposureHistory
from scrm.campaign.results import CampaignResults, ResultPages
from scrm.campaign.stopping import TaskTallies
from scrm.campaign.trial import TrialSends
from scrm.runtime.campaign_joins import AuditedCampaigns, LibraryVersions
from scrm.runtime.gate_joins import PlannedGates
from scrm.runtime.known_segments import KnownSegments
from scrm.runtime.member_places import MemberPlaces
from scrm.runtime.wiring import campaign_settings, campaign_store, send_checks, send_tasks
from scrm.runtime.wiring import targets as target_wiring
from scrm.runtime.wiring.contacts import contacts
from scrm.runtime.wiring.content_gate import content_gate
from scrm.runtime.wiring.tables import queue, table


@dataclass(frozen=True, slots=True)
class AdminCampaigns:
    """What operators do with campaigns and read of them."""

    log: AuditLog

    @property
    def store(self) -> DynamoCampaignStore:
        return campaign_store.campaigns()

    @property
    def desk(self) -> CampaignDesk:
        """For one request, with the settings in force."""
        worker = queue("CAMPAIGN_QUEUE_URL")
        return CampaignDesk(
            store=self.store,
            journal=AuditedCampaigns(self.log),
            contents=LibraryVersions(content_gate()),
            segments=KnownSegments(DynamoSegments(table("AUDIENCE_TABLE"))),
            gates=PlannedGates(target_wiring.views(), target_wiring.gate_keeper()),
            queue=planning_queue(),
            tallies=self.tallies,
            test_sends=TrialSends(self.store, self._tasks, send_checks.owners(), SqsSendQueue(worker)),
            settings=campaign_settings.campaigns(),
        )

    @property
    def tallies(self) -> TaskTallies:
        return TaskTallies(self._tasks)

    @property
    def results(self) -> ResultPages:
        return DynamoCampaignResults(send_tasks.task_table())

    def shared(self, node_path: str) -> DynamoSharedResults:
        """What of campaigns falls to a node."""
        places = MemberPlaces(DynamoOrgRepository(table("ORG_TABLE")))
        return DynamoSharedResults(send_tasks.task_table(), node_path, places)

    def shared_sums(self, node_path: str, campaign_id: str) -> CampaignResults:
        return TaskTallies(self.shared(node_path)).results(campaign_id)

    def exposures_of(self, external_userid: str) -> list[Exposure]:
        """Over everybody who answered for the customer, or follows or followed him."""
        found = self._contacts.customers([external_userid]).get(external_userid)
        if found is None:
            return []
        claimed = [userid for claim in found.claims for userid in (claim.from_userid, claim.userid)]
        owners = {found.owner_userid, *found.followers, *claimed} - {""}
        return ExposureHistory(self._tasks).of(external_userid, sorted(owners))

    @property
    def _contacts(self) -> DynamoContactRepository:
        return contacts()

    @property
    def _tasks(self) -> DynamoTaskRepository:
        return send_tasks.tasks()


def planning_queue() -> SqsPlanningQueue:
    return SqsPlanningQueue(queue("CAMPAIGN_PLANNER_QUEUE_URL"), queue("CAMPAIGN_QUEUE_URL"))
