"""The organisation, in the handover's words."""

from collections.abc import Callable, Iterable
from datetime import datetime

from scrm import clock
from scrm.aws.org_table import DynamoOrgRepository
from scrm.handover.ports import HEAD_OFFICE, StaffMember
from scrm.node_paths import ROOT_NODE_ID, branch_of
from scrm.org.acting import ActingMembers, business_day
from scrm.org.model import MemberDetail, MemberStatus


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
        """As the port says; for a manager on leave whoever covers him answers."""
        now = self._now()
        for node_id in (branch_of(node_path), ROOT_NODE_ID):
            node = self._org.node(node_id)
            manager = self._org.detail(node.manager_userid) if node and node.manager_userid else None
            if manager is None or manager.member.status is not MemberStatus.ACTIVE:
                continue
            userid = manager.member.userid
            acting = self._acting.acting_for(userid, now) if manager.is_on_leave(business_day(now)) else userid
            if acting not in {"", leaver}:
                return acting
        return HEAD_OFFICE

    def is_active(self, userid: str) -> bool:
        if userid == HEAD_OFFICE:
            return True
        detail = self._org.detail(userid)
        if detail is None or detail.member.status is not MemberStatus.ACTIVE:
            return False
        return not detail.is_on_leave(business_day(self._now()))

    def _to_staff(self, detail: MemberDetail, node_name: str = "") -> StaffMember:
        member, attributes = detail.member, detail.attributes
        today = business_day(self._now())
        on_leave = detail.is_on_leave(today)
        return StaffMember(
            userid=member.userid,
            name=member.name,
            node_id=member.node_id,
            node_path=member.node_path,
            node_name=node_name,
            can_take_over=member.can_take_over and not on_leave,
            rejoined_at=member.rejoined_at,
            on_leave=on_leave,
            leave_in_days=detail.cover.days_until(today) if detail.cover else None,
            capacity=attributes.capacity,
            languages=attributes.languages,
            qualifications=attributes.qualifications,
        )
