"""Joins the operators' API to the tables it reads, the audit log and the contact queue."""

import functools

from scrm import clock
from scrm.audit.log import AuditLog
from scrm.audit.reader import AuditReader
from scrm.aws import session
from scrm.aws.audit_table import DynamoAuditStore
from scrm.aws.case_table import DynamoCaseQueries, DynamoCaseRepository
from scrm.aws.contact_table import DynamoContactRepository
from scrm.aws.handover_journal import AuditedDecisions
from scrm.aws.org_table import DynamoOrgRepository
from scrm.aws.queues import Queue, SqsHandoverQueue
from scrm.aws.sync_requests import SqsSyncRequests
from scrm.aws.table import Table
from scrm.handover.decisions import CaseDecisions
from scrm.handover.queries import CaseQueries
from scrm.handover.settings import HandoverSettings
from scrm.org.queries import OrgQueries
from scrm.runtime.http.answer_table import DynamoAnswerStore
from scrm.runtime.http.answers import AnsweredOnce
from scrm.runtime.http.decisions import DecidedOnce
from scrm.runtime.http.syncs import SyncStarter
from scrm.runtime.joins import ContactCustomerBook, OrgStaffDirectory
from scrm.runtime.settings_admin import AdminSettings


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
def audit_log() -> AuditLog:
    return AuditLog(_audit_store())


@functools.cache
def audit_reader() -> AuditReader:
    return AuditReader(_audit_store())


@functools.cache
def sync_starter() -> SyncStarter:
    return SyncStarter(SqsSyncRequests(session.client("sqs"), settings().contact_queue_url), _answers())


@functools.cache
def case_decisions() -> CaseDecisions:
    """What it decides is done by handover_worker and handover_reconcile."""
    return CaseDecisions(
        cases=DynamoCaseRepository(_table(settings().handover_table)),
        staff=OrgStaffDirectory(DynamoOrgRepository(_table(settings().org_table))),
        customers=ContactCustomerBook(
            DynamoContactRepository(_table(settings().contacts_table)),
            tier_tags={},
            language_tags={},
            full_for=HandoverSettings().quota_believed_for,
            now=clock.now,
        ),
        queue=SqsHandoverQueue(_queue(settings().handover_queue_url), _queue(settings().reconcile_queue_url)),
        log=AuditedDecisions(audit_log()),
        settings=HandoverSettings(),
    )


@functools.cache
def decided_once() -> DecidedOnce:
    return DecidedOnce(_answers())


def reset() -> None:
    """Forget every built object; tests call this between fake AWS accounts."""
    for factory in (
        settings,
        case_queries,
        org_queries,
        audit_log,
        audit_reader,
        sync_starter,
        case_decisions,
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
