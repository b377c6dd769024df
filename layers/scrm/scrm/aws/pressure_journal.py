"""Exceptions from the weekly caps in the audit log."""

from datetime import datetime

from scrm import ids
from scrm.audit.log import AuditLog
from scrm.pressure.exceptions import PressureException


class AuditedExceptions:
    """Implements `scrm.pressure.exceptions.ExceptionJournal`."""

    def __init__(self, audit: AuditLog) -> None:
        self._audit = audit

    def told(self, exception: PressureException, actor: str, at: datetime) -> None:
        wanted, state = exception.wanted, exception.state.value
        cause = ids.derive("evt", exception.exception_id, state)
        subject = f"{exception.exception_id}/{wanted.scope.value}:{wanted.subject_id}/{wanted.weekly_cap}"
        self._audit.record(actor, f"pressure_exception.{state}", subject, exception.node_path, "done", at, cause=cause)
