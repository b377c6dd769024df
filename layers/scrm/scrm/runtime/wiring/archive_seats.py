"""Joins who is archived to WeCom's list of seats and answers, to relations and to the archive's table."""

from scrm import clock
from scrm.archive.asking import Asking
from scrm.archive.coverage import Coverage
from scrm.aws.archive_members import DynamoArchiveMembers
from scrm.aws.archive_queues import SqsConsentQueue
from scrm.aws.contact_table import DynamoContactRepository
from scrm.runtime.archive_agreements import KnownTalks, WecomAgreements
from scrm.runtime.wiring.archive_source import ARCHIVE_APP
from scrm.runtime.wiring.tables import queue, table
from scrm.runtime.wiring.wecom import wecom_client
from scrm.wecom.api.conversation_archive import ConversationArchive
from scrm.wecom.governor_state import Priority


def archive() -> ConversationArchive:
    """By the archive app's own secret."""
    return wecom_client(Priority.STATISTICS, ARCHIVE_APP).conversation_archive


def coverage() -> Coverage:
    return Coverage(DynamoArchiveMembers(table("ARCHIVE_TABLE")))


def asking() -> Asking:
    return Asking(
        tallies=DynamoArchiveMembers(table("ARCHIVE_TABLE")),
        talks=KnownTalks(DynamoContactRepository(table("CONTACTS_TABLE"))),
        agreements=WecomAgreements(archive()),
        coverage=coverage(),
        now=clock.now,
    )


def consents() -> SqsConsentQueue:
    return SqsConsentQueue(queue("ARCHIVE_INTAKE_QUEUE_URL"))
