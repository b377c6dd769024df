"""What both functions of the archive's intake share: its bucket and its worker's queue."""

from scrm.aws import session
from scrm.aws.archive_objects import S3ArchiveObjects
from scrm.aws.archive_queues import SqsPageQueue
from scrm.runtime.environment import required
from scrm.runtime.wiring.tables import queue


def objects() -> S3ArchiveObjects:
    return S3ArchiveObjects(lambda: session.client("s3"), required("ARCHIVE_BUCKET"))


def page_queue() -> SqsPageQueue:
    return SqsPageQueue(queue("ARCHIVE_QUEUE_URL"))
