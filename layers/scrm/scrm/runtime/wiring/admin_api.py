"""Joins the operators' API to the tables it reads, the audit log and the contact queue."""

import functools
from typing import TYPE_CHECKING

from scrm import clock
from scrm.audit.log import AuditLog
from scrm.audit.reader import AuditReader
from scrm.aws import session
from scrm.aws.audit_table import DynamoAuditStore
from scrm.aws.org_table import DynamoOrgRepository
from scrm.aws.table import Table
from scrm.org.nodes import NodeSettings
from scrm.org.queries import OrgQueries, RejectionReviews
from scrm.pause import pause_with_jitter
from scrm.runtime.environment import required
from scrm.runtime.http.answer_table import DynamoAnswerStore
from scrm.runtime.http.answers import AnsweredOnce
from scrm.runtime.settings_admin import AdminSettings
from scrm.runtime.when_asked import when_asked
from scrm.runtime.wiring import bank_settings
from scrm.runtime.wiring.tables import bucket, table

if TYPE_CHECKING:
    from pydantic import BaseModel

    from scrm.archive.certified_days import CertifiedDayQueries
    from scrm.archive.media_pages import OpenFiles
    from scrm.archive.sweep import IntakeDesk
    from scrm.audience.needs import Recommender
    from scrm.aws.certificate_documents import BucketCertificates
    from scrm.aws.contact_queries import DynamoContactQueries
    from scrm.aws.customer_journal import CustomerJournal
    from scrm.aws.ledger_documents import BucketLedgers
    from scrm.aws.lexicon_sync import DynamoSyncStates, SqsLexiconSync
    from scrm.aws.owner_changes import OwnerNotes
    from scrm.aws.planning_queue import SqsPlanningQueue
    from scrm.aws.tag_rule_table import DynamoTallies
    from scrm.aws.task_table import DynamoTaskTable
    from scrm.aws.way_table import DynamoArrivals
    from scrm.consent.consents import ConsentDesk, Consents
    from scrm.consent.links import OptOutLinks
    from scrm.contacts.accountability import Accountability
    from scrm.content.permission_changes import PermissionChanges
    from scrm.handover.decisions import CaseDecisions
    from scrm.handover.four_eyes import FourEyes
    from scrm.handover.orphans import OrphanQueries
    from scrm.handover.plan_review import PlanReviews
    from scrm.handover.preview import Previews
    from scrm.handover.queries import CaseQueries
    from scrm.kpi.reading import FigureReader
    from scrm.lexicon.replays import Replays
    from scrm.lexicon.versions import Lexicons
    from scrm.pressure.exceptions import PressureExceptions
    from scrm.pressure.ledger import PressureLedger
    from scrm.review.desk import ReviewDesk
    from scrm.runtime.cover_views import CoverViews
    from scrm.runtime.http.decisions import DecidedOnce
    from scrm.runtime.http.syncs import SyncStarter
    from scrm.runtime.member_places import MemberPlaces
    from scrm.runtime.seats_below import SeatsBelow
    from scrm.runtime.task_joins import OrgTaskStaff
    from scrm.runtime.wiring.audience import AdminAudience
    from scrm.runtime.wiring.campaigns import AdminCampaigns
    from scrm.runtime.wiring.content import AdminContent
    from scrm.runtime.wiring.targets import AdminTargets
    from scrm.runtime.wiring.uplift import AdminUplift
    from scrm.settings.change import SettingsChange
    from scrm.tagging.desk import TagRuleDesk
    from scrm.tasks.queries import TaskLists
    from scrm.tasks.work import TaskWork
    from scrm.ways.desk import WayDesk
    from scrm.welcome.rules import WelcomeDesk


@functools.cache
def settings() -> AdminSettings:
    return AdminSettings.from_env()


@functools.cache
def case_queries() -> "CaseQueries":
    from scrm.aws.case_queries import DynamoCaseQueries  # noqa: PLC0415 - only operations on cases need it

    return DynamoCaseQueries(_table(settings().handover_table))


@functools.cache
def org_queries() -> OrgQueries:
    return DynamoOrgRepository(table("ORG_TABLE"))


@functools.cache
def node_settings() -> NodeSettings:
    return NodeSettings(DynamoOrgRepository(_table(settings().org_table)), when_asked(lambda: targets().rollout))


@functools.cache
def rejection_reviews() -> RejectionReviews:
    return DynamoOrgRepository(_table(settings().org_table))


@functools.cache
def audit_log() -> AuditLog:
    return AuditLog(_audit_store())


@functools.cache
def audit_reader() -> AuditReader:
    return AuditReader(_audit_store())


@functools.cache
def sync_starter() -> "SyncStarter":
    from scrm.aws.sync_requests import SqsSyncRequests  # noqa: PLC0415 - it loads all messages of the contacts
    from scrm.runtime.http.syncs import SyncStarter  # noqa: PLC0415

    return SyncStarter(SqsSyncRequests(session.client("sqs"), settings().contact_queue_url), _answers())


def case_decisions() -> "CaseDecisions":
    """For one request."""
    from scrm.runtime.wiring import admin_decisions  # noqa: PLC0415 - what it loads no reading operation needs

    return admin_decisions.case_decisions(audit_log())


def plan_reviews() -> "PlanReviews":
    """For one request."""
    from scrm.runtime.wiring import admin_decisions  # noqa: PLC0415 - as above

    return admin_decisions.plan_reviews(audit_log())


def previews() -> "Previews":
    """For one request."""
    from scrm.runtime.wiring import admin_decisions  # noqa: PLC0415 - as above

    return admin_decisions.previews()


def four_eyes() -> "FourEyes":
    """For one request, with the settings in force."""
    from scrm.aws.decision_table import DynamoDecisionStore  # noqa: PLC0415 - only operations on cases need it
    from scrm.aws.handover_journal import AuditedTwoPersonDecisions  # noqa: PLC0415
    from scrm.handover.four_eyes import FourEyes  # noqa: PLC0415
    from scrm.runtime.wiring import handover_settings  # noqa: PLC0415

    store = DynamoDecisionStore(_table(settings().handover_table))
    return FourEyes(store, AuditedTwoPersonDecisions(audit_log()), handover_settings.handover())


@functools.cache
def orphan_queries() -> "OrphanQueries":
    from scrm.aws.orphan_table import DynamoOrphans  # noqa: PLC0415 - only one operation needs it

    return DynamoOrphans(_table(settings().handover_table))


@functools.cache
def certificate_documents() -> "BucketCertificates":
    from scrm.aws.certificate_documents import BucketCertificates  # noqa: PLC0415 - as above

    return BucketCertificates(bucket("DATA_BUCKET"))


@functools.cache
def settings_change() -> "SettingsChange":
    from scrm.settings.handover import TOPIC, HandoverDocument  # noqa: PLC0415 - only who changes settings needs it

    return settings_change_of(TOPIC, HandoverDocument)


def settings_change_of(topic: str, model: "type[BaseModel]") -> "SettingsChange":
    from scrm.aws.handover_journal import AuditedSettings  # noqa: PLC0415 - as above
    from scrm.settings.change import SettingsChange  # noqa: PLC0415

    return SettingsChange(bank_settings.store(), AuditedSettings(audit_log()), topic, model)


def content_library() -> "AdminContent":
    from scrm.runtime.wiring.content import AdminContent  # noqa: PLC0415 - only operations on content need it

    return AdminContent(_table(settings().content_table), bucket("DATA_BUCKET"), audit_log(), planning_queue)


def archive_intake() -> "IntakeDesk":
    from scrm.runtime.wiring import archive_care  # noqa: PLC0415 - only operations on the archive need it

    return archive_care.desk()


def archive_media() -> "OpenFiles":
    from scrm.aws.media_table import DynamoMediaStore  # noqa: PLC0415 - as above

    return DynamoMediaStore(table("ARCHIVE_TABLE"))


def certified_days() -> "CertifiedDayQueries":
    from scrm.aws.archive_days import DynamoCertifiedDays  # noqa: PLC0415 - as above

    return DynamoCertifiedDays(table("ARCHIVE_TABLE"))


def archive_seats() -> "SeatsBelow":
    from scrm.aws.archive_members import DynamoArchiveMembers  # noqa: PLC0415 - as above
    from scrm.runtime.seats_below import SeatsBelow  # noqa: PLC0415

    staff = DynamoOrgRepository(_table(settings().org_table))
    return SeatsBelow(staff, DynamoArchiveMembers(table("ARCHIVE_TABLE")))


def welcome_desk() -> "WelcomeDesk":
    from scrm.runtime.wiring import welcome  # noqa: PLC0415 - only operations on welcome messages need it

    rows, contents = _table(settings().welcome_table), _table(settings().content_table)
    return welcome.welcome_desk(rows, contents, audit_log(), opt_out_links)


def way_desk() -> "WayDesk":
    from scrm.aws.queues import Queue  # noqa: PLC0415 - only operations on contact ways need it
    from scrm.aws.way_table import AuditedWays, DynamoWays  # noqa: PLC0415
    from scrm.runtime.ways_joins import OrgWayPlaces, QueuedWayNews  # noqa: PLC0415
    from scrm.ways.desk import WayDesk  # noqa: PLC0415

    news = QueuedWayNews(Queue(lambda: session.client("sqs"), settings().contact_queue_url))
    places = OrgWayPlaces(DynamoOrgRepository(_table(settings().org_table)))
    return WayDesk(DynamoWays(_table(settings().welcome_table)), places, AuditedWays(audit_log()), news, clock.now)


def way_arrivals() -> "DynamoArrivals":
    from scrm.aws.way_table import DynamoArrivals  # noqa: PLC0415 - as above

    return DynamoArrivals(_table(settings().welcome_table))


def tag_rule_desk() -> "TagRuleDesk":
    from scrm.aws.tag_rule_table import AuditedTagRules, DynamoTagRules  # noqa: PLC0415 - only operations on them do
    from scrm.runtime.tagging_joins import KeptTags  # noqa: PLC0415
    from scrm.runtime.wiring import consent  # noqa: PLC0415
    from scrm.tagging.desk import TagRuleDesk  # noqa: PLC0415

    rules = DynamoTagRules(_table(settings().welcome_table))
    return TagRuleDesk(rules, KeptTags(consent.opt_out_tag_ids), AuditedTagRules(audit_log()), clock.now)


def tag_tallies() -> "DynamoTallies":
    from scrm.aws.tag_rule_table import DynamoTallies  # noqa: PLC0415 - as above

    return DynamoTallies(_table(settings().welcome_table))


def lexicons() -> "Lexicons":
    from scrm.aws.lexicon_table import AuditedLexicons, DynamoLexicons  # noqa: PLC0415 - as above
    from scrm.lexicon.versions import Lexicons  # noqa: PLC0415

    return Lexicons(DynamoLexicons(_table(settings().lexicon_table)), AuditedLexicons(audit_log()))


def lexicon_sync() -> "SqsLexiconSync":
    from scrm.aws.lexicon_sync import SqsLexiconSync  # noqa: PLC0415 - as above
    from scrm.aws.queues import Queue  # noqa: PLC0415

    return SqsLexiconSync(Queue(lambda: session.client("sqs"), settings().contact_queue_url))


def lexicon_replays() -> "Replays":
    from scrm.aws.lexicon_table import AuditedLexicons, DynamoLexicons  # noqa: PLC0415 - as above
    from scrm.aws.queues import Queue  # noqa: PLC0415
    from scrm.aws.replay_documents import BucketReplays, SqsReplays  # noqa: PLC0415
    from scrm.lexicon.replays import Replays  # noqa: PLC0415

    return Replays(
        DynamoLexicons(_table(settings().lexicon_table)),
        BucketReplays(bucket("DATA_BUCKET")),
        SqsReplays(Queue(lambda: session.client("sqs"), settings().archive_screen_queue_url)),
        AuditedLexicons(audit_log()),
    )


def lexicon_sync_states() -> "DynamoSyncStates":
    from scrm.aws.lexicon_sync import DynamoSyncStates  # noqa: PLC0415 - as above

    return DynamoSyncStates(_table(settings().lexicon_table))


def review_desk() -> "ReviewDesk":
    from scrm.runtime.review_joins import AuditedReviews  # noqa: PLC0415 - only operations on review cases need it
    from scrm.runtime.wiring import review  # noqa: PLC0415

    return review.desk(AuditedReviews(audit_log()))


def permission_changes() -> "PermissionChanges":
    from scrm.aws.dispatch_queue import SqsSellerNews  # noqa: PLC0415 - as above
    from scrm.aws.queues import Queue  # noqa: PLC0415
    from scrm.content.permission_changes import PermissionChanges  # noqa: PLC0415

    news = SqsSellerNews(Queue(lambda: session.client("sqs"), settings().campaign_queue_url))
    return PermissionChanges(content_library().permissions, news)


def campaigns() -> "AdminCampaigns":
    from scrm.runtime.wiring.campaigns import AdminCampaigns  # noqa: PLC0415 - only operations on campaigns need it

    return AdminCampaigns(audit_log())


def planning_queue() -> "SqsPlanningQueue":
    from scrm.runtime.wiring import campaigns  # noqa: PLC0415 - as above

    return campaigns.planning_queue()


@functools.cache
def decided_once() -> "DecidedOnce":
    from scrm.runtime.http.decisions import DecidedOnce  # noqa: PLC0415 - only decisions need it

    return DecidedOnce(_answers())


def task_lists() -> "TaskLists":
    from scrm.tasks.queries import TaskLists  # noqa: PLC0415 - what it loads few operations need

    return TaskLists(_tasks(), _task_staff())


def task_work() -> "TaskWork":
    from scrm.runtime.wiring.told_tasks import told_tasks  # noqa: PLC0415 - as above
    from scrm.tasks.work import TaskWork  # noqa: PLC0415 - as above

    return TaskWork(told_tasks(), _task_staff())


def cover_views() -> "CoverViews":
    from scrm.runtime.cover_views import CoverViews  # noqa: PLC0415 - as above

    org = DynamoOrgRepository(_table(settings().org_table))
    return CoverViews(org, org, _tasks(), case_queries())


def contact_queries() -> "DynamoContactQueries":
    from scrm.aws.contact_queries import DynamoContactQueries  # noqa: PLC0415 - only operations on customers need it

    return DynamoContactQueries(_table(settings().contacts_table))


def accountability() -> "Accountability":
    from scrm.aws.contact_table import DynamoContactRepository  # noqa: PLC0415 - as above
    from scrm.contacts.accountability import Accountability  # noqa: PLC0415
    from scrm.contacts.writer import CustomerWriter  # noqa: PLC0415

    contacts = DynamoContactRepository(_table(settings().contacts_table), owner_notes)
    return Accountability(contacts, CustomerWriter(contacts, clock.now))


def owner_notes() -> "tuple[OwnerNotes, ...]":
    from scrm.runtime.wiring.owner_notes import owner_notes_in  # noqa: PLC0415 - only a new owner needs it

    found = settings()
    return owner_notes_in(_table(found.pressure_table), _table(found.audience_table), _table(found.consent_table))


def audience() -> "AdminAudience":
    from scrm.runtime.wiring.audience import AdminAudience, AudienceTables  # noqa: PLC0415 - only segments need it

    found = settings()
    tables = AudienceTables(_table(found.audience_table), _table(found.contacts_table), _table(found.org_table))
    return AdminAudience(tables, consents(), audit_log(), bucket("DATA_BUCKET"))


def recommender() -> "Recommender":
    from scrm.runtime.wiring import needs  # noqa: PLC0415 - only recommendations need it

    return needs.recommender()


def consents() -> "Consents":
    from scrm.aws.consent_table import DynamoConsentStore  # noqa: PLC0415 - only operations on consent need it
    from scrm.consent.consents import Consents  # noqa: PLC0415

    return Consents(DynamoConsentStore(_table(settings().consent_table)), pause_with_jitter)


def consent_desk() -> "ConsentDesk":
    from scrm.aws.contact_table import DynamoContactRepository  # noqa: PLC0415 - as above
    from scrm.aws.dispatch_queue import SqsOptOutNews  # noqa: PLC0415
    from scrm.aws.queues import Queue  # noqa: PLC0415
    from scrm.consent.consents import ConsentDesk  # noqa: PLC0415
    from scrm.runtime.consent_joins import ContactPlaces  # noqa: PLC0415

    places = ContactPlaces(DynamoContactRepository(_table(settings().contacts_table)))
    news = SqsOptOutNews(Queue(lambda: session.client("sqs"), settings().campaign_queue_url))
    return ConsentDesk(consents(), places, news, clock.now)


def opt_out_links() -> "OptOutLinks":
    from scrm.runtime.wiring import links  # noqa: PLC0415 - it loads the cipher

    return links.opt_out_links()


def pressure_ledger() -> "PressureLedger":
    from scrm.runtime.wiring import pressure  # noqa: PLC0415 - only operations on contact pressure need it

    return pressure.ledger()


def pressure_exceptions() -> "PressureExceptions":
    from scrm.aws.pressure_journal import AuditedExceptions  # noqa: PLC0415 - as above
    from scrm.pressure.exceptions import PressureExceptions  # noqa: PLC0415
    from scrm.runtime.wiring import pressure  # noqa: PLC0415

    return PressureExceptions(pressure.exception_store(), AuditedExceptions(audit_log()), pressure.rules)


def targets() -> "AdminTargets":
    """For one request, with the settings in force."""
    from scrm.runtime.wiring.targets import admin_targets  # noqa: PLC0415 - only operations on targets need it

    return admin_targets(audit_log())


def kpi_figures() -> "FigureReader":
    """For one request, with the settings in force."""
    from scrm.runtime.wiring import kpi  # noqa: PLC0415 - only operations on KPIs need it

    return kpi.figures()


def ledgers() -> "BucketLedgers":
    from scrm.aws.ledger_documents import BucketLedgers  # noqa: PLC0415 - only who reads ledgers needs it

    return BucketLedgers(bucket("DATA_BUCKET"))


def uplift() -> "AdminUplift":
    from scrm.runtime.wiring.uplift import admin_uplift  # noqa: PLC0415 - only operations on reviews need it

    return admin_uplift(audit_log())


def customer_journal() -> "CustomerJournal":
    from scrm.aws.customer_journal import CustomerJournal  # noqa: PLC0415 - as above

    return CustomerJournal(audit_log())


def member_places() -> "MemberPlaces":
    from scrm.runtime.member_places import MemberPlaces  # noqa: PLC0415 - as above

    return MemberPlaces(DynamoOrgRepository(_table(settings().org_table)))


def reset() -> None:
    """Forget every built object; tests call this between fake AWS accounts."""
    from scrm.runtime.wiring import handover_settings  # noqa: PLC0415 - as above

    handover_settings.reset()
    for factory in (
        settings,
        case_queries,
        org_queries,
        node_settings,
        rejection_reviews,
        audit_log,
        audit_reader,
        sync_starter,
        orphan_queries,
        certificate_documents,
        settings_change,
        decided_once,
    ):
        factory.cache_clear()


def _tasks() -> "DynamoTaskTable":
    from scrm.aws.task_table import DynamoTaskTable  # noqa: PLC0415 - only operations on tasks need it

    return DynamoTaskTable(_table(settings().tasks_table))


def _task_staff() -> "OrgTaskStaff":
    from scrm.runtime.task_joins import OrgTaskStaff  # noqa: PLC0415 - as above

    return OrgTaskStaff(DynamoOrgRepository(_table(settings().org_table)))


def _answers() -> AnsweredOnce:
    return AnsweredOnce(DynamoAnswerStore(table("PLATFORM_TABLE")), clock.now)


def _table(name: str) -> Table:
    return Table(session.client("dynamodb"), name)


def _audit_store() -> DynamoAuditStore:
    return DynamoAuditStore(required("AUDIT_TABLE"), session.client("dynamodb"))
