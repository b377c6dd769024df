"""Campaigns and what they meet, in memory, with the promises of the tables."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from scrm import ids
from scrm.campaign.campaign_ports import CampaignJournal, Gates, OwnerPart, OwnerShare, SendableContent
from scrm.campaign.desk import CampaignDesk
from scrm.campaign.model import Audience, Campaign, CampaignDefinition, Ring, Tally
from scrm.campaign.planning import CampaignRun
from scrm.campaign.ports import TaskSummary
from scrm.campaign.refusals import CampaignRefusedError, StaleCampaignError
from scrm.campaign.results import RecipientRow, rows_of
from scrm.campaign.settings import CampaignSettings
from scrm.campaign.terms import CampaignState, Channel, ContentRef, Purpose
from scrm.campaign.trial import TrialSends
from scrm.node_paths import covers
from scrm.paging import Page
from tests.fakes.dispatch import FakeDispatchQueue, FakeOwners, FakeTasks

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
BRANCH, BRANCH_PATH = "10", "/1/10/"
MAKER, CHECKER = "operator:maker", "operator:checker"


class MemoryCampaigns:
    """Implements CampaignStore, CampaignJournal and CampaignStates."""

    def __init__(self) -> None:
        self.by_id: dict[str, Campaign] = {}
        self.journal: list[tuple[str, str, str]] = []

    def find(self, campaign_id: str) -> Campaign | None:
        return self.by_id.get(campaign_id)

    def state_of(self, campaign_id: str) -> CampaignState | None:
        found = self.find(campaign_id)
        return found.state if found else None

    def save(self, campaign: Campaign) -> Campaign:
        known = self.by_id.get(campaign.campaign_id)
        if (known.version if known else 0) != campaign.version:
            raise StaleCampaignError(campaign.campaign_id)
        saved = self.by_id[campaign.campaign_id] = replace(campaign, version=campaign.version + 1)
        return saved

    def list(
        self,
        node_path: str,
        state: CampaignState | None,
        cursor: str | None,
        limit: int,
        purpose: Purpose | None = None,
    ) -> Page[Campaign]:
        found = [
            each
            for each in self.by_id.values()
            if covers(node_path, each.node_path) and state in {None, each.state} and not each.test_of
            if purpose in {None, each.definition.purpose}
        ]
        return Page(tuple(sorted(found, key=lambda each: each.made_at, reverse=True)[:limit]))

    def above(self, node_path: str, cursor: str | None, limit: int) -> Page[Campaign]:
        found = [
            each
            for each in self.by_id.values()
            if each.has_begun and not each.test_of and each.node_path != node_path and covers(each.node_path, node_path)
        ]
        found.sort(key=lambda each: (-len(each.node_path), each.made_at), reverse=True)
        return Page(tuple(found[:limit]))

    def due(self, until: datetime) -> Iterator[str]:
        yield from [each.campaign_id for each in self.by_id.values() if each.due_at and each.due_at <= until]

    def next_due(self) -> datetime | None:
        return min((each.due_at for each in self.by_id.values() if each.due_at), default=None)

    def told(self, campaign: Campaign, action: str, actor: str, at: datetime) -> None:
        entry = (campaign.campaign_id, action, actor)
        self.journal.append(entry)


@dataclass
class FakeContents:
    """One activity, sendable through every channel of ``channels`` until ``valid_until``."""

    channels: frozenset[Channel] = frozenset({Channel.ONE_TO_ONE, Channel.RM_TASK})
    valid_until: datetime = NOW + timedelta(days=30)
    node_path: str = "/1/"
    refusal: str = ""
    recalled: bool = False
    product_id: str = ""
    scope_node_ids: tuple[str, ...] = ()

    def is_recalled(self, ref: ContentRef) -> bool:
        return self.recalled

    def product_of(self, ref: ContentRef) -> str:
        return self.product_id

    def sendable(self, ref: ContentRef, channel: Channel, at: datetime) -> SendableContent:
        if self.refusal:
            raise CampaignRefusedError(self.refusal)
        if channel not in self.channels:
            raise CampaignRefusedError("The content has no variant for this channel.")
        if at >= self.valid_until:
            raise CampaignRefusedError("The content has expired.")
        pinned = replace(ref, content_hash="hash-1")
        return SendableContent(pinned, self.node_path, "aum", self.valid_until, self.scope_node_ids)


@dataclass
class FakeAudiences:
    """``members``: customers by owner, as they are now; ``paths``: where the owners stand.

    Two owners are a part. ``runs``: how many runs a snapshot takes.
    """

    members: dict[str, list[str]] = field(default_factory=dict)
    paths: dict[str, str] = field(default_factory=dict)
    frozen: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    needs: dict[str, tuple[tuple[int, int], ...]] = field(default_factory=dict)
    runs: int = 1

    def freeze(self, campaign: Campaign, at: datetime, has_time: Callable[[], bool]) -> Audience | None:
        if self.runs > 1:
            self.runs -= 1
            return None
        snapshot_id = ids.derive("snap", campaign.campaign_id, at.isoformat())
        if snapshot_id not in self.frozen:
            self.frozen[snapshot_id] = {owner: list(customers) for owner, customers in self.members.items()}
        total = sum(map(len, self.members.values()))
        sample = tuple(customer for customers in self.members.values() for customer in customers)[:3]
        return Audience(snapshot_id, total, total, len(self.members), {}, sample)

    def moved_percent(self, before: str, after: str) -> int:
        first, second = self._all(before), self._all(after)
        return -(-100 * len(first ^ second) // max(len(first), 1))

    def owners(self, snapshot_id: str) -> Iterator[OwnerPart]:
        for place, (owner, customers) in enumerate(sorted(self.frozen[snapshot_id].items())):
            yield OwnerPart(owner, self.paths.get(owner, ""), len(customers), place // 2, self.needs.get(owner, ()))

    def customers(self, snapshot_id: str, part: int, userids: Iterable[str]) -> dict[str, tuple[str, ...]]:
        of_part = sorted(self.frozen[snapshot_id])[part * 2 : part * 2 + 2]
        return {userid: tuple(self.frozen[snapshot_id][userid]) for userid in userids if userid in of_part}

    def _all(self, snapshot_id: str) -> set[str]:
        return {customer for customers in self.frozen[snapshot_id].values() for customer in customers}


@dataclass
class FakeTallies:
    """By campaign and ring; the whole campaign under the empty ring."""

    found: dict[tuple[str, str], Tally] = field(default_factory=dict)
    everybody: int = 60

    def of(self, campaign_id: str, ring: str = "") -> Tally:
        return self.found.get((campaign_id, ring), Tally(planned=self.everybody))


@dataclass
class MemorySlices:
    """Implements SliceStore; ``planned`` is open to the test, which plays the planner's queue."""

    written: dict[tuple[str, str, int], list[OwnerShare]] = field(default_factory=dict)
    planned: set[tuple[str, str, int]] = field(default_factory=set)

    def put(self, campaign_id: str, ring: str, number: int, owners: Iterable[OwnerShare]) -> None:
        self.written[campaign_id, ring, number] = list(owners)

    def owners(self, campaign_id: str, ring: str, number: int) -> list[OwnerShare]:
        return self.written[campaign_id, ring, number]

    def mark_planned(self, campaign_id: str, ring: str, number: int) -> None:
        self.planned.add((campaign_id, ring, number))

    def unplanned(self, campaign_id: str, ring: str, slices: int) -> list[int]:
        return [number for number in range(slices) if (campaign_id, ring, number) not in self.planned]


@dataclass
class FakePlanningQueue:
    """``sent_on``: slices that go on from a later owner."""

    slices: list[tuple[str, str, tuple[int, ...]]] = field(default_factory=list)
    sent_on: list[tuple[str, str, int, int]] = field(default_factory=list)
    looks: list[tuple[str, datetime]] = field(default_factory=list)
    cancellations: list[str] = field(default_factory=list)
    rechecks: list[str] = field(default_factory=list)
    stops: int = 0
    recalled_contents: list[tuple[str, int]] = field(default_factory=list)

    def content_recalled(self, activity_id: str, version: int) -> None:
        self.recalled_contents.append((activity_id, version))

    def request_slices(self, campaign_id: str, ring: str, slices: Sequence[int], first: int = 0) -> None:
        if first:
            self.sent_on += [(campaign_id, ring, number, first) for number in slices]
        elif slices:
            self.slices.append((campaign_id, ring, tuple(slices)))

    def request_look(self, campaign_id: str, not_before: datetime) -> None:
        self.looks.append((campaign_id, not_before))

    def request_cancellation(self, campaign_id: str) -> None:
        self.cancellations.append(campaign_id)

    def sending_stopped(self) -> None:
        self.stops += 1

    def request_recheck(self, campaign_id: str) -> None:
        self.rechecks.append(campaign_id)


class FakeSegments:
    """Implements Segments: there is one."""

    def check(self, definition: CampaignDefinition) -> None:
        if definition.segment_id != "seg_1":
            raise CampaignRefusedError("There is no such segment.")


@dataclass
class FakeGates:
    """Implements Gates: every KPI is open but those that are named."""

    locked: set[str] = field(default_factory=set)

    def check(self, campaign: Campaign, now: datetime) -> None:
        if campaign.definition.target_kpi in self.locked:
            raise CampaignRefusedError(f"{campaign.definition.target_kpi} is locked at this node.")


@dataclass
class MemoryResults:
    """Implements ResultPages; a page has everything."""

    sends: FakeTasks

    def tasks(self, campaign_id: str, cursor: str | None, limit: int) -> Page[TaskSummary]:
        return Page(tuple(self.sends.of_campaign(campaign_id)))

    def recipients(self, campaign_id: str, cursor: str | None, limit: int) -> Page[RecipientRow]:
        found = [task for task in self.sends.by_id.values() if task.campaign_id == campaign_id]
        return Page(tuple(row for task in found for row in rows_of(task)))


@dataclass
class MemoryShared:
    """Implements ResultPages and CampaignTasks of one node; a page has everything."""

    sends: FakeTasks
    node_path: str

    def of_campaign(self, campaign_id: str, part: int | None = None) -> Iterator[TaskSummary]:
        yield from (one for one in self.sends.of_campaign(campaign_id, part) if covers(self.node_path, one.node_path))

    def tasks(self, campaign_id: str, cursor: str | None, limit: int) -> Page[TaskSummary]:
        return Page(tuple(self.of_campaign(campaign_id)))

    def recipients(self, campaign_id: str, cursor: str | None, limit: int) -> Page[RecipientRow]:
        found = [self.sends.by_id[one.task_id] for one in self.of_campaign(campaign_id)]
        return Page(tuple(row for task in found for row in rows_of(task)))


@dataclass
class Bank:
    """A bank with two teams of one branch, three members and ten customers each."""

    settings: CampaignSettings = field(default_factory=lambda: CampaignSettings(owners_per_slice=2))
    campaigns: MemoryCampaigns = field(default_factory=MemoryCampaigns)
    contents: FakeContents = field(default_factory=FakeContents)
    audiences: FakeAudiences = field(default_factory=FakeAudiences)
    tallies: FakeTallies = field(default_factory=FakeTallies)
    slices: MemorySlices = field(default_factory=MemorySlices)
    queue: FakePlanningQueue = field(default_factory=FakePlanningQueue)
    tasks: FakeTasks = field(default_factory=FakeTasks)
    owners: FakeOwners = field(default_factory=FakeOwners)
    dispatch: FakeDispatchQueue = field(default_factory=FakeDispatchQueue)
    gates: Gates = field(default_factory=FakeGates)
    log: CampaignJournal | None = None

    def __post_init__(self) -> None:
        for team in ("11", "12"):
            for member in range(3):
                userid = f"rm_{team}_{member}"
                self.audiences.members[userid] = [f"wm_{userid}_{number}" for number in range(10)]
                self.audiences.paths[userid] = f"/1/10/{team}/"

    @property
    def desk(self) -> CampaignDesk:
        return CampaignDesk(
            self.campaigns,
            self.log or self.campaigns,
            self.contents,
            FakeSegments(),
            self.gates,
            self.queue,
            self.tallies,
            TrialSends(self.campaigns, self.tasks, self.owners, self.dispatch),
            self.settings,
        )

    @property
    def run(self) -> CampaignRun:
        return CampaignRun(
            self.campaigns,
            self.log or self.campaigns,
            self.contents,
            self.audiences,
            self.tallies,
            self.slices,
            self.queue,
            self.settings,
            lambda: True,
        )

    def latest(self, campaign: Campaign) -> Campaign:
        return self.campaigns.by_id[campaign.campaign_id]

    def drafted(self, wanted: CampaignDefinition | None = None) -> Campaign:
        return self.desk.create(wanted or definition(), BRANCH_PATH, MAKER, "key-1", NOW)

    def submitted(self, campaign: Campaign | None = None, by: str = MAKER) -> Campaign:
        """Submitted, and its audience frozen by the planner."""
        asked = self.desk.submit((campaign or self.drafted()).campaign_id, by, NOW)
        self.run.look(asked.campaign_id, NOW)
        return self.latest(asked)

    def approved(self, wanted: CampaignDefinition | None = None) -> Campaign:
        campaign = self.submitted(self.drafted(wanted))
        assert campaign.submission is not None
        return self.desk.approve(campaign.campaign_id, campaign.submission.audience.snapshot_id, CHECKER, NOW)

    def scheduled(self, wanted: CampaignDefinition | None = None) -> Campaign:
        campaign = self.approved(wanted)
        return self.desk.schedule(campaign.campaign_id, NOW + timedelta(hours=1), MAKER, NOW)

    def plan_all(self, campaign: Campaign) -> None:
        """Play the planner's queue: every slice that was asked for is planned."""
        for campaign_id, ring, numbers in self.queue.slices:
            if campaign_id == campaign.campaign_id:
                self.slices.planned |= {(campaign_id, ring, number) for number in numbers}


def definition(**changes: object) -> CampaignDefinition:
    """A 1v1 campaign of the branch for its whole staff."""
    made = CampaignDefinition(
        name="十一月产品提升",
        node_id=BRANCH,
        channel=Channel.ONE_TO_ONE,
        target_kpi="product_holding",
        content=ContentRef("act_1", 1),
        segment_id="seg_1",
    )
    return replace(made, **changes)  # type: ignore[arg-type]


PILOT_THEN_REST = (
    Ring("pilot", node_ids=("11",), hold=timedelta(hours=24), max_failed_percent=10),
    Ring("rest", after="pilot"),
)
