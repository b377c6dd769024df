"""Joins the opening of pages to the source's cipher, the bank's keys, the bucket and the table."""

import functools

from scrm import clock
from scrm.archive.opening import RowOpener
from scrm.archive.page_opening import PageOpening, ParkedRows
from scrm.aws.archive_table import DynamoSegmentStore
from scrm.runtime.wiring import archive, archive_source
from scrm.runtime.wiring.tables import table


@functools.cache
def opener() -> RowOpener:
    """One per process: it keeps the keys that it parsed."""
    return RowOpener(archive_source.private_keys(), archive_source.chat_source())


def page_opening() -> PageOpening:
    store = DynamoSegmentStore(table("ARCHIVE_TABLE"))
    return PageOpening(opener(), archive.objects(), store, archive.segment_news(), clock.now)


def parked_rows() -> ParkedRows:
    store = DynamoSegmentStore(table("ARCHIVE_TABLE"))
    return ParkedRows(opener(), archive.objects(), store, archive.page_queue(), archive.segment_news(), clock.now)


def reset() -> None:
    """Forget every built object; for tests."""
    opener.cache_clear()
    archive_source.reset()
