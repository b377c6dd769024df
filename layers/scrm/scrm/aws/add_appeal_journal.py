"""Audit entries of appeals against judgements on adds."""

from datetime import datetime

from scrm import clock, ids
from scrm.adds.appeals import Appeal
from scrm.audit.log import AuditLog


class AuditedAddAppeals:
    """Implements `scrm.two_persons.RequestJournal`. A later appeal about the same add is another entry."""

    def __init__(self, audit: AuditLog) -> None:
        self._audit = audit

    def told(self, appeal: Appeal, actor: str, at: datetime) -> None:
        state = appeal.state.value
        cause = ids.derive("evt", appeal.appeal_id, clock.to_iso(appeal.requested_at), state)
        self._audit.record(
            actor, f"add_appeal.{state}", appeal.appeal_id, appeal.wanted.node_path, "done", at, cause=cause
        )
