"""Make the organisation's table equal the address book, by full pass and by callback."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from scrm.node_paths import ROOT_PATH, branch_of, path_to
from scrm.org.model import Member, MemberStatus, OrgNode
from scrm.org.ports import AddressBookSource, OrgRepository


@dataclass(frozen=True, slots=True)
class OrgSync:
    """Use case of the nightly full pass; every step may be repeated."""

    source: AddressBookSource
    repository: OrgRepository

    def sync_nodes(self) -> list[OrgNode]:
        """Store every department as a node with its path and its first leader; returns them."""
        departments = self.source.departments()
        parents = {department.department_id: department.parent_id for department in departments}
        nodes = [
            OrgNode(
                node_id=department.department_id,
                name=department.name,
                path=path_to(department.department_id, parents),
                parent_id=department.parent_id,
                manager_userid=next(iter(department.leaders), ""),
            )
            for department in departments
        ]
        self.repository.put_nodes(nodes)
        return nodes

    def sync_members(self, node_ids: Sequence[str], serving: frozenset[str]) -> int:
        """Store the members of some nodes; returns how many differed from what was known."""
        changed = 0
        for node_id in node_ids:
            node = self.repository.node(node_id)
            path = node.path if node else ROOT_PATH
            known = {member.userid: member for member in self.repository.members_of_branch(branch_of(path))}
            for member in self.source.members_of(node_id, path, serving):
                changed += self._store_if_different(known.get(member.userid), member)
        return changed

    def _store_if_different(self, known: Member | None, found: Member) -> int:
        if known is not None and replace(known, changed_at=found.changed_at, rejoined_at=None) == found:
            return 0
        return int(self.repository.put_member(found))


@dataclass(frozen=True, slots=True)
class MemberChanges:
    """Use case of the address-book callbacks: they are hints with gaps, so they only upsert."""

    repository: OrgRepository

    def left(self, userid: str, at: datetime) -> Member | None:
        """Mark a deleted account; returns what was known of the member."""
        member = self.repository.member(userid)
        if member is not None:
            self.repository.put_member(replace(member, status=MemberStatus.LEFT, changed_at=at))
        return member

    def joined_or_changed(self, userid: str, at: datetime, *, name: str, node_id: str) -> None:
        """Create or update a member from create_user/update_user; empty fields keep what was known."""
        known = self.repository.member(userid)
        place = node_id or (known.node_id if known else "")
        node = self.repository.node(place) if place else None
        self.repository.put_member(
            Member(
                userid=userid,
                name=name or (known.name if known else ""),
                node_id=place,
                node_path=node.path if node else (known.node_path if known else ROOT_PATH),
                status=_status_after_change(known),
                serves_customers=known.serves_customers if known else False,
                changed_at=at,
            )
        )


def _status_after_change(known: Member | None) -> MemberStatus:
    """A change event of an account that had left means it is back; the next full pass tells more."""
    if known is None or known.status is MemberStatus.LEFT:
        return MemberStatus.NOT_ACTIVATED
    return known.status
