"""What people decide about a customer: holds, assignments; and what the customer master says of him (S21)."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from scrm.contacts import ownership
from scrm.contacts.model import Basis, Customer, Hold, HoldReason, MasterRow, RelationState
from scrm.contacts.ports import ContactRepository
from scrm.contacts.writer import CustomerWriter, Wanted


class Decision(StrEnum):
    """What became of a decision: ``unchanged`` when it held already."""

    APPLIED = "applied"
    UNCHANGED = "unchanged"
    UNKNOWN_CUSTOMER = "unknown_customer"
    NOT_FOLLOWING = "not_following"


@dataclass(frozen=True, slots=True)
class Accountability:
    """Use case of the admin API; whoever calls it writes the audit entry of what was applied."""

    repository: ContactRepository
    writer: CustomerWriter

    def set_hold(self, external_userid: str, reason: HoldReason, actor: str, at: datetime) -> Decision:
        """Keep the customer from being moved automatically; the hold that stands first stays until it is lifted."""
        return self._decide(
            external_userid,
            lambda customer: replace(customer, hold=customer.hold or Hold(reason, at, actor)),
        )

    def lift_hold(self, external_userid: str, reason: HoldReason) -> Decision:
        """Lift the hold of this reason; another one stays."""

        def edit(customer: Customer) -> Customer:
            stands = customer.hold is not None and customer.hold.reason is reason
            return replace(customer, hold=None) if stands else customer

        return self._decide(external_userid, edit)

    def assign_owner(self, external_userid: str, userid: str, actor: str, at: datetime) -> Decision:
        """Make an active follower the accountable owner; it outranks the customer master from then on."""
        refused: list[Decision] = []

        def edit(customer: Customer) -> Customer:
            refused.clear()
            standing = ownership.standing_of(customer, userid)
            if standing is None or standing.state is not RelationState.ACTIVE:
                refused.append(Decision.NOT_FOLLOWING)
                return customer
            if customer.owner_userid == userid and customer.basis is Basis.ASSIGNED:
                return customer
            return ownership.with_assignment(customer, userid, actor, at)

        decision = self._decide(external_userid, edit)
        return refused[0] if refused else decision

    def master_says(self, external_userid: str, userid: str, as_of: datetime) -> Decision:
        """The managing RM of the customer master's file of ``as_of``."""
        return self._decide(external_userid, lambda customer: ownership.with_master(customer, MasterRow(userid, as_of)))

    def _decide(self, external_userid: str, edit: Callable[[Customer], Customer]) -> Decision:
        known = self.repository.read(customers=[external_userid])
        if external_userid not in known.customers:
            return Decision.UNKNOWN_CUSTOMER
        changed: list[bool] = []

        def noted(customer: Customer) -> Customer:
            after = edit(customer)
            changed[:] = [after != customer]
            return after

        self.writer.apply([Wanted(external_userid, noted)], known)
        return Decision.APPLIED if changed[-1] else Decision.UNCHANGED
