from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from scrm.org.leave import Leaves
from scrm.org.model import Alias, MemberStatus, OrgNode, StaffAttributes
from scrm.org.rename import MemberRenames
from scrm.org.sync import MemberChanges, OrgSync
from tests.fakes.org import T0, FakeAddressBook, FakeOrg, member
from tests.unit.org.test_leave import back, told

AT = T0 + timedelta(hours=1)
SAID = StaffAttributes("理财经理", frozenset({"粤语"}), roster_at=T0, told_as="rm_old")


@pytest.fixture
def org() -> FakeOrg:
    org = FakeOrg.of(
        *map(member, ("rm_old", "rm_b", "rm_c")), nodes=[OrgNode("10", "杭州分行", "/1/10/", "1", "rm_old")]
    )
    org.said = {"rm_old": SAID}
    Leaves(org).on_leave(told("rm_old", "rm_b"))
    Leaves(org).on_leave(told("rm_c", "rm_b"))
    org.leaves["rm_c"] = replace(org.leaves["rm_c"], cover_userid="rm_old")
    return org


def test_everything_known_moves_to_the_new_userid(org: FakeOrg) -> None:
    assert MemberRenames(org).rename("rm_old", "rm_new", AT) == "rm_new"

    assert org.rows["rm_old"] == Alias("rm_old", "rm_new", AT)
    assert org.rows["rm_new"] == member("rm_new", at=AT)
    assert org.attributes("rm_new") == SAID
    assert org.node_rows["10"].manager_userid == "rm_new"
    assert {userid: cover.cover_userid for userid, cover in org.leaves.items()} == {"rm_new": "rm_b", "rm_c": "rm_new"}


def test_rename_killed_before_any_write_ends_the_same(org: FakeOrg) -> None:
    class KilledError(Exception):
        pass

    class Killer(FakeOrg):
        left = 0

        def _survive(self) -> None:
            self.left -= 1
            if self.left < 0:
                raise KilledError

    def killed(name: str) -> Callable[..., object]:
        def write(self: Killer, *arguments: object) -> object:
            self._survive()
            return getattr(FakeOrg, name)(self, *arguments)

        return write

    for name in ("put_alias", "put_attributes", "put_node", "put_cover", "remove_cover"):
        setattr(Killer, name, killed(name))
    expected = replace(org, rows=dict(org.rows), said=dict(org.said), leaves=dict(org.leaves))
    expected.node_rows = dict(org.node_rows)
    MemberRenames(expected).rename("rm_old", "rm_new", AT)

    for writes in range(6):
        survivor = Killer(dict(org.node_rows), {}, dict(org.rows), dict(org.said), dict(org.leaves))
        survivor.left = writes
        with pytest.raises(KilledError):
            MemberRenames(survivor).rename("rm_old", "rm_new", AT)
        survivor.left = 99
        MemberRenames(survivor).rename("rm_old", "rm_new", AT)
        ends = (survivor.rows, survivor.leaves, survivor.node_rows, survivor.attributes("rm_new"))
        assert ends == (expected.rows, expected.leaves, expected.node_rows, expected.attributes("rm_new"))


def test_late_news_about_the_old_userid_goes_to_the_new_one(org: FakeOrg) -> None:
    MemberRenames(org).rename("rm_old", "rm_new", AT)

    MemberChanges(org).left("rm_old", AT + timedelta(days=1))
    Leaves(org).returned(back("rm_old", 30))

    assert org.rows["rm_new"] == member("rm_new", status=MemberStatus.LEFT, at=AT + timedelta(days=1))
    assert org.leaves["rm_new"].returned_on is not None


def test_news_from_before_the_rename_changes_nothing(org: FakeOrg) -> None:
    MemberRenames(org).rename("rm_old", "rm_new", AT)
    before = dict(org.rows)

    MemberChanges(org).joined_or_changed("rm_old", T0, name="旧名", node_id="10")

    assert org.rows == before


def test_old_userid_given_to_somebody_else_is_a_member_of_its_own(org: FakeOrg) -> None:
    MemberRenames(org).rename("rm_old", "rm_new", AT)

    MemberChanges(org).joined_or_changed("rm_old", AT + timedelta(days=9), name="", node_id="10")

    somebody = org.member("rm_old")
    assert somebody is not None
    assert (somebody.userid, somebody.status) == ("rm_old", MemberStatus.NOT_ACTIVATED)


def test_full_pass_that_read_before_the_rename_does_not_bring_the_old_userid_back(org: FakeOrg) -> None:
    MemberRenames(org).rename("rm_old", "rm_new", AT)
    org.node_rows["11"] = OrgNode("11", "", "/1/10/11/", "10")
    book = FakeAddressBook([], {"11": [member("rm_old"), member("rm_b"), member("rm_c"), member("rm_new")]})

    OrgSync(book, org, lambda: AT).sync_members(["11"], frozenset({"rm_old", "rm_b", "rm_c", "rm_new"}))

    assert org.rows["rm_old"] == Alias("rm_old", "rm_new", AT)


def test_row_that_the_full_pass_made_first_is_kept_and_completed() -> None:
    org = FakeOrg.of(
        member("rm_old", status=MemberStatus.LEFT, at=T0), member("rm_new", "20", "/1/20/", at=AT + timedelta(hours=9))
    )

    MemberRenames(org).rename("rm_old", "rm_new", AT)

    assert org.rows["rm_new"] == member("rm_new", "20", "/1/20/", at=AT + timedelta(hours=9))


def test_rename_of_an_unknown_member_is_remembered() -> None:
    org = FakeOrg()

    MemberRenames(org).rename("rm_old", "rm_new", AT)

    found = org.member("rm_old")
    assert found is not None
    assert (found.userid, found.status) == ("rm_new", MemberStatus.NOT_ACTIVATED)


def test_rename_there_and_back_survives_a_repeat_of_the_first(org: FakeOrg) -> None:
    renames = MemberRenames(org)
    renames.rename("rm_old", "rm_new", AT)
    renames.rename("rm_new", "rm_old", AT + timedelta(hours=1))

    assert renames.rename("rm_old", "rm_new", AT) == "rm_old"

    assert org.rows["rm_new"] == Alias("rm_new", "rm_old", AT + timedelta(hours=1))
    assert org.attributes("rm_old") == SAID
