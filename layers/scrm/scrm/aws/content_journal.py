"""What became of content, told to the audit log: a repeat of a step is the same entry."""

from datetime import datetime

from scrm import ids
from scrm.audit.log import AuditLog
from scrm.content.model import ContentVersion


class AuditedContent:
    """Implements `scrm.content.ports.ContentJournal`."""

    def __init__(self, audit: AuditLog) -> None:
        self._audit = audit

    def told(self, version: ContentVersion, action: str, actor: str, at: datetime) -> None:
        subject = f"{version.activity_id}/v{version.version}"
        cause = ids.derive("evt", subject, action, actor, str(version.revision))
        self._audit.record(actor, f"content.{action}", subject, version.node_path, "done", at, cause=cause)
