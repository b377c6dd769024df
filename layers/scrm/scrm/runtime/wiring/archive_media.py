"""Joins the fetching of files to the source, the bucket and the table."""

import time

from scrm import clock
from scrm.archive.media import MediaFetching
from scrm.archive.media_pages import MediaCare, PageMedia
from scrm.aws import session
from scrm.aws.archive_queues import SqsSegmentNews
from scrm.aws.media_table import DynamoMediaStore
from scrm.aws.media_uploads import S3MediaUpload
from scrm.runtime.environment import required
from scrm.runtime.wiring import archive, archive_source
from scrm.runtime.wiring.tables import queue, table


def page_media() -> PageMedia:
    store = DynamoMediaStore(table("ARCHIVE_TABLE"))
    upload = S3MediaUpload(lambda: session.client("s3"), required("ARCHIVE_BUCKET"))
    fetching = MediaFetching(archive_source.chat_source(), upload, store, clock.now, time.sleep)
    return PageMedia(archive.objects(), store, fetching, clock.now)


def care() -> MediaCare:
    return MediaCare(DynamoMediaStore(table("ARCHIVE_TABLE")), news(), clock.now)


def news() -> SqsSegmentNews:
    """Its own queue alone: others have seen these rows."""
    return SqsSegmentNews(queue("ARCHIVE_MEDIA_QUEUE_URL"))


def reset() -> None:
    """Forget every built object; for tests."""
    archive_source.reset()
