"""What people decided about customers, told to the audit log.

Ids derive from what was stored, so a repeat after a crash is the same entry.
"""

from datetime import datetime

from scrm import clock, ids
from scrm.audit.log import AuditLog
from scrm.contacts.queries import CustomerView


class CustomerJournal:
    """``node_path`` is the owner's: the entry is in his branch's chain."""

    def __init__(self, audit: AuditLog) -> None:
        self._audit = audit

    def held(self, customer: CustomerView, node_path: str) -> None:
        """The hold that stands, by who set it."""
        if customer.hold is not None:
            hold = customer.hold
            self._record(hold.by, f"customer.held.{hold.reason.value}", customer, node_path, hold.since)

    def released(self, customer: CustomerView, node_path: str, actor: str, at: datetime) -> None:
        """The hold that is about to be lifted; called before it is, because then nothing tells of it any more."""
        if customer.hold is not None:
            action = f"customer.released.{customer.hold.reason.value}"
            self._record(actor, action, customer, node_path, at, cause=clock.to_iso(customer.hold.since))

    def assigned(self, customer: CustomerView, node_path: str, actor: str) -> None:
        """The owner whom somebody chose."""
        if customer.owner_since is not None:
            self._record(actor, "customer.assigned", customer, node_path, customer.owner_since)

    def _record(
        self, actor: str, action: str, customer: CustomerView, node_path: str, at: datetime, cause: str = ""
    ) -> None:
        subject = f"{customer.external_userid}/{customer.owner_userid}"
        event_id = ids.derive("evt", customer.external_userid, action, customer.owner_userid, cause or clock.to_iso(at))
        self._audit.record(actor, action, subject, node_path, "done", at, cause=event_id)
