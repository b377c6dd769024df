"""Joins the archive's intake to its source, its bucket, its table and the budget of pulls."""

import functools
import time

from scrm import clock
from scrm.archive.intake import Intake
from scrm.archive.sweep import IntakeCare
from scrm.aws import session
from scrm.aws.archive_queues import SqsPullQueue
from scrm.aws.archive_table import DynamoIntakeStore
from scrm.aws.rate_table import DynamoRateTable
from scrm.runtime.environment import required
from scrm.runtime.wiring import archive, archive_care, archive_source
from scrm.runtime.wiring.tables import queue, table
from scrm.wecom.archive.budget import GovernedPulls


@functools.cache
def intake() -> Intake:
    """One per process: it remembers how large a page may be."""
    rates = DynamoRateTable(session.client("dynamodb"), required("PLATFORM_TABLE"))
    return Intake(
        source=archive_source.chat_source(),
        objects=archive.objects(),
        store=DynamoIntakeStore(table("ARCHIVE_TABLE")),
        queue=archive.page_queue(),
        budget=GovernedPulls(rates, int(required("ARCHIVE_PULLS_PER_MINUTE"))),
        corp_id=required("CORP_ID"),
        now=clock.now,
        pause=time.sleep,
    )


def care() -> IntakeCare:
    return archive_care.care()


def pulls() -> SqsPullQueue:
    return SqsPullQueue(queue("ARCHIVE_INTAKE_QUEUE_URL"))


def reset() -> None:
    """Forget every built object; for tests."""
    intake.cache_clear()
    archive_source.reset()
