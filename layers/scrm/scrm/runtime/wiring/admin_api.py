"""Joins the operators' API to the tables it reads, the audit log and the contact queue."""

import functools

from scrm import clock
from scrm.audit.log import AuditLog
from scrm.audit.reader import AuditReader
from scrm.aws import session
from scrm.aws.audit_table import DynamoAuditStore
from scrm.aws.case_table import DynamoCaseQueries
from scrm.aws.org_table import DynamoOrgRepository
from scrm.aws.sync_requests import SqsSyncRequests
from scrm.aws.table import Table
from scrm.handover.queries import CaseQueries
from scrm.org.queries import OrgQueries
from scrm.runtime.http.answer_table import DynamoAnswerStore
from scrm.runtime.http.answers import AnsweredOnce
from scrm.runtime.http.syncs import SyncStarter
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
    requests = SqsSyncRequests(session.client("sqs"), settings().contact_queue_url)
    answers = AnsweredOnce(DynamoAnswerStore(_table(settings().platform_table)), clock.now)
    return SyncStarter(requests, answers)


def reset() -> None:
    """Forget every built object; tests call this between fake AWS accounts."""
    for factory in (settings, case_queries, org_queries, audit_log, audit_reader, sync_starter):
        factory.cache_clear()


def _table(name: str) -> Table:
    return Table(session.client("dynamodb"), name)


def _audit_store() -> DynamoAuditStore:
    return DynamoAuditStore(settings().audit_table, session.client("dynamodb"))
