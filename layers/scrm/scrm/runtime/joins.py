"""Features meet here: what one feature knows, in the words another one asks with."""

from collections.abc import Iterable, Iterator

from scrm.aws.contact_table import DynamoContactRepository
from scrm.aws.org_table import DynamoOrgRepository
from scrm.contacts.model import RelationState
from scrm.handover.edges import EdgeCause
from scrm.handover.ports import LeaversCustomer, StaffMember
from scrm.node_paths import ROOT_NODE_ID, branch_of
from scrm.org.model import Member, MemberStatus

# Who answers when nobody else can: a role, not a person (docs/operations).
HEAD_OFFICE = "head_office"

_INELIGIBLE = {
    RelationState.HALF_ADDED: EdgeCause.HALF_ADDED,
    RelationState.DELETED_BY_CUSTOMER: EdgeCause.DELETED_BY_CUSTOMER,
}


class OrgStaffDirectory:
    """Implements `scrm.handover.ports.StaffDirectory` on the organisation's table."""

    def __init__(self, org: DynamoOrgRepository) -> None:
        self._org = org

    def staff_member(self, userid: str) -> StaffMember | None:
        member = self._org.member(userid)
        if member is None:
            return None
        node = self._org.node(member.node_id)
        return _to_staff(member, node.name if node else "")

    def colleagues(self, node_path: str) -> Iterable[StaffMember]:
        return map(_to_staff, self._org.members_of_branch(branch_of(node_path)))

    def manager_of(self, node_path: str, *, leaver: str) -> str:
        for node_id in (branch_of(node_path), ROOT_NODE_ID):
            node = self._org.node(node_id)
            manager = self._org.member(node.manager_userid) if node and node.manager_userid else None
            if manager and manager.userid != leaver and manager.status is MemberStatus.ACTIVE:
                return manager.userid
        return HEAD_OFFICE


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


def _to_staff(member: Member, node_name: str = "") -> StaffMember:
    return StaffMember(
        userid=member.userid,
        name=member.name,
        node_id=member.node_id,
        node_path=member.node_path,
        node_name=node_name,
        can_take_over=member.can_take_over,
        rejoined_at=member.rejoined_at,
    )
