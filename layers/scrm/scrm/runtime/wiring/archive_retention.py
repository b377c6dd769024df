"""Joins the locks of the archive's evidence to its bucket, its table and the bank's word on retention."""

import functools
from typing import cast

from scrm import clock
from scrm.archive.retaining import Retaining
from scrm.archive.retention import Retention
from scrm.aws import session
from scrm.aws.archive_days import DynamoCertifiedDays
from scrm.aws.object_locks import LockMode, S3ObjectLocks
from scrm.aws.retention_progress import DynamoRetentionProgress
from scrm.runtime.environment import required
from scrm.runtime.retention_joins import retention_of
from scrm.runtime.wiring import bank_settings
from scrm.runtime.wiring.tables import table
from scrm.settings.ports import SettingsStore
from scrm.settings.reader import stored_as
from scrm.settings.retention import TOPIC, RetentionDocument


def retaining() -> Retaining:
    rows, mode = table("ARCHIVE_TABLE"), cast("LockMode", required("ARCHIVE_LOCK_MODE"))
    return Retaining(
        archive=S3ObjectLocks(lambda: session.client("s3"), required("ARCHIVE_BUCKET"), mode),
        days=DynamoCertifiedDays(rows),
        progress=DynamoRetentionProgress(rows),
        retention=functools.partial(_retention, bank_settings.store(), int(required("ARCHIVE_LOCK_DAYS"))),
        now=clock.now,
    )


def _retention(settings: SettingsStore, locked_days: int) -> Retention:
    """As of this moment. Raises InvalidSettingsError: nothing is locked by a guess."""
    document, _ = settings.read(TOPIC)
    return retention_of(stored_as(RetentionDocument, TOPIC, document), locked_days)
