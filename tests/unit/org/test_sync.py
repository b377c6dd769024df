from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from scrm.node_paths import branch_of, covers, path_to
from scrm.org.model import Member, MemberStatus, OrgNode
from scrm.org.ports import Department
from scrm.org.sync import MemberChanges, OrgSync

T0 = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


@dataclass
class FakeAddressBook:
    """Implements AddressBookSource."""

    tree: list[Department]
    members: dict[str, list[Member]] = field(default_factory=dict)

    def departments(self) -> Sequence[Department]:
        return self.tree

    def members_of(self, department_id: str, node_path: str, serving: frozenset[str]) -> Iterable[Member]:
        return [
            replace(member, node_path=node_path, serves_customers=member.userid in serving)
            for member in self.members.get(department_id, [])
        ]


@dataclass
class FakeOrg:
    """Implements OrgRepository."""

    nodes: dict[str, OrgNode] = field(default_factory=dict)
    members: dict[str, Member] = field(default_factory=dict)

    def node(self, node_id: str) -> OrgNode | None:
        return self.nodes.get(node_id)

    def member(self, userid: str) -> Member | None:
        return self.members.get(userid)

    def members_of_branch(self, branch_id: str) -> Iterator[Member]:
        yield from [member for member in self.members.values() if branch_of(member.node_path) == branch_id]

    def put_nodes(self, nodes: Sequence[OrgNode]) -> None:
        self.nodes |= {node.node_id: node for node in nodes}

    def put_member(self, member: Member) -> bool:
        known = self.members.get(member.userid)
        if known and known.changed_at > member.changed_at:
            return False
        self.members[member.userid] = member
        return True


def member(userid: str, node_id: str = "11", path: str = "/1/10/11/") -> Member:
    return Member(userid, "", node_id, path, MemberStatus.ACTIVE, serves_customers=True, changed_at=T0)


TREE = [
    Department("1", "总行", ""),
    Department("10", "杭州分行", "1", ("mgr_zhao",)),
    Department("11", "财富一部", "10"),
]


def test_departments_become_nodes_with_paths_and_managers() -> None:
    org = FakeOrg()

    OrgSync(FakeAddressBook(TREE), org).sync_nodes()

    assert {node.node_id: node.path for node in org.nodes.values()} == {"1": "/1/", "10": "/1/10/", "11": "/1/10/11/"}
    assert org.nodes["10"].manager_userid == "mgr_zhao"


def test_members_are_stored_once_and_only_differences_count() -> None:
    org = FakeOrg()
    sync = OrgSync(FakeAddressBook(TREE, {"11": [member("rm_a"), member("rm_b")]}), org)
    sync.sync_nodes()

    assert sync.sync_members(["11"], frozenset({"rm_a"})) == 2
    assert sync.sync_members(["11"], frozenset({"rm_a"})) == 0
    assert sync.sync_members(["11"], frozenset({"rm_a", "rm_b"})) == 1
    assert org.members["rm_b"].can_take_over


def test_leaver_keeps_his_place_but_cannot_take_over() -> None:
    org = FakeOrg(members={"rm_a": member("rm_a")})

    MemberChanges(org).left("rm_a", T0 + timedelta(hours=1))

    assert org.members["rm_a"].status is MemberStatus.LEFT
    assert org.members["rm_a"].node_path == "/1/10/11/"
    assert not org.members["rm_a"].can_take_over


def test_change_with_gaps_keeps_what_was_known() -> None:
    org = FakeOrg({"20": OrgNode("20", "宁波分行", "/1/20/", "1")}, {"rm_a": member("rm_a")})

    MemberChanges(org).joined_or_changed("rm_a", T0 + timedelta(hours=1), name="", node_id="20")

    moved = org.members["rm_a"]
    assert (moved.node_path, moved.status, moved.serves_customers) == ("/1/20/", MemberStatus.ACTIVE, True)


@pytest.mark.parametrize(("path", "branch"), [("/1/", "1"), ("/1/10/", "10"), ("/1/10/11/12/", "10"), ("", "1")])
def test_branch_is_the_second_id_of_a_path(path: str, branch: str) -> None:
    assert branch_of(path) == branch


def test_nobody_sees_beside_or_above_his_node() -> None:
    assert covers("/1/10/", "/1/10/11/")
    assert covers("/1/", "/1/20/")
    assert not covers("/1/10/", "/1/100/")
    assert not covers("/1/10/11/", "/1/10/")
    assert not covers("", "/1/10/")


@pytest.mark.parametrize(
    ("parents", "path"),
    [
        ({"12": "10", "10": "1", "1": ""}, "/1/10/12/"),
        ({"12": "10", "10": "12"}, "/1/10/12/"),
        ({"12": "99"}, "/1/99/12/"),
        ({}, "/1/12/"),
    ],
)
def test_broken_address_book_still_yields_a_path(parents: dict[str, str], path: str) -> None:
    assert path_to("12", parents) == path
