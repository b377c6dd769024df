"""Everybody at or below a node of the organisation, in one fixed order: branch by branch, and by userid."""

from collections.abc import Iterator
from typing import Protocol

from scrm.node_paths import ROOT_NODE_ID, ROOT_PATH, branch_of, covers
from scrm.org.model import Member, OrgNode


class Staff(Protocol):
    """The organisation's table."""

    def all_nodes(self) -> Iterator[OrgNode]: ...

    def members_of_branch(self, branch_id: str) -> Iterator[Member]:
        """By userid."""


def members_below(staff: Staff, node_path: str, after: tuple[str, str] | None = None) -> Iterator[tuple[str, Member]]:
    """Branch and member, after the last (branch, userid) that was taken."""
    for branch_id in _branches(staff, node_path):
        if after is not None and branch_id < after[0]:
            continue
        for member in staff.members_of_branch(branch_id):
            is_done = after is not None and (branch_id, member.userid) <= after
            if not is_done and covers(node_path, member.node_path):
                yield branch_id, member


def _branches(staff: Staff, node_path: str) -> list[str]:
    if node_path != ROOT_PATH:
        return [branch_of(node_path)]
    return sorted({ROOT_NODE_ID, *(branch_of(node.path) for node in staff.all_nodes())})
