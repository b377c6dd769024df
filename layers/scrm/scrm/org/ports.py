"""What the organisation feature needs from the outside world."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from scrm.org.model import Alias, Cover, Member, MemberDetail, OrgNode, StaffAttributes


@dataclass(frozen=True, slots=True)
class Department:
    """A department as the address book lists it; ``leaders`` are userids, may be empty."""

    department_id: str
    name: str
    parent_id: str
    leaders: tuple[str, ...] = ()


class AddressBookSource(Protocol):
    """WeCom's address book."""

    def departments(self) -> Sequence[Department]:
        """Every department the app may see."""

    def members_of(self, department_id: str, node_path: str, serving: frozenset[str]) -> Iterable[Member]:
        """The department's direct members, none when it is gone; ``serving`` are userids that may hold customers.

        ``node_id`` is each one's main department, which may be another one: who is in several is listed in each.
        """

    def find(self, userid: str, serving: frozenset[str]) -> Member | None:
        """One member, ``node_path`` left empty; None when the account is deleted."""


class NodeRepository(Protocol):
    """The nodes of the organisation's table."""

    def node(self, node_id: str) -> OrgNode | None: ...

    def nodes(self, node_ids: Sequence[str]) -> dict[str, OrgNode]:
        """Those of the nodes that are known."""

    def all_nodes(self) -> Iterator[OrgNode]:
        """Every node, closed ones too; what was written a moment ago may lack."""

    def put_node(self, node: OrgNode, seen_version: int | None) -> bool:
        """Store on the version it was read with, None for a new one; False when somebody was faster.

        The version stored is the node's own: who changes what others see raises it.
        """

    def put_node_with_code(self, node: OrgNode, seen: OrgNode) -> bool:
        """As `put_node`, with the branch code of ``node`` reserved and that of ``seen`` given back.

        False when somebody was faster, or another node has the code.
        """

    def holder_of_code(self, branch_code: str) -> str:
        """The node_id that has the branch code; empty when none has."""


class FormalGate(Protocol):
    """What a node passes to become formal (S13, S45)."""

    def is_open(self, node_path: str) -> bool: ...


class MemberRepository(Protocol):
    """The members of the organisation's table; an older word never replaces a newer one."""

    def member(self, userid: str) -> Member | None:
        """The member, by his old userid too."""

    def stored_members(self, userids: Sequence[str]) -> dict[str, Member | Alias]:
        """What is stored under each userid, renames not followed."""

    def detail(self, userid: str) -> MemberDetail | None:
        """The member with attributes and cover, by his old userid too."""

    def members_of_branch(self, branch_id: str) -> Iterator[Member]:
        """Every known member of the branch and what lies below it."""

    def put_member(self, member: Member) -> bool:
        """Store unless a newer state is known; False when it was older.

        News about a userid from before its rename goes to the new one; later news makes it a member of its own again.
        """

    def alias(self, userid: str) -> Alias | None:
        """Whether the userid was renamed."""

    def put_alias(self, alias: Alias, renamed: Member, seen: Member | None) -> bool:
        """Make the old userid an alias and store the member under the new one, both or none.

        False when the new one's row is no longer ``seen``.
        """

    def attributes(self, userid: str) -> StaffAttributes:
        """What the roster says of the member; a userid without an account may have some."""

    def put_attributes(self, attributes: Mapping[str, StaffAttributes]) -> None:
        """By userid; replaces what was known."""


class CoverRepository(Protocol):
    """HR's words on leaves."""

    def cover(self, userid: str) -> Cover | None: ...

    def put_cover(self, cover: Cover, seen: Cover | None) -> bool:
        """Store in place of what was read; False when somebody was faster."""

    def remove_cover(self, cover: Cover) -> None:
        """Forget it, if it is still the latest word."""

    def covers_by(self, cover_userid: str) -> list[Cover]:
        """Latest words in which the member is the cover, of any day."""


class OrgRepository(NodeRepository, MemberRepository, CoverRepository, Protocol):
    """The organisation's table."""
