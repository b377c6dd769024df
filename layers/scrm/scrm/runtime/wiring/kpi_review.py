"""Joins what is made of the bank's figures by schedule: reviews that are due, what they read, and ledgers."""

import functools
from typing import Final

from scrm.audit.log import AuditLog
from scrm.aws import session
from scrm.aws.audit_table import DynamoAuditStore
from scrm.aws.feed_versions import FeedVersions
from scrm.aws.ledger_documents import BucketLedgers
from scrm.aws.touches import TouchDays
from scrm.aws.uplift_documents import BucketReviewDocuments
from scrm.aws.uplift_journal import AuditedReviews
from scrm.aws.uplift_table import DynamoReviews
from scrm.runtime.environment import required
from scrm.runtime.ledger_joins import BankLedgers, windows_of
from scrm.runtime.run_time import invocation
from scrm.runtime.uplift_joins import BankSources
from scrm.runtime.wiring import bank_settings
from scrm.runtime.wiring.sql_engine import sql_engine
from scrm.runtime.wiring.tables import bucket, table
from scrm.settings.reader import SettingsReader
from scrm.settings.uplift import TOPIC, UpliftDocument
from scrm.sql import SqlEngine
from scrm.uplift.ledgers import LedgerRuns
from scrm.uplift.reviews import ReviewRuns

_ACTOR: Final = "function:kpi_review"
MEMORY_LIMIT: Final = "1200MB"
MOST_BYTES: Final = 3 * 1024**3
MOST_SPILLED: Final = 6 * 1024**3
"""Both lie on the function's disk of 10 GB."""


@functools.cache
def engine() -> SqlEngine:
    return sql_engine(MOST_BYTES, MEMORY_LIMIT, MOST_SPILLED, invocation.left_s)


def touches() -> TouchDays:
    return TouchDays(bucket("DATA_BUCKET"), engine())


def reviews() -> ReviewRuns:
    documents = bucket("DATA_BUCKET")
    return ReviewRuns(
        DynamoReviews(table("TARGETS_TABLE")),
        BucketReviewDocuments(documents),
        BankSources(documents, FeedVersions(documents), touches(), engine()),
        AuditedReviews(AuditLog(DynamoAuditStore(required("AUDIT_TABLE"), session.client("dynamodb")))),
        _ACTOR,
    )


@functools.cache
def settings_reader() -> SettingsReader[UpliftDocument]:
    return SettingsReader(bank_settings.store(), TOPIC, UpliftDocument, bank_settings.report_invalid)


def ledgers() -> LedgerRuns:
    documents = bucket("DATA_BUCKET")
    sources = BankLedgers(documents, FeedVersions(documents), touches(), engine())
    return LedgerRuns(sources, BucketLedgers(documents), lambda: windows_of(settings_reader().current()))


def reset() -> None:
    """Forget every built object; for tests."""
    engine.cache_clear()
    settings_reader.cache_clear()
