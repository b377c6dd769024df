"""The organisation's table on the embedded engine, and the fake by the same rules."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest

from scrm.aws import session
from scrm.aws.org_table import DynamoOrgRepository
from scrm.aws.table import Table
from scrm.handover.ports import HEAD_OFFICE
from scrm.org.model import (
    Alias,
    Cover,
    Lifecycle,
    Member,
    MemberDetail,
    MemberStatus,
    OperatingMode,
    OrgNode,
    StaffAttributes,
)
from scrm.org.nodes import EffectiveSetting
from scrm.org.ports import OrgRepository
from scrm.org.rejections import ReviewState
from scrm.paging import InvalidCursorError, Page
from scrm.runtime.staff_directory import OrgStaffDirectory
from tests.engine import EngineTables
from tests.fakes.org import DAY, T0, FakeOrg, member

pytestmark = pytest.mark.engine

BRANCH = OrgNode("10", "杭州分行", "/1/10/", "1", "mgr_zhao")
SAID = StaffAttributes("理财经理", frozenset({"粤语", "英语"}), frozenset({"CFP"}), 300, T0, "rm_a")
LEAVE = Cover("rm_a", T0, "hr-1", "rm_b", DAY, DAY + timedelta(days=9))


@pytest.fixture
def table(tables: EngineTables) -> DynamoOrgRepository:
    session.reset()
    return DynamoOrgRepository(Table(tables.client, tables.names["OrgTable"]))


@pytest.fixture(params=["table", "fake"])
def org(request: pytest.FixtureRequest) -> OrgRepository:
    if request.param == "fake":
        return FakeOrg()
    found: OrgRepository = request.getfixturevalue("table")
    return found


def all_of[Row](page: Callable[[str | None], Page[Row]]) -> list[Row]:
    found: list[Row] = []
    cursor = None
    while True:
        part = page(cursor)
        found += part.items
        cursor = part.cursor
        if cursor is None:
            return found


def listed(table: DynamoOrgRepository, state: ReviewState) -> list[str]:
    return [row.event_id for row in all_of(lambda cursor: table.rejections("/1/", cursor, 1, state))]


class TestNodes:
    def test_node_comes_back_as_it_was_stored(self, org: OrgRepository) -> None:
        node = replace(
            BRANCH, lifecycle=Lifecycle.PILOT, mode=OperatingMode.HQ_DIRECT, closed_at=T0, members_path="/1/", version=3
        )

        assert org.put_node(BRANCH, None)
        assert org.put_node(node, 0)

        assert org.node("10") == node
        assert org.nodes(["10", "11"]) == {"10": node}
        assert list(org.all_nodes()) == [node]

    def test_stale_writer_is_refused(self, org: OrgRepository) -> None:
        org.put_node(BRANCH, None)

        assert not org.put_node(replace(BRANCH, version=1), None)
        assert not org.put_node(replace(BRANCH, version=9), 8)
        assert org.node("10") == BRANCH

    def test_branch_code_belongs_to_one_node(self, org: OrgRepository) -> None:
        other = replace(BRANCH, node_id="20", path="/1/20/")
        org.put_node(BRANCH, None)
        org.put_node(other, None)
        coded = replace(BRANCH, branch_code="0571", version=1)

        assert org.put_node_with_code(coded, BRANCH)
        assert not org.put_node_with_code(replace(other, branch_code="0571", version=1), other)
        assert (org.holder_of_code("0571"), org.node("20")) == ("10", other)

        assert org.put_node_with_code(replace(coded, branch_code="0572", version=2), coded)
        assert org.put_node_with_code(replace(other, branch_code="0571", version=1), other)
        assert (org.holder_of_code("0571"), org.holder_of_code("0572")) == ("20", "10")


class TestMembers:
    def test_member_who_left_and_is_seen_again_has_rejoined(self, org: OrgRepository) -> None:
        org.put_member(member("rm_a"))
        org.put_member(member("rm_a", status=MemberStatus.LEFT, at=T0 + timedelta(days=1)))

        org.put_member(member("rm_a", at=T0 + timedelta(days=100)))

        again = org.member("rm_a")
        assert again is not None
        assert again.rejoined_at == T0 + timedelta(days=100)
        assert not org.put_member(member("rm_a"))

    def test_branch_lists_members_of_every_node_below_it(self, org: OrgRepository) -> None:
        for userid, node, path in (("rm_a", "10", "/1/10/"), ("rm_b", "11", "/1/10/11/"), ("rm_c", "20", "/1/20/")):
            org.put_member(member(userid, node, path))

        assert [found.userid for found in org.members_of_branch("10")] == ["rm_a", "rm_b"]

    def test_renamed_member_is_found_by_either_userid(self, org: OrgRepository) -> None:
        alias = Alias("rm_a", "rm_z", T0)
        org.put_member(member("rm_a"))

        assert org.put_alias(alias, member("rm_z"), None)

        assert org.member("rm_a") == org.member("rm_z") == member("rm_z")
        assert org.alias("rm_a") == alias
        assert org.stored_members(["rm_a", "rm_z", "rm_x"]) == {"rm_a": alias, "rm_z": member("rm_z")}
        assert [found.userid for found in org.members_of_branch("10")] == ["rm_z"]

    def test_rename_over_a_row_that_changed_is_refused(self, org: OrgRepository) -> None:
        org.put_member(member("rm_a"))
        org.put_member(member("rm_z"))
        alias = Alias("rm_a", "rm_z", T0)

        assert not org.put_alias(alias, member("rm_z"), None)
        assert not org.put_alias(alias, member("rm_z"), member("rm_z", at=T0 + timedelta(hours=1)))

        assert org.alias("rm_a") is None
        assert org.put_alias(alias, member("rm_z"), member("rm_z"))

    def test_only_news_from_before_a_rename_goes_to_the_new_userid(self, org: OrgRepository) -> None:
        org.put_member(member("rm_a"))
        org.put_alias(Alias("rm_a", "rm_z", T0 + timedelta(hours=2)), member("rm_z"), None)

        assert org.put_member(member("rm_a", "20", "/1/20/", at=T0 + timedelta(hours=1)))
        assert org.put_member(member("rm_a", "30", "/1/30/", at=T0 + timedelta(hours=3)))

        assert org.member("rm_z") == member("rm_z", "20", "/1/20/", at=T0 + timedelta(hours=1))
        assert org.member("rm_a") == member("rm_a", "30", "/1/30/", at=T0 + timedelta(hours=3))

    def test_detail_holds_attributes_and_cover(self, org: OrgRepository) -> None:
        org.put_member(member("rm_a"))
        assert org.detail("rm_a") == MemberDetail(member("rm_a"))

        org.put_attributes({"rm_a": SAID, "rm_without_account": SAID})
        org.put_cover(LEAVE, None)

        assert org.detail("rm_a") == MemberDetail(member("rm_a"), SAID, LEAVE)
        assert org.attributes("rm_without_account") == SAID
        assert org.detail("rm_without_account") is None


class TestCovers:
    def test_cover_is_replaced_on_what_was_read(self, org: OrgRepository) -> None:
        later = replace(LEAVE, said_at=T0 + timedelta(hours=1), event_id="hr-2", cover_userid="rm_c", last_day=None)

        assert org.put_cover(LEAVE, None)
        assert not org.put_cover(later, None)
        assert org.put_cover(later, LEAVE)

        assert org.cover("rm_a") == later
        assert org.covers_by("rm_b") == []
        assert org.covers_by("rm_c") == [later]

    def test_removed_cover_is_gone_unless_it_changed(self, org: OrgRepository) -> None:
        org.put_cover(LEAVE, None)

        org.remove_cover(replace(LEAVE, event_id="hr-0"))
        assert org.covers_by("rm_b") == [LEAVE]

        org.remove_cover(LEAVE)
        assert (org.cover("rm_a"), org.covers_by("rm_b")) == (None, [])


class TestQueries:
    def test_children_are_paged_with_closed_ones(self, table: DynamoOrgRepository) -> None:
        for number in range(11, 18):
            table.put_node(OrgNode(str(number), "", f"/1/10/{number}/", "10", closed_at=T0), None)
        table.put_node(OrgNode("101", "", "/1/100/101/", "100"), None)

        found = all_of(lambda cursor: table.children("10", cursor, 3))

        assert [node.node_id for node in found] == [str(number) for number in range(11, 18)]

    def test_node_shows_what_holds_there(self, table: DynamoOrgRepository) -> None:
        table.put_node(OrgNode("1", "总行", "/1/", "", lifecycle=Lifecycle.FORMAL), None)
        table.put_node(replace(BRANCH, mode=OperatingMode.BRANCH_DIRECT_CENTER), None)
        table.put_node(OrgNode("11", "一部", "/1/10/11/", "10"), None)

        detail = table.node_detail("11")

        assert detail is not None
        assert detail.effective == EffectiveSetting(Lifecycle.FORMAL, OperatingMode.BRANCH_DIRECT_CENTER)
        assert table.node_detail("99") is None

    def test_members_of_a_node_are_paged_with_attributes_and_cover(self, table: DynamoOrgRepository) -> None:
        table.put_node(OrgNode("11", "一部", "/1/10/11/", "10"), None)
        for userid in ("rm_a", "rm_b", "rm_c"):
            table.put_member(member(userid))
        table.put_member(member("rm_d", "12", "/1/10/12/"))
        table.put_attributes({"rm_a": SAID})
        table.put_cover(LEAVE, None)

        found = all_of(lambda cursor: table.members("11", cursor, 2))

        assert found[0] == MemberDetail(member("rm_a"), SAID, LEAVE)
        assert [detail.member.userid for detail in found] == ["rm_a", "rm_b", "rm_c"]

    def test_leaves_of_a_branch_are_those_not_over_of_members_who_belong_there_now(
        self, table: DynamoOrgRepository
    ) -> None:
        for number in range(6):
            table.put_member(member(f"rm_{number}"))
            last_day = DAY + timedelta(days=number - 1)
            table.put_cover(replace(LEAVE, userid=f"rm_{number}", last_day=last_day), None)
        table.put_member(member("rm_4", "20", "/1/20/", at=T0 + timedelta(hours=1)))
        open_end = replace(LEAVE, userid="rm_5", last_day=None, event_id="hr-2")
        table.put_cover(open_end, table.cover("rm_5"))
        ended = replace(LEAVE, userid="rm_3", returned_on=DAY, event_id="hr-2")
        table.put_cover(ended, table.cover("rm_3"))

        found = all_of(lambda cursor: table.covers("/1/10/", DAY, cursor, 2))

        assert [row.cover.userid for row in found] == ["rm_1", "rm_2", "rm_5"]
        assert {row.node_id for row in found} == {"11"}
        with pytest.raises(InvalidCursorError):
            table.covers("/1/10/", DAY, table.covers("/1/", DAY, None, 1).cursor, 1)

    def test_progress_belongs_to_a_pair_of_rosters(self, table: DynamoOrgRepository) -> None:
        table.save_mark("sha-2", "sha-1", "signals:rm_a")

        assert table.mark("sha-2", "sha-1") == "signals:rm_a"
        assert table.mark("sha-2", "") == ""
        assert table.mark("sha-3", "sha-1") == ""


class TestRejections:
    def test_rejected_message_is_listed_once_newest_first(self, table: DynamoOrgRepository) -> None:
        for place in range(5):
            at = T0 + timedelta(days=12 * place)
            table.reject("bank.hr", f"hr-{place}", "userid: Field required", at, f"{{{place}}}")
        table.reject("bank.hr", "hr-0", "userid: Field required", T0 + timedelta(days=1), "{0}")

        found = all_of(lambda cursor: table.rejections("/1/", cursor, 2))

        assert [row.event_id for row in found] == ["hr-4", "hr-3", "hr-2", "hr-1", "hr-0"]
        assert table.rejections("/1/10/", None, 10).items == ()

    def test_rejection_without_a_payload_is_known_by_its_event_id(self, table: DynamoOrgRepository) -> None:
        ids = [table.reject("bank.roster", f"sha:{line}", "capacity: wrong", T0) for line in (2, 3, 2)]

        assert ids[0] == ids[2] != ids[1]
        assert len(table.rejections("/1/", None, 9).items) == 2

    def test_first_reviewer_stays_the_reviewer(self, table: DynamoOrgRepository) -> None:
        rejection_id = table.reject("bank.hr", "hr-1", "userid: Field required", T0, "{}")
        table.reject("bank.hr", "hr-2", "userid: Field required", T0, "{2}")

        first = table.review(rejection_id, "op-1", T0, "fixed")
        second = table.review(rejection_id, "op-2", T0 + timedelta(hours=1))

        assert first == second == table.rejection(rejection_id)
        assert first is not None
        assert (first.state, first.reviewed_by, first.note) == (ReviewState.REVIEWED, "op-1", "fixed")
        assert table.review("rej_none", "op-1", T0) is None
        assert listed(table, ReviewState.OPEN) == ["hr-2"]
        assert listed(table, ReviewState.REVIEWED) == ["hr-1"]

    def test_repeat_of_a_reviewed_message_does_not_open_it_again(self, table: DynamoOrgRepository) -> None:
        rejection_id = table.reject("bank.hr", "hr-1", "userid: Field required", T0, "{}")
        table.review(rejection_id, "op-1", T0)

        table.reject("bank.hr", "hr-1", "userid: Field required", T0, "{}")

        assert table.rejections("/1/", None, 9, ReviewState.OPEN).items == ()


class TestStaffDirectory:
    @pytest.fixture
    def staff(self, table: DynamoOrgRepository) -> OrgStaffDirectory:
        table.put_node(OrgNode("1", "总行", "/1/", "", "mgr_head"), None)
        table.put_node(BRANCH, None)
        table.put_node(OrgNode("11", "一部", "/1/10/11/", "10"), None)
        for userid in ("rm_a", "rm_b", "mgr_zhao", "mgr_head"):
            table.put_member(member(userid))
        return OrgStaffDirectory(table, lambda: T0)

    def test_member_on_leave_may_not_take_over(self, table: DynamoOrgRepository, staff: OrgStaffDirectory) -> None:
        table.put_cover(LEAVE, None)
        table.put_attributes({"rm_a": SAID})

        found = staff.staff_member("rm_a")

        assert found is not None
        assert (found.can_take_over, found.on_leave, found.node_name) == (False, True, "一部")
        assert (found.capacity, found.languages, found.qualifications) == (300, SAID.languages, SAID.qualifications)
        assert {each.userid: each.can_take_over for each in staff.colleagues("/1/10/11/")} == {
            "mgr_head": True,
            "mgr_zhao": True,
            "rm_a": False,
            "rm_b": True,
        }

    @pytest.mark.parametrize(("starts_in", "days"), [(1, 1), (9, 9), (0, None), (-1, None)])
    def test_member_whose_leave_is_to_come_says_when(
        self, table: DynamoOrgRepository, staff: OrgStaffDirectory, starts_in: int, days: int | None
    ) -> None:
        first_day = DAY + timedelta(days=starts_in)
        table.put_cover(replace(LEAVE, first_day=first_day, last_day=first_day + timedelta(days=3)), None)

        found = staff.staff_member("rm_a")

        assert found is not None
        assert (found.leave_in_days, found.on_leave) == (days, days is None)

    @pytest.mark.parametrize(
        "changed",
        [
            member("rm_b", status=MemberStatus.LEFT),
            member("rm_b", status=MemberStatus.DISABLED),
            member("rm_b", status=MemberStatus.NOT_ACTIVATED),
            replace(member("rm_b"), serves_customers=False),
        ],
    )
    def test_member_whose_account_does_not_serve_customers_may_not_take_over(
        self, table: DynamoOrgRepository, staff: OrgStaffDirectory, changed: Member
    ) -> None:
        table.put_member(changed)

        found = staff.staff_member("rm_b")

        assert found is not None
        assert (found.can_take_over, found.on_leave) == (False, False)

    @pytest.mark.parametrize("changed", [None, member("mgr_zhao", status=MemberStatus.LEFT)], ids=["leave", "left"])
    def test_a_manager_who_is_away_cannot_answer_for_open_work(
        self, table: DynamoOrgRepository, staff: OrgStaffDirectory, changed: Member | None
    ) -> None:
        assert (staff.is_active("mgr_zhao"), staff.is_active(HEAD_OFFICE)) == (True, True)

        if changed:
            table.put_member(changed)
        else:
            table.put_cover(replace(LEAVE, userid="mgr_zhao"), None)

        assert not staff.is_active("mgr_zhao")

    def test_managers_cover_answers_for_the_branch_and_never_the_leaver(
        self, table: DynamoOrgRepository, staff: OrgStaffDirectory
    ) -> None:
        assert staff.manager_of("/1/10/11/", leaver="rm_a") == "mgr_zhao"

        table.put_cover(replace(LEAVE, userid="mgr_zhao"), None)

        assert staff.manager_of("/1/10/11/", leaver="rm_a") == "rm_b"
        assert staff.manager_of("/1/10/11/", leaver="rm_b") == "mgr_head"

        table.put_cover(Cover("mgr_head", T0, "hr-3", "", date(2026, 11, 1), None), None)
        assert staff.manager_of("/1/10/11/", leaver="rm_b") == HEAD_OFFICE

    def test_renamed_member_is_found_by_his_old_userid(
        self, table: DynamoOrgRepository, staff: OrgStaffDirectory
    ) -> None:
        table.put_alias(Alias("rm_b", "rm_z", T0), member("rm_z"), None)

        found = staff.staff_member("rm_b")

        assert found is not None
        assert found.userid == "rm_z"
