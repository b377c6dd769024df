"""Joins the operators' API to the tables it reads, the audit log and the contact queue."""

import functools

from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer

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
    store = DynamoDBPersistenceLayer(
        settings().platform_table,
        key_attr="pk",
        static_pk_value="IDEMPOTENCY#admin_api",
        sort_key_attr="sk",
        expiry_attr="expires_at",
        boto3_client=session.client("dynamodb"),
    )
    return SyncStarter(requests, store)


def reset() -> None:
    """Forget every built object; tests call this between fake AWS accounts."""
    for factory in (settings, case_queries, org_queries, audit_log, audit_reader, sync_starter):
        factory.cache_clear()


def _table(name: str) -> Table:
    return Table(session.client("dynamodb"), name)


def _audit_store() -> DynamoAuditStore:
    return DynamoAuditStore(settings().audit_table, session.client("dynamodb"))
