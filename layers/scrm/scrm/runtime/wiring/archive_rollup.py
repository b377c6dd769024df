"""Joins what is made of the archive's index by schedule: merged files, facts on service, approved exports."""

import functools

from scrm import clock
from scrm.archive.export_files import ApprovedExports, ExportWriting
from scrm.archive.exports import ExportDesk
from scrm.archive.merging import IndexMerger
from scrm.archive.reading import MessageReader
from scrm.audit.log import AuditLog
from scrm.aws import archive_exports, session
from scrm.aws.archive_journal import AuditedArchive
from scrm.aws.audit_table import DynamoAuditStore
from scrm.aws.duckdb_engine import DuckDbEngine
from scrm.aws.export_folder import BucketExportFolder
from scrm.aws.service_facts import BucketServiceFacts
from scrm.runtime.environment import required
from scrm.runtime.service_joins import service_settings
from scrm.runtime.wiring import archive, bank_settings
from scrm.runtime.wiring.tables import bucket, table
from scrm.service.daily import ServiceDays
from scrm.service.quality import ServiceSettings
from scrm.settings.reader import SettingsReader
from scrm.settings.service import TOPIC, ServiceDocument


def merger() -> IndexMerger:
    documents = bucket("DATA_BUCKET")
    return IndexMerger(DuckDbEngine(documents), documents)


def service_days(settings: ServiceSettings) -> ServiceDays:
    documents = bucket("DATA_BUCKET")
    return ServiceDays(DuckDbEngine(documents), documents, BucketServiceFacts(documents), settings)


def current_settings(reader: SettingsReader[ServiceDocument]) -> ServiceSettings:
    return service_settings(reader.current())


@functools.cache
def settings_reader() -> SettingsReader[ServiceDocument]:
    return SettingsReader(bank_settings.store(), TOPIC, ServiceDocument, bank_settings.report_invalid)


def approved_exports() -> ApprovedExports:
    """For one run: it keeps the segments that it read."""
    documents = bucket("DATA_BUCKET")
    audit = AuditLog(DynamoAuditStore(required("AUDIT_TABLE"), session.client("dynamodb")))
    desk = ExportDesk(archive_exports.exports(table("ARCHIVE_TABLE")), AuditedArchive(audit))
    folder = BucketExportFolder(documents, lambda: session.client("s3"), required("ARCHIVE_BUCKET"))
    writing = ExportWriting(DuckDbEngine(documents), MessageReader(archive.objects()), folder)
    return ApprovedExports(desk, writing, clock.now)


def reset() -> None:
    """Forget every built object; for tests."""
    settings_reader.cache_clear()
