from dataclasses import replace
from datetime import timedelta

import pytest

from scrm.contacts.changes import Taken
from scrm.contacts.model import Basis, GroupChat, RelationDetails, RelationState
from scrm.contacts.ownership import followers_of
from scrm.contacts.runs import Part, PassCounts
from tests.fakes.contacts import T0, Contacts

HOUR = timedelta(hours=1)


def bank(members: int = 3, customers: int = 250) -> Contacts:
    """Members with as many customers each; none is shared."""
    contacts = Contacts()
    for member in range(members):
        for customer in range(customers):
            contacts.source.follow(f"rm_{member:02d}", f"wm{member:02d}{customer:05d}", remark="陈")
    return contacts


def states(contacts: Contacts) -> dict[tuple[str, str], RelationState]:
    return {pair: row.state for pair, row in contacts.repository.live().items()}


def test_first_pass_stores_everything_and_the_second_finds_nothing_to_do() -> None:
    contacts = bank()
    contacts.source.groups["wr1"] = GroupChat("wr1", "rm_00", "沙龙", T0)

    first = contacts.pass_over("run_1", T0 + HOUR)
    second = contacts.pass_over("run_2", T0 + 2 * HOUR)

    assert first.counts == PassCounts(
        members=3, relations_seen=750, relations_stored=750, groups_seen=1, groups_stored=1
    )
    assert second.counts == PassCounts(members=3, relations_seen=750, groups_seen=1)
    assert [run.run_id for run in contacts.finished] == ["run_1", "run_2"]
    assert contacts.drift == [751, 0]
    assert contacts.customer("wm0000007").owner_userid == "rm_00"
    assert contacts.repository.live()["rm_00", "wm0000007"].details.remark == "陈"


def test_relation_wecom_no_longer_shows_is_ended() -> None:
    contacts = bank(members=2, customers=120)
    contacts.pass_over("run_1", T0 + HOUR)
    for gone in ("wm0000003", "wm0000119"):
        del contacts.source.relations["rm_00"][gone]

    run = contacts.pass_over("run_2", T0 + 2 * HOUR)

    assert (run.counts.relations_removed, run.counts.drift) == (2, 2)
    assert len(contacts.repository.live()) == 238
    assert contacts.customer("wm0000003").owner_userid == ""


def test_member_whose_customers_are_all_gone_keeps_none() -> None:
    contacts = bank(members=1, customers=30)
    contacts.pass_over("run_1", T0 + HOUR)
    contacts.source.relations["rm_00"].clear()

    contacts.pass_over("run_2", T0 + 2 * HOUR)

    assert contacts.repository.live() == {}


def test_callback_that_arrives_during_the_pass_wins() -> None:
    contacts = bank(members=1, customers=3)
    contacts.pass_over("run_1", T0 + HOUR)
    contacts.changes.added("rm_00", "wm_new", T0 + 3 * HOUR)
    contacts.changes.deleted_by_member("rm_00", "wm0000001", T0 + 3 * HOUR)
    del contacts.source.relations["rm_00"]["wm0000002"]

    contacts.pass_over("run_2", T0 + 2 * HOUR)

    assert {customer for _, customer in contacts.repository.live()} == {"wm0000000", "wm_new"}


@pytest.mark.parametrize("listed", [True, False], ids=["listed", "not_listed"])
def test_half_added_relation_survives_the_pass_whether_wecom_lists_it_or_not(listed: bool) -> None:  # noqa: FBT001
    contacts = bank(members=1, customers=2)
    contacts.changes.added("rm_00", "wm_half", T0, half=True)
    if listed:
        contacts.source.follow("rm_00", "wm_half", T0)

    for number in range(2):
        contacts.pass_over(f"run_{number}", T0 + (number + 1) * HOUR)

    assert states(contacts)["rm_00", "wm_half"] is RelationState.HALF_ADDED


def test_customer_who_deleted_the_member_stays_marked_until_he_is_added_again() -> None:
    contacts = bank(members=1, customers=2)
    contacts.pass_over("run_1", T0 + HOUR)
    contacts.changes.deleted_by_customer("rm_00", "wm0000001", T0 + 2 * HOUR)

    contacts.pass_over("run_2", T0 + 3 * HOUR)
    marked = states(contacts)["rm_00", "wm0000001"]
    contacts.source.follow("rm_00", "wm0000001", T0 + 4 * HOUR)
    contacts.pass_over("run_3", T0 + 5 * HOUR)

    assert marked is RelationState.DELETED_BY_CUSTOMER
    assert states(contacts)["rm_00", "wm0000001"] is RelationState.ACTIVE
    assert contacts.runs.runs["run_2"].counts.drift == 0


def test_the_unionid_that_wecom_shows_is_stored_once_and_stays_when_it_shows_none() -> None:
    contacts = bank(members=1, customers=2)
    contacts.pass_over("run_1", T0 + HOUR)

    contacts.source.follow("rm_00", "wm0000001", remark="陈", unionid="oSIM1")
    shown = contacts.pass_over("run_2", T0 + 2 * HOUR)
    again = contacts.pass_over("run_3", T0 + 3 * HOUR)
    contacts.source.follow("rm_00", "wm0000001", remark="陈")
    silent = contacts.pass_over("run_4", T0 + 4 * HOUR)
    contacts.source.details["rm_00", "wm0000001"] = RelationDetails("陈")
    contacts.changes.edited("rm_00", "wm0000001")

    row = contacts.repository.live()["rm_00", "wm0000001"]
    assert row.details.unionid == "oSIM1"
    assert "oSIM1" not in repr(row)
    assert [run.counts.relations_stored for run in (shown, again, silent)] == [1, 0, 0]


def test_changed_notes_are_drift_and_personal_tags_the_list_does_not_show_stay() -> None:
    contacts = bank(members=1, customers=2)
    contacts.pass_over("run_1", T0 + HOUR)
    contacts.source.details["rm_00", "wm0000001"] = RelationDetails("陈", "", (), ("老客户",))
    contacts.changes.edited("rm_00", "wm0000001")
    contacts.source.follow("rm_00", "wm0000001", remark="陈-钻石卡")

    run = contacts.pass_over("run_2", T0 + 2 * HOUR)

    assert run.counts.relations_stored == 1
    details = contacts.repository.live()["rm_00", "wm0000001"].details
    assert (details.remark, details.personal_tags) == ("陈-钻石卡", ("老客户",))


def test_customer_of_several_members_has_one_item_with_all_of_them() -> None:
    contacts = Contacts()
    for number in range(25):
        contacts.source.follow(f"rm_{number:02d}", "wm_shared", T0 + number * HOUR)

    contacts.pass_over("run_1", T0 + 40 * HOUR)

    customer = contacts.customer("wm_shared")
    assert list(followers_of(customer)) == [f"rm_{number:02d}" for number in range(25)]
    assert (customer.owner_userid, customer.basis) == ("rm_00", Basis.LONGEST_STANDING)


def test_followers_synced_at_the_same_time_do_not_lose_one_another() -> None:
    contacts = Contacts()
    contacts.source.follow("rm_00", "wm_shared", T0)
    contacts.source.follow("rm_01", "wm_shared", T0 + HOUR)
    one, other = (Part("run_1", number, (f"rm_0{number}",), T0 + 2 * HOUR) for number in range(2))
    contacts.repository.before_write = lambda: _ignore(contacts.full_pass.step(other))

    contacts.full_pass.step(one)

    assert list(followers_of(contacts.customer("wm_shared"))) == ["rm_00", "rm_01"]


def test_handover_whose_callbacks_were_lost_gets_wecoms_own_time_from_the_pass() -> None:
    contacts = bank(members=1, customers=1)
    contacts.pass_over("run_1", T0 + HOUR)
    contacts.changes.taken_over(Taken("case_1", "rm_00", "rm_09", ("wm0000000",), T0 + 3 * HOUR, on_job=False))
    contacts.source.relations = {}
    contacts.source.follow("rm_09", "wm0000000", T0 + 2 * HOUR)

    contacts.pass_over("run_2", T0 + 4 * HOUR)

    assert contacts.repository.live().keys() == {("rm_09", "wm0000000")}
    assert contacts.repository.live()["rm_09", "wm0000000"].since == T0 + 2 * HOUR
    assert contacts.customer("wm0000000").basis is Basis.HANDOVER


def test_repeated_start_sends_only_what_is_not_done() -> None:
    contacts = bank(members=25, customers=2)
    run = contacts.full_pass.plan("run_1", T0 + HOUR)
    first, *_ = contacts.full_pass.open_parts(run)
    left: Part | None = first
    while left is not None:
        left = contacts.full_pass.step(left)
    contacts.source.follow("rm_99", "wm_late")

    again = contacts.full_pass.plan("run_1", T0 + 2 * HOUR)

    assert (again.started_at, again.members_total) == (T0 + HOUR, 25)
    assert [part.number for part in contacts.full_pass.open_parts(again)] == [1, 2]


def test_part_that_is_done_twice_is_counted_once() -> None:
    contacts = bank(members=1, customers=5)
    run = contacts.full_pass.plan("run_1", T0 + HOUR)
    (part,) = contacts.full_pass.open_parts(run)

    for _ in range(2):
        left: Part | None = part
        while left is not None:
            left = contacts.full_pass.step(left)
        contacts.full_pass.finish_if_complete("run_1", T0 + 2 * HOUR)

    assert contacts.runs.runs["run_1"].counts == PassCounts(members=1, relations_seen=5, relations_stored=5)
    assert len(contacts.finished) == 1


def test_lost_cursor_starts_the_list_again() -> None:
    contacts = bank(members=1, customers=250)
    contacts.source.lose_cursor_at = 3

    run = contacts.pass_over("run_1", T0 + HOUR)

    assert run.counts == PassCounts(members=1, relations_seen=250, relations_stored=250)
    assert len(contacts.repository.live()) == 250


def test_member_wecom_no_longer_knows_keeps_his_rows_and_does_not_stop_the_others() -> None:
    contacts = bank(members=3, customers=5)
    contacts.pass_over("run_1", T0 + HOUR)
    contacts.source.departed = {"rm_01"}
    contacts.source.follow("rm_02", "wm_new")

    run = contacts.pass_over("run_2", T0 + 2 * HOUR)

    assert (run.counts.members, run.counts.relations_stored, run.counts.relations_removed) == (3, 1, 0)
    assert contacts.repository.count_relations("rm_01") == 5


def test_group_of_an_owner_who_left_keeps_its_row_until_someone_owns_it() -> None:
    contacts = bank(members=1, customers=1)
    contacts.source.groups["wr1"] = GroupChat("wr1", "rm_00", "沙龙", T0)
    contacts.groups.repair("rm_00")
    contacts.source.departed = {"rm_00"}

    left, _ = contacts.groups.repair("rm_00")
    kept = contacts.repository.group("wr1")
    contacts.source.groups["wr1"] = replace(contacts.source.groups["wr1"], owner_userid="rm_01", changed_at=T0 + HOUR)
    taken, _ = contacts.groups.repair("rm_00")

    assert (left.drift, kept and kept.owner_userid) == (0, "rm_00")
    assert (taken.groups_removed, [group.chat_id for group in contacts.repository.groups_of("rm_01")]) == (1, ["wr1"])


def test_many_groups_are_read_some_at_a_time() -> None:
    contacts = bank(members=1, customers=1)
    for place in range(50):
        contacts.source.groups[f"wr{place:02d}"] = GroupChat(f"wr{place:02d}", "rm_00", "沙龙", T0)
    contacts.repository.put_group(GroupChat("wr_gone", "rm_00", "沙龙", T0))

    _, after = contacts.groups.repair("rm_00")
    stored = len(contacts.repository.group_rows)
    run = contacts.pass_over("run_1", T0 + HOUR)

    assert (after, stored) == ("wr19", 21)
    assert (run.counts.groups_seen, run.counts.groups_stored, run.counts.groups_removed) == (50, 30, 1)
    assert len(contacts.repository.group_rows) == 50


def test_dismissed_group_is_forgotten() -> None:
    contacts = Contacts()
    contacts.source.groups["wr1"] = GroupChat("wr1", "rm_00", "沙龙", T0)
    contacts.groups.changed("wr1")

    contacts.source.groups.clear()
    contacts.groups.changed("wr1")

    assert contacts.repository.group_rows == {}


def _ignore(_: object) -> None:
    """For a hook whose answer nobody wants."""
