"""Joins the bank's word on retention to the archive's rules."""

from scrm.archive.retention import RecordClass, Retention
from scrm.settings.retention import RetentionDocument


def retention_of(document: RetentionDocument, locked_days: int) -> Retention:
    """``locked_days``: what the archive's bucket locks by itself."""
    chosen = {
        RecordClass.CHAT: document.chat_days,
        RecordClass.MEDIA: document.media_days,
        RecordClass.CERTIFICATE: document.certificate_days,
    }
    return Retention(locked_days, chosen)
