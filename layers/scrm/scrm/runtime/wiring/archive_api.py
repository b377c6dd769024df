"""Joins what compliance officers do with archived conversations to the archive's bucket and table, and to the index.

Each operation loads what it needs: who lists holds waits for nothing that searches or exports.
"""

import functools
from typing import TYPE_CHECKING

from scrm.aws.archive_journal import AuditedAccesses, AuditedArchive
from scrm.org.queries import OrgQueries
from scrm.runtime.environment import required
from scrm.runtime.wiring import admin_api, bank_settings
from scrm.runtime.wiring.tables import bucket, queue, table

if TYPE_CHECKING:
    from scrm.archive.access import AccessLog, AccessStore
    from scrm.archive.deletion_requests import DeletionRequests
    from scrm.archive.exports import ExportDesk
    from scrm.archive.legal_holds import LegalHolds
    from scrm.archive.retention import Retention
    from scrm.archive.retrieval import Retrieval
    from scrm.aws.archive_queues import SqsExportNews
    from scrm.aws.customer_numbers import DynamoCustomerNumbers
    from scrm.aws.export_folder import ExportDownloads
    from scrm.settings.reader import SettingsReader
    from scrm.settings.retention import RetentionDocument


def callers() -> OrgQueries:
    """Where who asks stands in the organisation: routes ask `admin_api` for it; it is part of what is joined here."""
    return admin_api.org_queries()


def retrieval() -> "Retrieval":
    """For one request: it keeps the segments that it read."""
    from scrm.archive.reading import MessageReader  # noqa: PLC0415 - only who searches or reads needs it
    from scrm.archive.retrieval import Retrieval  # noqa: PLC0415
    from scrm.aws.duckdb_engine import DuckDbEngine  # noqa: PLC0415
    from scrm.runtime.wiring import archive  # noqa: PLC0415

    return Retrieval(DuckDbEngine(bucket("DATA_BUCKET")), MessageReader(archive.objects()), access_log())


def customers_by_number() -> "DynamoCustomerNumbers":
    from scrm.aws.customer_numbers import DynamoCustomerNumbers  # noqa: PLC0415 - as above

    return DynamoCustomerNumbers(table("CONTACTS_TABLE"))


def access_log() -> "AccessLog":
    from scrm.archive.access import AccessLog  # noqa: PLC0415 - as above

    return AccessLog(accesses(), AuditedAccesses(admin_api.audit_log()))


def accesses() -> "AccessStore":
    from scrm.aws.archive_accesses import DynamoAccesses  # noqa: PLC0415 - as above

    return DynamoAccesses(table("ARCHIVE_TABLE"))


def export_desk() -> "ExportDesk":
    from scrm.archive.exports import ExportDesk  # noqa: PLC0415 - only operations on exports need it
    from scrm.aws import archive_exports  # noqa: PLC0415

    return ExportDesk(archive_exports.exports(table("ARCHIVE_TABLE")), AuditedArchive(admin_api.audit_log()))


def export_news() -> "SqsExportNews":
    from scrm.aws.archive_queues import SqsExportNews  # noqa: PLC0415 - as above

    return SqsExportNews(queue("ARCHIVE_ROLLUP_QUEUE_URL"))


def export_downloads() -> "ExportDownloads":
    from scrm.aws.export_folder import ExportDownloads  # noqa: PLC0415 - as above

    return ExportDownloads(bucket("DATA_BUCKET"))


def legal_holds() -> "LegalHolds":
    from scrm.archive.legal_holds import LegalHolds  # noqa: PLC0415 - only holds and deletion requests need it
    from scrm.aws import archive_holds  # noqa: PLC0415

    return LegalHolds(archive_holds.legal_holds(table("ARCHIVE_TABLE")), AuditedArchive(admin_api.audit_log()))


def deletion_requests() -> "DeletionRequests":
    from scrm.archive.deletion_requests import DeletionRequests  # noqa: PLC0415 - only operations on them need it
    from scrm.aws import archive_deletions  # noqa: PLC0415
    from scrm.runtime.retention_joins import retention_of  # noqa: PLC0415

    store = archive_deletions.deletion_requests(table("ARCHIVE_TABLE"))
    reader, locked = _reader(), locked_days()

    def retention() -> "Retention":
        return retention_of(reader.current(), locked)

    return DeletionRequests(store, legal_holds(), retention, AuditedArchive(admin_api.audit_log()))


def locked_days() -> int:
    return int(required("ARCHIVE_LOCK_DAYS"))


@functools.cache
def _reader() -> "SettingsReader[RetentionDocument]":
    from scrm.settings.reader import SettingsReader  # noqa: PLC0415 - as above
    from scrm.settings.retention import TOPIC, RetentionDocument  # noqa: PLC0415

    return SettingsReader(bank_settings.store(), TOPIC, RetentionDocument, bank_settings.report_invalid)
