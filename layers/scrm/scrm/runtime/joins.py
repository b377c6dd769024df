"""Features meet here: what one feature knows, in the words another one asks with."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from scrm import clock
from scrm.aws.contact_table import DynamoContactRepository
from scrm.aws.org_table import DynamoOrgRepository
from scrm.contacts.model import RelationState
from scrm.handover.edges import EdgeCause
from scrm.handover.ports import LeaversCustomer, StaffMember
from scrm.node_paths import ROOT_NODE_ID, branch_of
from scrm.org.leave import ActingMembers, business_day
from scrm.org.model import Member, MemberDetail, MemberStatus

# Who answers when nobody else can: a role, not a person (docs/operations).
HEAD_OFFICE = "head_office"

_INELIGIBLE = {
    RelationState.HALF_ADDED: EdgeCause.HALF_ADDED,
    RelationState.DELETED_BY_CUSTOMER: EdgeCause.DELETED_BY_CUSTOMER,
}


class OrgStaffDirectory:
    """Implements `scrm.handover.ports.StaffDirectory` on the organisation's table."""

    def __init__(self, org: DynamoOrgRepository, now: Callable[[], datetime] = clock.now) -> None:
        self._org = org
        self._acting = ActingMembers(org)
        self._now = now

    def staff_member(self, userid: str) -> StaffMember | None:
        """The member, by an old userid too; his ``userid`` is the present one."""
        detail = self._org.detail(userid)
        if detail is None:
            return None
        node = self._org.node(detail.member.node_id)
        return self._to_staff(detail, node.name if node else "")

    def colleagues(self, node_path: str) -> Iterable[StaffMember]:
        return map(self._to_staff, self._org.details_of_branch(branch_of(node_path)))

    def manager_of(self, node_path: str, *, leaver: str) -> str:
        for node_id in (branch_of(node_path), ROOT_NODE_ID):
            node = self._org.node(node_id)
            manager = self._org.member(node.manager_userid) if node and node.manager_userid else None
            if manager and manager.status is MemberStatus.ACTIVE:
                acting = self._acting.acting_for(manager.userid, self._now())
                if acting not in {"", leaver}:
                    return acting
        return HEAD_OFFICE

    def _to_staff(self, detail: MemberDetail, node_name: str = "") -> StaffMember:
        now = self._now()
        member, attributes = detail.member, detail.attributes
        on_leave = detail.is_on_leave(business_day(now))
        return StaffMember(
            userid=member.userid,
            name=member.name,
            node_id=member.node_id,
            node_path=member.node_path,
            node_name=node_name,
            unavailable=_unavailable(member, on_leave=on_leave),
            capacity=attributes.capacity,
            languages=attributes.languages,
            qualifications=attributes.qualifications,
            rejoined_at=member.rejoined_at,
            cover_userid=self._acting.acting_for(member.userid, now) if on_leave else "",
        )


class ContactCustomerBook:
    """Implements `scrm.handover.ports.CustomerBook` on the relation table."""

    def __init__(self, contacts: DynamoContactRepository) -> None:
        self._contacts = contacts

    def customers_of(self, userid: str) -> Iterator[LeaversCustomer]:
        for relation in self._contacts.relations_of(userid):
            yield LeaversCustomer(relation.external_userid, _INELIGIBLE.get(relation.state, ""))

    def groups_of(self, userid: str) -> Iterator[str]:
        for group in self._contacts.groups_of(userid):
            yield group.chat_id

    def load_of(self, userid: str) -> int:
        return self._contacts.count_relations(userid)


def _unavailable(member: Member, *, on_leave: bool) -> str:
    """Why the member may not take customers over, in the handover's words; empty when he may."""
    if member.status is not MemberStatus.ACTIVE:
        return member.status.value
    if not member.serves_customers:
        return "no_customer_contact"
    return "on_leave" if on_leave else ""
