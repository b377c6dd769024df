"""The organisation, in the handover's words."""

from collections.abc import Iterable

from scrm.aws.org_table import DynamoOrgRepository
from scrm.handover.ports import HEAD_OFFICE, StaffMember
from scrm.node_paths import ROOT_NODE_ID, branch_of
from scrm.org.model import Member, MemberStatus


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

    def is_active(self, userid: str) -> bool:
        if userid == HEAD_OFFICE:
            return True
        member = self._org.member(userid)
        return member is not None and member.status is MemberStatus.ACTIVE


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
