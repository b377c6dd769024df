"""Members who left are found branch by branch, each once, whatever the size of a page."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from scrm.org.model import Member, MemberStatus
from scrm.org.ports import Department
from scrm.runtime import departed_members
from scrm.runtime.departed_members import DepartedFromBranches
from scrm.wecom.handover_errors import HandoverErrors
from tests.fakes.handover import START


@dataclass
class FakeAddressBook:
    """Two branches below head office, one with a department of its own."""

    def members_of(self, department_id: str, node_path: str, serving: frozenset[str]) -> Iterable[Member]:
        raise AssertionError("our own table has the members")

    def find(self, userid: str, serving: frozenset[str]) -> Member | None:
        raise AssertionError("our own table has the members")

    def departments(self) -> Sequence[Department]:
        return [
            Department("1", "总行", ""),
            Department("10", "杭州分行", "1"),
            Department("11", "一部", "10"),
            Department("20", "上海分行", "1"),
        ]


@dataclass
class FakeOrg:
    members: dict[str, list[Member]] = field(default_factory=dict)

    def members_of_branch(self, branch_id: str) -> Iterator[Member]:
        yield from self.members.get(branch_id, [])


@dataclass
class FakeRelations:
    customers: dict[str, list[str]] = field(default_factory=dict)

    def relations_of(self, userid: str) -> Iterable[Any]:
        return [SimpleNamespace(external_userid=each) for each in self.customers.get(userid, [])]


def member(userid: str, status: MemberStatus = MemberStatus.LEFT) -> Member:
    return Member(userid, "", "10", "/1/10/", status, serves_customers=True, changed_at=START)


def departed(org: FakeOrg, relations: FakeRelations | None = None) -> DepartedFromBranches:
    table: Any = org
    contacts: Any = relations or FakeRelations()
    return DepartedFromBranches(FakeAddressBook(), table, contacts, HandoverErrors(lambda _: None))


@pytest.mark.parametrize("page_size", [1, 2, 100])
def test_every_member_who_left_is_on_one_page(monkeypatch: pytest.MonkeyPatch, page_size: int) -> None:
    monkeypatch.setattr(departed_members, "MEMBERS_PER_PAGE", page_size)
    org = FakeOrg(
        {
            "1": [member("rm_chief")],
            "10": [member("rm_a"), member("rm_b", MemberStatus.ACTIVE), member("rm_c"), member("rm_d")],
            "20": [member("rm_a2", MemberStatus.DISABLED), member("rm_e")],
        }
    )

    seen: list[str] = []
    cursor = ""
    for _ in range(20):
        userids, cursor = departed(org).page(cursor)
        seen += userids
        if not cursor:
            break

    assert cursor == ""
    assert seen == ["rm_chief", "rm_a", "rm_c", "rm_d", "rm_e"]


def test_a_branch_that_was_closed_since_is_passed_over() -> None:
    org = FakeOrg({"20": [member("rm_e")]})

    found = departed(org).page('["15", "rm_x"]')

    assert found == (["rm_e"], "")


def test_customers_are_those_whose_relation_has_not_ended() -> None:
    relations = FakeRelations({"rm_a": ["wm1", "wm2"]})

    assert list(departed(FakeOrg(), relations).customers_of("rm_a")) == ["wm1", "wm2"]
