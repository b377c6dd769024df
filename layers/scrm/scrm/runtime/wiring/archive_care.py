"""Joins the care of the archive's intake to its table and its queues."""

from scrm import clock
from scrm.archive.sweep import IntakeCare, IntakeDesk
from scrm.aws.archive_queues import SqsIntakeRequests
from scrm.aws.archive_table import DynamoIntakeStore, DynamoSegmentStore
from scrm.runtime.wiring import archive
from scrm.runtime.wiring.tables import queue, table


def care() -> IntakeCare:
    rows = table("ARCHIVE_TABLE")
    return IntakeCare(DynamoIntakeStore(rows), DynamoSegmentStore(rows), archive.page_queue(), clock.now)


def desk() -> IntakeDesk:
    """For operators."""
    return IntakeDesk(care(), SqsIntakeRequests(queue("ARCHIVE_INTAKE_QUEUE_URL"), queue("ARCHIVE_QUEUE_URL")))
