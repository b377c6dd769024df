"""Make the organisation's table equal the address book, by full pass and by callback."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import batched

from scrm import clock
from scrm.node_paths import ROOT_PATH, branch_of, path_to
from scrm.org.model import Alias, Member, MemberStatus, OrgNode
from scrm.org.ports import AddressBookSource, Department, OrgRepository

_MEMBERS_PER_READ = 100
_ATTEMPTS = 5
# If more departments lack than a few and than this share, the app's visible range was cut, the bank was not reformed.
_FEW_CLOSED = 10
_MOST_CLOSED = 0.5


class NodeConflictError(Exception):
    """Others kept changing a node; the message should be tried later."""


@dataclass(frozen=True, slots=True)
class NodeSync:
    """What a pass over the departments found.

    ``nodes`` are those the address book has. ``members_due`` are ids of nodes that are new or have another path than
    when their members were last stored: `OrgSync.sync_members` must see them, and until then every pass names them
    again. ``closed`` were marked as closed now. ``missing_kept`` are open nodes that the address book lacks and that
    were left open, because so many lack.
    """

    nodes: tuple[OrgNode, ...]
    members_due: tuple[str, ...] = ()
    closed: tuple[str, ...] = ()
    missing_kept: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OrgSync:
    """Use case of the nightly full pass and of department callbacks; every step may be repeated."""

    source: AddressBookSource
    repository: OrgRepository
    now: Callable[[], datetime] = clock.now

    def sync_nodes(self) -> NodeSync:
        """Store every department that differs, with its path and its first leader; what operators set stays."""
        # Read before the address book, so that a department made meanwhile is not taken for one that is gone.
        known = {node.node_id: node for node in self.repository.all_nodes()}
        listed = {department.department_id: department for department in self.source.departments()}
        parents = {node_id: department.parent_id for node_id, department in listed.items()}
        nodes = [self._store(department, parents, known.get(node_id)) for node_id, department in listed.items()]
        gone = [node for node in known.values() if node.closed_at is None and node.node_id not in listed]
        keep = not listed or len(gone) > max(_FEW_CLOSED, len(known) * _MOST_CLOSED)
        return NodeSync(
            nodes=tuple(nodes),
            members_due=tuple(node.node_id for node in nodes if node.members_path != node.path),
            closed=() if keep else tuple(node.node_id for node in gone if self._close(node)),
            missing_kept=tuple(node.node_id for node in gone) if keep else (),
        )

    def sync_members(self, node_ids: Sequence[str], serving: frozenset[str]) -> int:
        """Store the members of some nodes; returns how many differed from what was known.

        A member who is listed nowhere any more is looked up: he moved, or his account was deleted and nobody told us.
        """
        nodes = self.repository.nodes(node_ids)
        listed: set[str] = set()
        changed = 0
        for node_id in node_ids:
            path = nodes[node_id].path if node_id in nodes else ROOT_PATH
            for found in batched(self.source.members_of(node_id, path, serving), _MEMBERS_PER_READ, strict=False):
                at_home = list(self._at_home(found, node_id))
                listed.update(member.userid for member in at_home)
                changed += self._store_members(at_home)
        changed += self._look_up_missing(frozenset(node_ids), nodes, listed, serving)
        for node in nodes.values():
            if node.members_path != node.path:
                # Somebody who was faster leaves the node due, and the next pass comes again.
                self.repository.put_node(replace(node, members_path=node.path), node.version)
        return changed

    def _store(self, department: Department, parents: dict[str, str], known: OrgNode | None) -> OrgNode:
        blank = OrgNode(department.department_id, "", "", "", version=-1)
        for _ in range(_ATTEMPTS):
            wanted = replace(
                known or blank,
                name=department.name,
                path=path_to(department.department_id, parents),
                parent_id=department.parent_id,
                manager_userid=next(iter(department.leaders), ""),
                closed_at=None,
            )
            if wanted == known:
                return known
            stored = replace(wanted, version=wanted.version + 1)
            if self.repository.put_node(stored, known.version if known else None):
                return stored
            known = self.repository.node(department.department_id)
        raise NodeConflictError(f"node {department.department_id} is being changed by others; try again")

    def _close(self, node: OrgNode) -> bool:
        """A closed node keeps its row: members and cases still point to it."""
        closed = replace(node, closed_at=self.now(), version=node.version + 1)
        return self.repository.put_node(closed, node.version)

    def _at_home(self, found: Sequence[Member], node_id: str) -> Iterator[Member]:
        """Members whose main department this is, or whose main department nobody lists: those must not be lost."""
        homes = self.repository.nodes(sorted({member.node_id for member in found} - {node_id}))
        for member in found:
            home = homes.get(member.node_id)
            if home is None or home.closed_at is not None:
                yield replace(member, node_id=node_id)

    def _store_members(self, found: Sequence[Member]) -> int:
        known = self.repository.stored_members([member.userid for member in found])
        differing = [member for member in found if _differs(known.get(member.userid), member)]
        return sum(self.repository.put_member(member) for member in differing)

    def _look_up_missing(
        self, node_ids: frozenset[str], nodes: Mapping[str, OrgNode], listed: set[str], serving: frozenset[str]
    ) -> int:
        changed = 0
        paths = {path for node in nodes.values() for path in (node.path, node.members_path) if path}
        for branch in sorted({branch_of(path) for path in paths}):
            for member in self.repository.members_of_branch(branch):
                left = member.status is MemberStatus.LEFT
                if member.node_id in node_ids and member.userid not in listed and not left:
                    changed += self._look_up(member, serving)
        return changed

    def _look_up(self, member: Member, serving: frozenset[str]) -> int:
        asked_at = self.now()
        found = self.source.find(member.userid, serving)
        if found is None:
            return self.repository.put_member(replace(member, status=MemberStatus.LEFT, changed_at=asked_at))
        node = self.repository.node(found.node_id)
        placed = replace(found, node_path=node.path if node else member.node_path)
        return self._store_members([placed])


def _differs(known: Member | Alias | None, found: Member) -> bool:
    """An alias differs when it was read after the rename: then somebody else has the old userid now."""
    if isinstance(known, Alias):
        return found.changed_at > known.renamed_at
    return known is None or replace(known, changed_at=found.changed_at, rejoined_at=None) != found


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
        known = self._known(userid, at)
        place = node_id or (known.node_id if known else "")
        node = self.repository.node(place) if place else None
        self.repository.put_member(
            Member(
                userid=known.userid if known else userid,
                name=name or (known.name if known else ""),
                node_id=place,
                node_path=node.path if node else (known.node_path if known else ROOT_PATH),
                status=status_after_change(known),
                serves_customers=known.serves_customers if known else False,
                changed_at=at,
            )
        )

    def _known(self, userid: str, at: datetime) -> Member | None:
        """News from before a rename is about the renamed; later news is about somebody who got the old userid."""
        alias = self.repository.alias(userid)
        return None if alias is not None and at > alias.renamed_at else self.repository.member(userid)


def status_after_change(known: Member | None) -> MemberStatus:
    """A change event of an account that had left means it is back; the next full pass tells more."""
    if known is None or known.status is MemberStatus.LEFT:
        return MemberStatus.NOT_ACTIVATED
    return known.status
