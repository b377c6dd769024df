"""What the organisation feature needs from the outside world."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from scrm.org.model import Member, OrgNode


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
        """The department's direct members; ``serving`` are the userids that may hold customers."""


class OrgRepository(Protocol):
    """The organisation's table; one writer per item wins by time."""

    def node(self, node_id: str) -> OrgNode | None: ...

    def member(self, userid: str) -> Member | None: ...

    def members_of_branch(self, branch_id: str) -> Iterator[Member]:
        """Every known member of the branch and what lies below it."""

    def put_nodes(self, nodes: Sequence[OrgNode]) -> None: ...

    def put_member(self, member: Member) -> bool:
        """Store unless a newer state is known; False when it was older."""
