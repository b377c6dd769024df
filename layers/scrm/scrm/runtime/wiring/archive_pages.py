"""Joins the opening of pages to the source's cipher, the bank's keys, the bucket and the table."""

import functools

from scrm import clock
from scrm.archive.opening import RowOpener
from scrm.archive.page_opening import PageOpening, ParkedRows
from scrm.aws import session
from scrm.aws.archive_table import DynamoSegmentStore
from scrm.aws.callback_inbox import JsonSecret
from scrm.runtime.environment import required
from scrm.runtime.wiring import archive
from scrm.runtime.wiring.tables import table
from scrm.wecom.archive.keys import SecretKeys


@functools.cache
def opener() -> RowOpener:
    """One per process: it keeps the keys that it parsed."""
    secret = JsonSecret(session.client("secretsmanager"), required("ARCHIVE_KEY_SECRET_ID"))
    return RowOpener(SecretKeys(secret.read), archive.source())


def page_opening() -> PageOpening:
    return PageOpening(opener(), archive.objects(), DynamoSegmentStore(table("ARCHIVE_TABLE")), clock.now)


def parked_rows() -> ParkedRows:
    store = DynamoSegmentStore(table("ARCHIVE_TABLE"))
    return ParkedRows(opener(), archive.objects(), store, archive.page_queue(), clock.now)


def reset() -> None:
    """Forget every built object; for tests."""
    opener.cache_clear()
