"""Builds requests as HTTP API hands them to admin_api, and sends them to the handler."""

import copy
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel

from functions.admin_api.handler import lambda_handler
from scrm import clock, ids
from scrm.archive.sweep import IntakeDesk
from scrm.audience.needs import Recommender
from scrm.audience.rules import RuleSettings
from scrm.audit.log import AuditLog
from scrm.audit.model import AuditEntry
from scrm.audit.reader import AuditReader
from scrm.aws.content_journal import AuditedContent
from scrm.aws.customer_journal import CustomerJournal
from scrm.aws.handover_journal import AuditedSettings
from scrm.aws.kpi_recounts import AuditedRecounts
from scrm.aws.lexicon_table import AuditedLexicons
from scrm.aws.pressure_journal import AuditedExceptions
from scrm.aws.tag_rule_table import AuditedTagRules
from scrm.aws.way_table import AuditedWays
from scrm.aws.welcome_journal import AuditedWelcome
from scrm.consent.consents import ConsentDesk
from scrm.consent.links import OptOutLinks
from scrm.handover.edges import Attempt, AttemptOutcome, ChunkKind, EdgeState, TransferApi
from scrm.handover.four_eyes import FourEyes
from scrm.handover.model import CaseState, ChangeKind, PlanReview, SignalRecord, SignalSource
from scrm.handover.ports import StaffMember
from scrm.handover.preview import EdgeCount, PlanPreview, TakerPreview
from scrm.handover.queries import CaseDetail, CaseSummary, EdgeRow, EdgeTotals
from scrm.handover.settings import HandoverSettings
from scrm.kpi.reading import FigureReader
from scrm.kpi.recounts import Recounts
from scrm.lexicon.replays import Replays
from scrm.lexicon.versions import Lexicons
from scrm.org.model import OrgNode
from scrm.org.nodes import NodeSettings
from scrm.org.rejections import Rejection
from scrm.pressure.exceptions import GovernedCaps, PressureExceptions, PressureRules
from scrm.pressure.ledger import PressureLedger
from scrm.review.desk import ReviewDesk, ReviewRules
from scrm.runtime.campaign_joins import AuditedCampaigns
from scrm.runtime.consent_joins import ContactPlaces
from scrm.runtime.cover_views import CoverViews
from scrm.runtime.http.answers import AnsweredOnce
from scrm.runtime.http.decisions import DecidedOnce
from scrm.runtime.http.syncs import Sync, SyncRequest
from scrm.runtime.kpi_joins import business_day, catalogue_of
from scrm.runtime.member_places import MemberPlaces
from scrm.runtime.needs_joins import LibraryOffers, rules_of
from scrm.runtime.pressure_joins import pressure_rules
from scrm.runtime.review_joins import AuditedReviews, review_rules
from scrm.runtime.seats_below import SeatsBelow
from scrm.runtime.tagging_joins import KeptTags
from scrm.runtime.task_joins import OrgTaskStaff
from scrm.runtime.ways_joins import OrgWayPlaces
from scrm.runtime.welcome_joins import LibraryGreetings
from scrm.runtime.when_asked import when_asked
from scrm.runtime.wiring import adds as adds_wiring
from scrm.runtime.wiring import admin_api as wiring
from scrm.runtime.wiring import bank_settings
from scrm.runtime.wiring import kpi_feeds as feeds_wiring
from scrm.runtime.wiring import kpi_recounts as recount_wiring
from scrm.settings.change import SettingsChange
from scrm.settings.handover import TOPIC, HandoverDocument
from scrm.settings.kpi import TOPIC as KPI
from scrm.settings.kpi import KpiDocument
from scrm.settings.needs import TOPIC as NEEDS
from scrm.settings.needs import NeedsDocument
from scrm.settings.pressure import PressureDocument
from scrm.settings.retention import TOPIC as RETENTION
from scrm.settings.retention import RetentionDocument
from scrm.settings.review import TOPIC as REVIEW
from scrm.settings.review import ReviewDocument
from scrm.tagging.desk import TagRuleDesk
from scrm.targets.figures import FigureBook
from scrm.tasks.queries import TaskLists
from scrm.tasks.work import TaskWork
from scrm.ways.desk import WayDesk
from scrm.welcome.rules import WelcomeDesk
from tests.fakes.adds import AddsOverMemory
from tests.fakes.admin_desks import AudienceOverMemory, CampaignsOverMemory, ContentOverMemory
from tests.fakes.answers import FakeAnswers
from tests.fakes.archive import AskedOf, FakeCertifiedDays, FakeOpenFiles, MemoryArchive
from tests.fakes.archive_desk import ComplianceDesk
from tests.fakes.audience import NOW, FakeKnown, FakeLists, FakeSegments
from tests.fakes.audit import FakeAuditStore
from tests.fakes.campaigns import Bank
from tests.fakes.consent import Answers
from tests.fakes.contacts import Contacts
from tests.fakes.content import Library
from tests.fakes.coverage import FakeCoverageStore
from tests.fakes.decisions import MemoryDecisions
from tests.fakes.feed_bank import FeedBank
from tests.fakes.handover import FakeCertificates
from tests.fakes.kpi import MeasuresByHand
from tests.fakes.lexicon import FakeLexicons, FakeRuleSync, MemoryReplays
from tests.fakes.media import Shelf
from tests.fakes.org import FakeOrg
from tests.fakes.orphans import FakeOrphans
from tests.fakes.pressure import FakeExceptions, FakePressureStore
from tests.fakes.queries import FakeCaseQueries, FakeContactQueries, FakeOrgQueries
from tests.fakes.review import FakeReviewCases
from tests.fakes.rollup import FakeRecounts
from tests.fakes.settings import MemorySettingsStore
from tests.fakes.tagging import FakeTagRules
from tests.fakes.targets import TargetsOverMemory
from tests.fakes.tasks import FakeTasks
from tests.fakes.uplift_reviews import UpliftOverMemory
from tests.fakes.ways import FakeWayNews, FakeWays
from tests.fakes.welcome import FakeWelcomeRules

EVENTS = Path(__file__).parents[1] / "events" / "admin_api"
ARCHIVE_EVENTS = EVENTS.parent / "archive_api"  # the same API, in a function of its own
AT = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
NODES = {
    node.node_id: node
    for node in (
        OrgNode("1", "总行", "/1/", "0"),
        OrgNode("10", "上海分行", "/1/10/", "1", "mgr_shanghai"),
        OrgNode("12", "浦东支行", "/1/10/12/", "10"),
        OrgNode("20", "杭州分行", "/1/20/", "1"),
        OrgNode("100", "深圳分行", "/1/100/", "1"),
    )
}
CHECKSUM = "0c" * 32
HEAD_OFFICE = {"sub": "op-head-office", "scrm_node": "1", "scrm_roles": "[head_office operator]"}
BRANCH_10 = {"sub": "op-branch-10", "scrm_node": "10", "scrm_roles": "[operator]"}
BRANCH_20 = {"sub": "op-branch-20", "scrm_node": "20", "scrm_roles": "[operator]"}


class Context:
    """What Powertools reads of a Lambda context."""

    function_name = "admin_api"
    memory_limit_in_mb = 1024
    invoked_function_arn = "arn:aws-cn:lambda:cn-north-1:123456789012:function:admin_api"
    aws_request_id = "8a1b2c3d-0000-4000-8000-000000000000"

    def get_remaining_time_in_millis(self) -> int:
        return 29_000


def lambda_context() -> LambdaContext:
    return cast(LambdaContext, Context())


def sample(name: str) -> dict[str, Any]:
    """One of ``events/admin_api`` or ``events/archive_api``."""
    (path,) = (folder / f"{name}.json" for folder in (EVENTS, ARCHIVE_EVENTS) if (folder / f"{name}.json").exists())
    event: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return event


class FakeSyncStarter:
    """Answers as if every key were new."""

    def start(self, subject: str, key: str, request: SyncRequest) -> Sync:
        return Sync(run_id=ids.derive("sync", subject, key), scope=request.scope, requested_at=clock.to_iso(AT))


@dataclass
class LinkedCertificates(FakeCertificates):
    """Links lead to ``base_url``, where a test may serve the documents."""

    base_url: str = "https://bucket.example.com"

    def link(self, key: str, file_name: str) -> str:
        return f"{self.base_url}/{key}"


@dataclass
class FakePreviews:
    """Shows the same plan of every case and of every member of the Shanghai branch."""

    def member(self, userid: str) -> StaffMember | None:
        return StaffMember(userid, "王伟", "10", "/1/10/", "上海分行", can_take_over=True, rejoined_at=None)

    def of_case(self, case_id: str, now: datetime) -> PlanPreview:
        return PlanPreview(
            case_id=case_id,
            handover_userid="rm_wang1",
            handover_name="王伟",
            node_path="/1/10/",
            is_stored=bool(case_id),
            state=CaseState.AWAITING_APPROVAL,
            needs_approval=True,
            plan_made_by="operator:op-hr",
            review=PlanReview("operator:op-1", AT, CHECKSUM, 260, approved=False, reason="too many for one"),
            start_at=AT,
            last_day=AT.date(),
            calls=4,
            days=2,
            checksum=CHECKSUM,
            takers=(TakerPreview("rm_li", "李娜", 240, 301, 7, {"named": 541}),),
            edges=(EdgeCount(ChunkKind.CUSTOMERS, EdgeState.INELIGIBLE, "half_added", 0, 20),),
        )

    def of_departure(
        self, member: StaffMember, successors: list[str], last_day: date | None, now: datetime
    ) -> PlanPreview:
        return self.of_case("", now)


@dataclass(frozen=True)
class Reply:
    status: int
    content_type: str
    body: Any

    @classmethod
    def of(cls, response: Mapping[str, Any]) -> "Reply":
        headers = {name.lower(): value for name, value in response["headers"].items()}
        return cls(response["statusCode"], headers["content-type"], json.loads(response["body"]))


@dataclass
class Api:
    """The handler over in-memory ports, joined at the wiring seam."""

    cases: FakeCaseQueries = field(default_factory=FakeCaseQueries)
    org: FakeOrgQueries = field(default_factory=lambda: FakeOrgQueries(dict(NODES)))
    audit: FakeAuditStore = field(default_factory=FakeAuditStore)
    syncs: FakeSyncStarter = field(default_factory=FakeSyncStarter)
    orphans: FakeOrphans = field(default_factory=FakeOrphans)
    certificates: LinkedCertificates = field(default_factory=LinkedCertificates)
    decisions: MemoryDecisions = field(default_factory=MemoryDecisions)
    people: FakeOrg = field(default_factory=FakeOrg)
    tasks: FakeTasks = field(default_factory=FakeTasks)
    contacts: Contacts = field(default_factory=lambda: Contacts(moment=AT))
    now: datetime = AT
    settings: MemorySettingsStore = field(default_factory=MemorySettingsStore)
    library: Library = field(default_factory=Library)
    pressure: FakePressureStore = field(default_factory=FakePressureStore)
    exceptions: FakeExceptions = field(default_factory=FakeExceptions)
    shelf: Shelf = field(default_factory=Shelf)
    segments: FakeSegments = field(default_factory=FakeSegments)
    lists: FakeLists = field(default_factory=FakeLists)
    known: FakeKnown = field(default_factory=lambda: FakeKnown({}))
    campaigns: Bank = field(default_factory=Bank)
    answers: Answers = field(default_factory=lambda: Answers(AT))
    welcome: FakeWelcomeRules = field(default_factory=FakeWelcomeRules)
    ways: FakeWays = field(default_factory=FakeWays)
    way_news: FakeWayNews = field(default_factory=FakeWayNews)
    tag_rules: FakeTagRules = field(default_factory=FakeTagRules)
    archive: MemoryArchive = field(default_factory=MemoryArchive)
    reviews: FakeReviewCases = field(default_factory=FakeReviewCases)
    review_age: timedelta = timedelta()
    coverage: FakeCoverageStore = field(default_factory=FakeCoverageStore)
    archive_asked: list[str] = field(default_factory=list)
    certified: FakeCertifiedDays = field(default_factory=FakeCertifiedDays)
    targets: TargetsOverMemory = field(init=False)
    adds: AddsOverMemory = field(init=False)
    measures: MeasuresByHand = field(default_factory=MeasuresByHand)
    feeds: dict[str, int] = field(default_factory=dict)
    uplift: UpliftOverMemory = field(init=False)
    feed_bank: FeedBank = field(default_factory=FeedBank)
    recounts: FakeRecounts = field(default_factory=FakeRecounts)
    lexicon: FakeLexicons = field(default_factory=FakeLexicons)
    rule_sync: FakeRuleSync = field(default_factory=FakeRuleSync)
    replays: MemoryReplays = field(default_factory=MemoryReplays)
    media: FakeOpenFiles = field(default_factory=FakeOpenFiles)

    def __post_init__(self) -> None:
        self.compliance = ComplianceDesk(AuditLog(self.audit), self.retention)

    def retention(self) -> RetentionDocument:
        document, _ = self.settings.read(RETENTION)
        return RetentionDocument.model_validate(document)

    @property
    def links(self) -> OptOutLinks:
        return OptOutLinks("https://m.bank.example", self.answers.tokens)

    def join(self, monkeypatch: pytest.MonkeyPatch) -> "Api":
        task_staff = OrgTaskStaff(self.people, lambda: self.now)
        ports: dict[str, Any] = {
            "case_queries": self.cases,
            "org_queries": self.org,
            "node_settings": NodeSettings(
                FakeOrg(node_rows=self.org.nodes), when_asked(lambda: self.targets.joined().rollout)
            ),
            "rejection_reviews": self.org,
            "audit_log": AuditLog(self.audit),
            "audit_reader": AuditReader(self.audit),
            "sync_starter": self.syncs,
            "decided_once": DecidedOnce(AnsweredOnce(FakeAnswers(), clock.now)),
            "orphan_queries": self.orphans,
            "certificate_documents": self.certificates,
            "previews": FakePreviews(),
            "contact_queries": FakeContactQueries(self.contacts.repository),
            "accountability": self.contacts.accountability,
            "customer_journal": CustomerJournal(AuditLog(self.audit)),
            "member_places": MemberPlaces(self.people),
            "consents": self.answers.consents,
            "consent_desk": ConsentDesk(
                self.answers.consents, ContactPlaces(self.contacts.repository), self.answers.news, clock.now
            ),
            "opt_out_links": self.links,
            "audience": AudienceOverMemory(self.segments, self.known, self.people, AuditLog(self.audit), self.lists),
            "content_library": ContentOverMemory(self.library, self.shelf.desk),
            "permission_changes": self.library.changes,
            "archive_seats": SeatsBelow(self.people, self.coverage),
            "archive_intake": IntakeDesk(self.archive.care(), AskedOf(self.archive_asked)),
            "certified_days": self.certified,
            "archive_media": self.media,
            "welcome_desk": WelcomeDesk(
                self.welcome,
                LibraryGreetings(self.library.gate, lambda: self.links),
                AuditedWelcome(AuditLog(self.audit)),
                clock.now,
            ),
            "way_desk": WayDesk(
                self.ways, OrgWayPlaces(self.people), AuditedWays(AuditLog(self.audit)), self.way_news, clock.now
            ),
            "way_arrivals": self.ways,
            "tag_rule_desk": TagRuleDesk(
                self.tag_rules, KeptTags(list), AuditedTagRules(AuditLog(self.audit)), clock.now
            ),
            "tag_tallies": self.tag_rules,
            "cover_views": CoverViews(self.org, self.people, self.tasks, self.cases),
            "task_lists": TaskLists(self.tasks, task_staff),
            "task_work": TaskWork(self.tasks, task_staff),
            "four_eyes": FourEyes(self.decisions, self.decisions, HandoverSettings()),
        }
        change = SettingsChange(self.settings, AuditedSettings(ports["audit_log"]), TOPIC, HandoverDocument)
        ports["settings_change"] = change
        self.library.journal = AuditedContent(ports["audit_log"])
        self.campaigns.log = AuditedCampaigns(ports["audit_log"])
        ports["campaigns"] = CampaignsOverMemory(self.campaigns, self.contacts)
        ports["planning_queue"] = self.campaigns.queue

        def change_of(topic: str, model: type[BaseModel]) -> SettingsChange:
            return SettingsChange(self.settings, AuditedSettings(ports["audit_log"]), topic, model)

        monkeypatch.setattr(wiring, "settings_change_of", change_of)
        caps = GovernedCaps(self.caps, self.exceptions, clock.now)
        ports["pressure_ledger"] = PressureLedger(self.pressure, caps, clock.now, lambda _: None)
        audited = AuditedExceptions(ports["audit_log"])
        self.targets = TargetsOverMemory(ports["audit_log"])
        monkeypatch.setattr(wiring, "targets", self.targets.joined)
        self.adds = AddsOverMemory(ports["audit_log"])
        monkeypatch.setattr(adds_wiring, "admin_adds", lambda _: self.adds.joined())
        monkeypatch.setattr(wiring, "kpi_figures", self.kpi_figures)
        self.uplift = UpliftOverMemory(ports["audit_log"])
        monkeypatch.setattr(wiring, "uplift", self.uplift.joined)
        monkeypatch.setattr(wiring, "ledgers", lambda: self.uplift.ledgers)
        journal = AuditedRecounts(ports["audit_log"])
        monkeypatch.setattr(recount_wiring, "recounts", lambda: Recounts(self.recounts, journal, clock.now))
        monkeypatch.setattr(feeds_wiring, "versions", lambda: self.feed_bank.versions)
        monkeypatch.setattr(feeds_wiring, "deliveries", lambda: self.feed_bank.log)
        monkeypatch.setattr(feeds_wiring, "files", lambda: self.feed_bank.bucket)
        ports["lexicons"] = Lexicons(self.lexicon, AuditedLexicons(ports["audit_log"]))
        ports["lexicon_replays"] = Replays(
            self.lexicon, self.replays, self.replays, AuditedLexicons(ports["audit_log"]), clock.now
        )
        ports["lexicon_sync"] = self.rule_sync
        ports["lexicon_sync_states"] = self.rule_sync
        ports["pressure_exceptions"] = PressureExceptions(self.exceptions, audited, self.caps)
        monkeypatch.setattr(bank_settings, "store", lambda: self.settings)
        for name, port in ports.items():
            monkeypatch.setattr(wiring, name, lambda port=port: port)
        monkeypatch.setattr(wiring, "recommender", self.recommender)
        monkeypatch.setattr(wiring, "review_desk", self.review_desk)
        self.compliance.join(monkeypatch)
        return self

    def kpi_figures(self) -> FigureReader:
        """With the definitions that were set last."""
        catalogue = catalogue_of(KpiDocument.model_validate(self.settings.read(KPI)[0]))
        book = FigureBook(self.targets.figures)
        return FigureReader(
            self.measures, book, lambda: catalogue, "1", business_day, lambda name, _: self.feeds.get(name)
        )

    def recommender(self) -> Recommender:
        """With the rules that were set last."""
        document, _ = self.settings.read(NEEDS)
        library = self.library
        offers = LibraryOffers(library.contents, library.products, library.permissions)
        rules = rules_of(NeedsDocument.model_validate(document))
        return Recommender(self.known, offers, lambda: rules, RuleSettings, lambda: NOW)

    def review_desk(self) -> ReviewDesk:
        """With the settings that were made last; what it does is ``review_age`` old, none of it looked at by chance."""

        def rules() -> ReviewRules:
            document = ReviewDocument.model_validate(self.settings.read(REVIEW)[0])
            return replace(review_rules(document, self.reviews.salt()), second_share=0.0)

        return ReviewDesk(
            self.reviews, rules, lambda: clock.now() - self.review_age, AuditedReviews(AuditLog(self.audit))
        )

    def etag(self, path: str, claims: Mapping[str, Any]) -> str:
        headers: dict[str, str] = lambda_handler(Request(path, claims=claims).event(), lambda_context())["headers"]
        return {name.lower(): value for name, value in headers.items()}["etag"]

    def caps(self) -> PressureRules:
        return pressure_rules(PressureDocument())

    def send(self, request: "Request") -> Reply:
        return self.send_event(request.event())

    def send_event(self, event: dict[str, Any]) -> Reply:
        return Reply.of(lambda_handler(event, lambda_context()))

    def audited(self, chain_id: str = "1") -> list[AuditEntry]:
        return self.audit.chains.get(chain_id, [])


@dataclass
class Request:
    """A request by an operator; the default one may do everything."""

    path: str
    method: str = "GET"
    query: dict[str, str] = field(default_factory=dict)
    claims: Mapping[str, Any] = field(default_factory=lambda: HEAD_OFFICE)
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None

    def event(self) -> dict[str, Any]:
        event = copy.deepcopy(sample("list_cases"))
        event |= {"rawPath": self.path, "queryStringParameters": self.query}
        event["requestContext"]["http"] |= {"method": self.method, "path": self.path}
        event["requestContext"]["authorizer"]["jwt"]["claims"] = dict(self.claims)
        event["headers"] |= self.headers
        if self.body is not None:
            event["body"] = self.body if isinstance(self.body, str) else json.dumps(self.body)
            event["headers"]["content-type"] = "application/json"
        return event


def case(number: int = 1, node_id: str = "10", state: CaseState = CaseState.ATTENTION) -> CaseDetail:
    node = NODES[node_id]
    summary = CaseSummary(
        case_id=f"case_{number:026d}",
        handover_userid=f"rm_wang{number}",
        handover_name="王伟",
        node_id=node_id,
        node_path=node.path,
        node_name=node.name,
        change=ChangeKind.DEPARTURE,
        state=state,
        opened_at=AT.replace(minute=number),
        start_at=AT.replace(minute=number),
        last_day=None,
        closed_at=None,
        successor_userids=("rm_li",),
        customers=EdgeTotals(3, {"done": 2, "manual": 1}),
        groups=EdgeTotals(1, {"done": 1}),
    )
    signal = SignalRecord(SignalSource.HR, "StaffDeparted", f"hr-{number}", AT)
    return CaseDetail(summary, None, "", (signal,))


def edge(target_id: str, state: EdgeState = EdgeState.DONE) -> EdgeRow:
    manual = state is EdgeState.MANUAL
    outcome = AttemptOutcome.REFUSED if manual else AttemptOutcome.DONE
    return EdgeRow(
        target_id=target_id,
        state=state,
        cause="customer_refused" if manual else "",
        errcode=0,
        takeover_userid="rm_li",
        reason="named",
        attempts=(Attempt("rm_li", TransferApi.RESIGNED, AT, 0, outcome, AT),),
        owner_userid="mgr_shanghai" if manual else "",
        due_at=AT if manual else None,
        updated_at=AT,
    )


def rejection(number: int, node_path: str = "/1/") -> Rejection:
    return Rejection(f"rej_{number}", "bank.hr", AT, "the field userid is missing", f"hr-{number}", node_path)
