"""Joins who is archived to WeCom's list of seats and to the archive's table."""

from scrm.archive.coverage import Coverage
from scrm.aws.archive_members import DynamoArchiveMembers
from scrm.runtime.wiring.archive_source import ARCHIVE_APP
from scrm.runtime.wiring.tables import table
from scrm.runtime.wiring.wecom import wecom_client
from scrm.wecom.api.conversation_archive import ConversationArchive
from scrm.wecom.governor_state import Priority


def archive() -> ConversationArchive:
    """By the archive app's own secret."""
    return wecom_client(Priority.STATISTICS, ARCHIVE_APP).conversation_archive


def coverage() -> Coverage:
    return Coverage(DynamoArchiveMembers(table("ARCHIVE_TABLE")))
