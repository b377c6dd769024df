"""Joins what compliance officers do with archived conversations to the archive's bucket and table, and to the index."""

import functools

from scrm.archive.access import AccessLog, AccessStore
from scrm.archive.deletion_requests import DeletionRequests
from scrm.archive.exports import ExportDesk
from scrm.archive.legal_holds import LegalHolds
from scrm.archive.reading import MessageReader
from scrm.archive.retention import Retention
from scrm.archive.retrieval import Retrieval
from scrm.aws import archive_records
from scrm.aws.archive_journal import AuditedAccesses, AuditedArchive
from scrm.aws.archive_queues import SqsExportNews
from scrm.aws.archive_records import DynamoAccesses
from scrm.aws.customer_numbers import DynamoCustomerNumbers
from scrm.aws.duckdb_engine import DuckDbEngine
from scrm.aws.export_folder import ExportDownloads
from scrm.org.queries import OrgQueries
from scrm.runtime.environment import required
from scrm.runtime.retention_joins import retention_of
from scrm.runtime.wiring import admin_api, archive, bank_settings
from scrm.runtime.wiring.tables import bucket, queue, table
from scrm.settings.reader import SettingsReader
from scrm.settings.retention import TOPIC, RetentionDocument


def callers() -> OrgQueries:
    """Where who asks stands in the organisation."""
    return admin_api.org_queries()


def retrieval() -> Retrieval:
    """For one request: it keeps the segments that it read."""
    return Retrieval(DuckDbEngine(bucket("DATA_BUCKET")), MessageReader(archive.objects()), access_log())


def customers_by_number() -> DynamoCustomerNumbers:
    return DynamoCustomerNumbers(table("CONTACTS_TABLE"))


def access_log() -> AccessLog:
    return AccessLog(DynamoAccesses(table("ARCHIVE_TABLE")), AuditedAccesses(admin_api.audit_log()))


def accesses() -> AccessStore:
    return DynamoAccesses(table("ARCHIVE_TABLE"))


def export_desk() -> ExportDesk:
    return ExportDesk(archive_records.exports(table("ARCHIVE_TABLE")), AuditedArchive(admin_api.audit_log()))


def export_news() -> SqsExportNews:
    return SqsExportNews(queue("ARCHIVE_ROLLUP_QUEUE_URL"))


def export_downloads() -> ExportDownloads:
    return ExportDownloads(bucket("DATA_BUCKET"))


def legal_holds() -> LegalHolds:
    return LegalHolds(archive_records.legal_holds(table("ARCHIVE_TABLE")), AuditedArchive(admin_api.audit_log()))


def deletion_requests() -> DeletionRequests:
    store = archive_records.deletion_requests(table("ARCHIVE_TABLE"))
    reader, locked = _reader(), locked_days()

    def retention() -> Retention:
        return retention_of(reader.current(), locked)

    return DeletionRequests(store, legal_holds(), retention, AuditedArchive(admin_api.audit_log()))


def locked_days() -> int:
    return int(required("ARCHIVE_LOCK_DAYS"))


@functools.cache
def _reader() -> SettingsReader[RetentionDocument]:
    return SettingsReader(bank_settings.store(), TOPIC, RetentionDocument, bank_settings.report_invalid)
