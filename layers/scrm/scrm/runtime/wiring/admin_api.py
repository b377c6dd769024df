"""Joins the operators' API to the tables it reads, the audit log and the contact queue."""

import functools

from scrm import clock
from scrm.audit.log import AuditLog
from scrm.audit.reader import AuditReader
from scrm.aws import session
from scrm.aws.audit_table import DynamoAuditStore
from scrm.aws.case_queries import DynamoCaseQueries
from scrm.aws.case_table import DynamoCaseRepository
from scrm.aws.customer_loads import DynamoCustomerLoads
from scrm.aws.handover_journal import AuditedDecisions, AuditedSettings
from scrm.aws.handover_queue import SqsHandoverQueue
from scrm.aws.org_table import DynamoOrgRepository
from scrm.aws.queues import Queue
from scrm.aws.sync_requests import SqsSyncRequests
from scrm.aws.table import Table
from scrm.handover.decisions import CaseDecisions
from scrm.handover.queries import CaseQueries
from scrm.org.nodes import NodeSettings
from scrm.org.queries import OrgQueries, RejectionReviews
from scrm.runtime.http.answer_table import DynamoAnswerStore
from scrm.runtime.http.answers import AnsweredOnce
from scrm.runtime.http.decisions import DecidedOnce
from scrm.runtime.http.syncs import SyncStarter
from scrm.runtime.settings_admin import AdminSettings
from scrm.runtime.staff_directory import OrgStaffDirectory
from scrm.runtime.wiring import bank_settings
from scrm.settings.change import SettingsChange
from scrm.settings.handover import TOPIC, HandoverDocument


@functools.cache
def settings() -> AdminSettings:
    return AdminSettings.from_env()


@functools.cache
def case_queries() -> CaseQueries:
    return DynamoCaseQueries(_table(settings().handover_table))


@functools.cache
def org_queries() -> OrgQueries:
    return DynamoOrgRepository(_table(settings().org_table))


@functools.cache
def node_settings() -> NodeSettings:
    return NodeSettings(DynamoOrgRepository(_table(settings().org_table)))


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
def sync_starter() -> SyncStarter:
    return SyncStarter(SqsSyncRequests(session.client("sqs"), settings().contact_queue_url), _answers())


def case_decisions() -> CaseDecisions:
    """For one request, with the settings in force; what it decides handover_worker and handover_reconcile do."""
    return CaseDecisions(
        cases=DynamoCaseRepository(_table(settings().handover_table)),
        staff=OrgStaffDirectory(DynamoOrgRepository(_table(settings().org_table))),
        loads=DynamoCustomerLoads(_table(settings().contacts_table)),
        queue=SqsHandoverQueue(_queue(settings().handover_queue_url), _queue(settings().reconcile_queue_url)),
        log=AuditedDecisions(audit_log()),
        settings=bank_settings.handover(),
    )


@functools.cache
def settings_change() -> SettingsChange:
    return SettingsChange(bank_settings.store(), AuditedSettings(audit_log()), TOPIC, HandoverDocument)


@functools.cache
def decided_once() -> DecidedOnce:
    return DecidedOnce(_answers())


def reset() -> None:
    """Forget every built object; tests call this between fake AWS accounts."""
    bank_settings.reset()
    for factory in (
        settings,
        case_queries,
        org_queries,
        node_settings,
        rejection_reviews,
        audit_log,
        audit_reader,
        sync_starter,
        settings_change,
        decided_once,
    ):
        factory.cache_clear()


def _answers() -> AnsweredOnce:
    return AnsweredOnce(DynamoAnswerStore(_table(settings().platform_table)), clock.now)


def _queue(url: str) -> Queue:
    return Queue(session.client("sqs"), url)


def _table(name: str) -> Table:
    return Table(session.client("dynamodb"), name)


def _audit_store() -> DynamoAuditStore:
    return DynamoAuditStore(settings().audit_table, session.client("dynamodb"))
