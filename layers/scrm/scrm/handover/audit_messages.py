"""What the reconcile queue carries of an audit; apart from the other messages, whose readers never see one."""

from datetime import datetime
from typing import Literal

from scrm.handover.messages import HandoverMessage
from scrm.handover.orphans import AuditCounts, AuditPart, AuditStep


class AuditRequested(HandoverMessage):
    """Reconcile queue: audit one page of the lists of what is nobody's. Fields as in `orphans.AuditStep`."""

    kind: Literal["audit_requested"] = "audit_requested"
    run_id: str
    started_at: datetime
    part: AuditPart = AuditPart.CUSTOMERS
    cursor: str = ""
    counts: AuditCounts = AuditCounts()

    @classmethod
    def of(cls, step: AuditStep) -> "AuditRequested":
        return cls(
            run_id=step.run_id, started_at=step.started_at, part=step.part, cursor=step.cursor, counts=step.counts
        )

    def step(self) -> AuditStep:
        """What it asks for."""
        return AuditStep(self.run_id, self.started_at, self.part, self.cursor, self.counts)
