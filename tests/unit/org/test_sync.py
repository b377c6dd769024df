from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from scrm.node_paths import branch_of, covers, path_to
from scrm.org.model import Lifecycle, MemberStatus, OperatingMode, OrgNode
from scrm.org.ports import Department
from scrm.org.sync import MemberChanges, OrgSync
from tests.fakes.org import T0, FakeAddressBook, FakeOrg, member

TREE = [
    Department("1", "总行", ""),
    Department("10", "杭州分行", "1", ("mgr_zhao",)),
    Department("11", "财富一部", "10"),
]
MOVED = [*TREE[:2], Department("20", "宁波分行", "1"), Department("11", "财富一部", "20")]


@dataclass
class StaleIndex(FakeOrg):
    """Lists nodes as they were a moment ago, as an index does."""

    stale: dict[str, OrgNode] = field(default_factory=dict)

    def all_nodes(self) -> Iterator[OrgNode]:
        return iter(list(self.stale.values()))


def synced(tree: list[Department] = TREE) -> tuple[FakeAddressBook, FakeOrg, OrgSync]:
    book, org = FakeAddressBook(list(tree)), FakeOrg()
    sync = OrgSync(book, org, lambda: T0)
    nodes = sync.sync_nodes().nodes
    sync.sync_members([node.node_id for node in nodes], frozenset())
    return book, org, sync


class TestNodes:
    def test_departments_become_nodes_with_paths_and_managers(self) -> None:
        org = FakeOrg()

        OrgSync(FakeAddressBook(TREE), org).sync_nodes()

        paths = {node.node_id: node.path for node in org.node_rows.values()}
        assert paths == {"1": "/1/", "10": "/1/10/", "11": "/1/10/11/"}
        assert org.node_rows["10"].manager_userid == "mgr_zhao"

    def test_sync_keeps_what_operators_set(self) -> None:
        book, org, sync = synced()
        set_by_operator = replace(
            org.node_rows["10"],
            lifecycle=Lifecycle.PILOT,
            mode=OperatingMode.BRANCH_DIRECT_CENTER,
            branch_code="0571",
            version=5,
        )
        org.node_rows["10"] = set_by_operator
        book.tree[1] = Department("10", "浙江分行", "1", ("mgr_qian",))

        sync.sync_nodes()

        assert org.node_rows["10"] == replace(set_by_operator, name="浙江分行", manager_userid="mgr_qian", version=6)

    def test_sync_of_an_equal_tree_writes_nothing(self) -> None:
        _, org, sync = synced()
        before = dict(org.node_rows)

        found = sync.sync_nodes()

        assert org.node_rows == before
        assert (found.members_due, found.closed) == ((), ())

    def test_department_that_is_gone_is_closed_and_opens_again(self) -> None:
        book, org, sync = synced()
        book.tree = TREE[:2]

        assert sync.sync_nodes().closed == ("11",)
        assert org.node_rows["11"].closed_at == T0

        book.tree = TREE
        sync.sync_nodes()
        assert org.node_rows["11"].closed_at is None

    @pytest.mark.parametrize("left", [0, 5])
    def test_address_book_that_lost_most_of_its_departments_closes_nothing(self, left: int) -> None:
        tree = [Department("1", "总行", "")] + [Department(str(10 + n), "", "1") for n in range(29)]
        book, org, sync = synced(tree)
        book.tree = tree[:left]

        found = sync.sync_nodes()

        assert (len(found.missing_kept), found.closed) == (30 - left, ())
        assert all(node.closed_at is None for node in org.node_rows.values())

    def test_moved_department_names_everything_below_until_its_members_are_stored(self) -> None:
        book, org, sync = synced([*TREE, Department("12", "一组", "11")])
        book.listed = {"12": [member("rm_a", "12")]}
        sync.sync_members(["12"], frozenset())
        book.tree = [*MOVED, Department("12", "一组", "11")]

        assert set(sync.sync_nodes().members_due) == {"20", "11", "12"}
        assert set(sync.sync_nodes().members_due) == {"20", "11", "12"}

        sync.sync_members(["20", "11", "12"], frozenset())
        assert sync.sync_nodes().members_due == ()
        moved = org.member("rm_a")
        assert moved is not None
        assert moved.node_path == "/1/20/11/12/"

    def test_writer_who_was_faster_is_read_again(self) -> None:
        _, org, _ = synced()
        stale = StaleIndex(dict(org.node_rows), stale=dict(org.node_rows))
        known = stale.node_rows["10"]
        stale.node_rows["10"] = replace(known, branch_code="0571", version=known.version + 1)
        book = FakeAddressBook([TREE[0], Department("10", "浙江分行", "1"), TREE[2]])

        OrgSync(book, stale).sync_nodes()

        assert (stale.node_rows["10"].branch_code, stale.node_rows["10"].name) == ("0571", "浙江分行")

    def test_circle_of_departments_ends_and_keeps_its_members(self) -> None:
        book = FakeAddressBook(
            [Department("1", "总行", ""), Department("10", "", "12"), Department("12", "", "10")],
            {"12": [member("rm_a", "12")]},
        )
        org = FakeOrg()
        sync = OrgSync(book, org)

        nodes = sync.sync_nodes().nodes
        stored = sync.sync_members([node.node_id for node in nodes], frozenset())

        assert stored == 1
        assert org.member("rm_a") is not None


class TestMembers:
    def test_members_are_stored_once_and_only_differences_count(self) -> None:
        book, org, sync = synced()
        book.listed = {"11": [member("rm_a"), member("rm_b")]}

        assert sync.sync_members(["11"], frozenset({"rm_a"})) == 2
        assert sync.sync_members(["11"], frozenset({"rm_a"})) == 0
        assert sync.sync_members(["11"], frozenset({"rm_a", "rm_b"})) == 1
        found = org.member("rm_b")
        assert found is not None
        assert found.can_take_over

    def test_member_of_several_departments_is_stored_at_his_main_one(self) -> None:
        book, org, sync = synced()
        book.listed = {"10": [member("rm_a", "11")], "11": [member("rm_a", "11")]}

        sync.sync_members(["10", "11"], frozenset())

        found = org.member("rm_a")
        assert found is not None
        assert (found.node_id, found.node_path) == ("11", "/1/10/11/")

    def test_member_whose_main_department_nobody_lists_is_not_lost(self) -> None:
        book, org, sync = synced()
        book.listed = {"11": [member("rm_a", "99")]}

        sync.sync_members(["11"], frozenset())

        found = org.member("rm_a")
        assert found is not None
        assert found.node_id == "11"

    def test_member_listed_nowhere_is_looked_up_and_has_left(self) -> None:
        _, org, sync = synced()
        org.put_member(member("rm_a", at=T0 - timedelta(days=1)))

        assert sync.sync_members(["11"], frozenset()) == 1
        assert sync.sync_members(["11"], frozenset()) == 0

        found = org.member("rm_a")
        assert found is not None
        assert found.status is MemberStatus.LEFT

    def test_member_listed_nowhere_who_moved_is_followed(self) -> None:
        book, org, sync = synced()
        org.put_member(member("rm_a", at=T0 - timedelta(days=1)))
        book.found = {"rm_a": member("rm_a", "10")}

        sync.sync_members(["11"], frozenset())

        found = org.member("rm_a")
        assert found is not None
        assert (found.node_id, found.node_path, found.status) == ("10", "/1/10/", MemberStatus.ACTIVE)


class TestCallbacks:
    def test_leaver_keeps_his_place_but_cannot_take_over(self) -> None:
        org = FakeOrg.of(member("rm_a"))

        MemberChanges(org).left("rm_a", T0 + timedelta(hours=1))

        found = org.member("rm_a")
        assert found is not None
        assert (found.status, found.node_path, found.can_take_over) == (MemberStatus.LEFT, "/1/10/11/", False)

    def test_change_with_gaps_keeps_what_was_known(self) -> None:
        org = FakeOrg.of(member("rm_a"), nodes=[OrgNode("20", "宁波分行", "/1/20/", "1")])

        MemberChanges(org).joined_or_changed("rm_a", T0 + timedelta(hours=1), name="", node_id="20")

        found = org.member("rm_a")
        assert found is not None
        assert (found.node_path, found.status, found.serves_customers) == ("/1/20/", MemberStatus.ACTIVE, True)


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
