"""What people do with archived conversations, in the audit log: ids and words only."""

from scrm import clock
from scrm.archive.access import Access
from scrm.archive.records import Asker
from scrm.audit.log import AuditLog
from scrm.ids import derive


class AuditedArchive:
    """Implements `scrm.archive.records.Journal`."""

    def __init__(self, audit: AuditLog) -> None:
        self._audit = audit

    def told(self, action: str, subject: str, asker: Asker) -> None:
        cause = derive("evt", subject, action, asker.actor, clock.to_iso(asker.at))
        self._audit.record(asker.actor, action, subject, asker.node_path, "done", asker.at, cause=cause)


class AuditedAccesses:
    """Implements `scrm.archive.access.AccessJournal`."""

    def __init__(self, audit: AuditLog) -> None:
        self._audit = audit

    def told(self, access: Access) -> None:
        action, subject = f"archive.{access.kind}", access.access_id
        cause = derive("evt", subject, action)
        self._audit.record(access.actor, action, subject, access.node_path, "done", access.at, cause=cause)
