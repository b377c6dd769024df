"""What the functions of the archive share: its bucket, and the queues by which they tell each other."""

from scrm.aws import session
from scrm.aws.archive_objects import S3ArchiveObjects
from scrm.aws.archive_queues import SqsPageQueue, SqsSegmentNews
from scrm.runtime.environment import required
from scrm.runtime.wiring.tables import queue


def objects() -> S3ArchiveObjects:
    return S3ArchiveObjects(lambda: session.client("s3"), required("ARCHIVE_BUCKET"))


def segment_news() -> SqsSegmentNews:
    """To all who read segments."""
    return SqsSegmentNews(queue("ARCHIVE_SCREEN_QUEUE_URL"), queue("ARCHIVE_MEDIA_QUEUE_URL"))


def page_queue() -> SqsPageQueue:
    return SqsPageQueue(queue("ARCHIVE_QUEUE_URL"))
