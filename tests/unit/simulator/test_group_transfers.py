"""Customer groups: lists, details, new owners (5.7, 6.6)."""

import pytest

from .builders import DAY, Corp, customer, group, member, small_world

LIST, GET = "externalcontact/groupchat/list", "externalcontact/groupchat/get"
ONJOB, RESIGNED = "externalcontact/groupchat/onjob_transfer", "externalcontact/groupchat/transfer"


def move(corp: Corp, path: str, new_owner: str, *chat_ids: str) -> dict[str, int]:
    """The failed groups and their codes."""
    reply = corp.post(path, {"chat_id_list": list(chat_ids), "new_owner": new_owner})
    assert reply["errcode"] == 0, reply
    return {row["chat_id"]: row["errcode"] for row in reply["failed_chat_list"]}


def owner(corp: Corp, chat_id: str) -> str:
    owner: str = corp.post(GET, {"chat_id": chat_id})["group_chat"]["owner"]
    return owner


def status(corp: Corp, chat_id: str) -> int:
    rows = corp.post(LIST, {"limit": 1000})["group_chat_list"]
    found: int = next(row["status"] for row in rows if row["chat_id"] == chat_id)
    return found


def test_an_on_job_transfer_changes_the_owner_at_once() -> None:
    corp = Corp()

    assert move(corp, ONJOB, "rm_b", "wr1") == {}

    detail = corp.post(GET, {"chat_id": "wr1"})["group_chat"]
    assert (detail["owner"], status(corp, "wr1")) == ("rm_b", 0)
    assert "rm_b" in [row["userid"] for row in detail["member_list"]]


def test_a_leavers_group_goes_through_states_1_2_3() -> None:
    corp = Corp()
    corp.leave("rm_a")
    assert status(corp, "wr1") == 1

    assert move(corp, RESIGNED, "rm_b", "wr1") == {}
    assert (status(corp, "wr1"), owner(corp, "wr1")) == (2, "rm_a")
    corp.advance(600)

    assert (status(corp, "wr1"), owner(corp, "wr1")) == (3, "rm_b")


def test_without_delay_it_is_inherited_at_once() -> None:
    corp = Corp(group_inherit_delay_seconds=0)
    corp.leave("rm_a")

    move(corp, RESIGNED, "rm_b", "wr1")

    assert (status(corp, "wr1"), owner(corp, "wr1")) == (3, "rm_b")


def test_each_api_refuses_the_groups_of_the_other() -> None:
    corp = Corp()

    present = move(corp, RESIGNED, "rm_b", "wr1")
    corp.leave("rm_a")
    departed = move(corp, ONJOB, "rm_b", "wr1")

    assert (present, departed) == ({"wr1": 90500}, {"wr1": 90502})


def test_a_running_and_a_finished_inheritance_are_told_apart() -> None:
    corp = Corp()
    corp.leave("rm_a")
    move(corp, RESIGNED, "rm_b", "wr1")

    running = move(corp, RESIGNED, "rm_c", "wr1")
    corp.advance(600)
    finished = move(corp, RESIGNED, "rm_c", "wr1")

    assert (running, finished) == ({"wr1": 90507}, {"wr1": 90508})


def test_unknown_internal_and_unchanged_groups_fail_one_by_one() -> None:
    corp = Corp(small_world(groups=[group("wr1", "rm_a"), group("wr2", "rm_b"), group("wr3", "rm_a", external=False)]))

    failed = move(corp, ONJOB, "rm_b", "wr1", "wr2", "wr3", "wr4")

    assert failed == {"wr2": 90504, "wr3": 90501, "wr4": 90501}
    assert owner(corp, "wr1") == "rm_b"


@pytest.mark.parametrize(
    ("changes", "errcode"),
    [({"contact_service": False}, 84083), ({"real_named": False}, 40098), ({"status": 2}, 40098)],
)
def test_a_member_who_may_not_own_groups_refuses_the_whole_call(changes: dict[str, object], errcode: int) -> None:
    corp = Corp()
    corp.simulator.actions.change_member("rm_b", changes)

    assert corp.post(ONJOB, {"chat_id_list": ["wr1"], "new_owner": "rm_b"})["errcode"] == errcode


def test_a_group_changes_hands_on_the_job_twice_in_90_days() -> None:
    corp = Corp()

    failures = [move(corp, ONJOB, taker, "wr1") for taker in ("rm_b", "rm_c", "rm_a")]
    corp.advance(90 * DAY)

    assert failures == [{}, {}, {"wr1": 40128}]
    assert move(corp, ONJOB, "rm_a", "wr1") == {}


def test_300_groups_of_one_owner_a_day() -> None:
    corp = Corp(group_transfers_per_day=1)
    corp.leave("rm_a")

    today = move(corp, RESIGNED, "rm_b", "wr1", "wr2")
    corp.advance(DAY)
    tomorrow = move(corp, RESIGNED, "rm_b", "wr2")

    assert (today, tomorrow) == ({"wr2": 45009}, {})


def test_a_new_owner_who_leaves_during_inheritance_puts_the_group_back() -> None:
    corp = Corp()
    corp.leave("rm_a")
    move(corp, RESIGNED, "rm_b", "wr1")

    corp.leave("rm_b")
    corp.advance(600)

    assert status(corp, "wr1") == 1
    assert move(corp, RESIGNED, "rm_c", "wr1") == {}


def test_an_api_transfer_emits_change_owner_only_with_the_knob() -> None:
    for knob, expected in ((False, []), (True, ["update"])):
        corp = Corp(group_owner_event=knob)
        move(corp, ONJOB, "rm_b", "wr1")
        corp.advance(0)

        assert corp.http.kinds() == expected


def test_groups_are_listed_by_status_and_owner_in_pages() -> None:
    groups = [group(f"wr{number:03d}", "rm_a" if number % 2 else "rm_b") for number in range(30)]
    corp = Corp(small_world(groups=groups))
    corp.leave("rm_a")

    waiting = corp.post(LIST, {"limit": 1000, "status_filter": 1})["group_chat_list"]
    first = corp.post(LIST, {"limit": 10, "owner_filter": {"userid_list": ["RM_B"]}})
    second = corp.post(LIST, {"limit": 10, "owner_filter": {"userid_list": ["RM_B"]}, "cursor": first["next_cursor"]})

    assert (len(waiting), {row["status"] for row in waiting}) == (15, {1})
    assert (len(first["group_chat_list"]), len(second["group_chat_list"]), second["next_cursor"]) == (10, 5, "")


def test_a_departed_owner_in_the_filter_is_40003() -> None:
    corp = Corp()
    corp.leave("rm_a")

    assert corp.post(LIST, {"limit": 10, "owner_filter": {"userid_list": ["rm_a"]}})["errcode"] == 40003


def test_without_a_filter_more_than_1000_visible_members_are_81017() -> None:
    members = [member(f"rm{number}") for number in range(1001)]
    corp = Corp(small_world(members=members, relations=[], groups=[group("wr1", "rm1")], tag_groups=[]))

    assert corp.post(LIST, {"limit": 10})["errcode"] == 81017
    assert corp.post(LIST, {"limit": 10, "owner_filter": {"userid_list": ["rm1"]}})["errcode"] == 0


def test_the_detail_names_people_on_demand_and_its_version_follows_the_members() -> None:
    world = small_world(groups=[group("wr1", "rm_a")])
    world["groups"][0]["members"].append(
        {"userid": "wm1", "type": 2, "join_time": 1, "invitor": "rm_a", "join_scene": 3}
    )
    corp = Corp(world)

    plain = corp.post(GET, {"chat_id": "wr1"})["group_chat"]
    named = corp.post(GET, {"chat_id": "wr1", "need_name": 1})["group_chat"]
    corp.simulator.group_actions.leave("wr1", ["wm1"])
    after = corp.post(GET, {"chat_id": "wr1"})["group_chat"]

    assert "name" not in plain["member_list"][0]
    assert [row["name"] for row in named["member_list"]] == ["名rm_a", "客wm1"]
    assert named["member_list"][1]["invitor"] == {"userid": "rm_a"}
    assert plain["member_version"] != after["member_version"]


def test_opengid_leads_to_the_chat_of_a_customer_group() -> None:
    corp = Corp(small_world(groups=[group("wr1", "rm_a", opengid="oG1")], customers=[customer("wm1")], relations=[]))

    assert corp.post("externalcontact/opengid_to_chatid", {"opengid": "oG1"})["chat_id"] == "wr1"
    assert corp.post("externalcontact/opengid_to_chatid", {"opengid": "oG2"})["errcode"] == 90511


# Login ages


@pytest.mark.parametrize("path", [ONJOB, RESIGNED])
def test_a_new_owner_who_did_not_log_in_for_a_year_refuses_the_call(path: str) -> None:
    corp = Corp()
    last_login = corp.simulator.simulation.now() - 366 * DAY
    corp.simulator.actions.change_member("rm_b", {"last_login_at": last_login})

    assert corp.post(path, {"chat_id_list": ["wr1"], "new_owner": "rm_b"})["errcode"] == 40098


def test_groups_of_an_old_owner_who_did_not_log_in_for_a_year_fail_one_by_one() -> None:
    corp = Corp(small_world(groups=[group("wr1", "rm_a"), group("wr2", "rm_c")]))
    last_login = corp.simulator.simulation.now() - 366 * DAY
    corp.simulator.actions.change_member("rm_a", {"last_login_at": last_login})

    onjob = move(corp, ONJOB, "rm_b", "wr1", "wr2")
    corp.leave("rm_a")
    resigned = move(corp, RESIGNED, "rm_b", "wr1")

    assert (onjob, resigned) == ({"wr1": 40098}, {"wr1": 40098})


# Departed owners


def test_a_leaver_with_groups_only_is_found_by_the_groups_that_wait() -> None:
    corp = Corp(small_world(groups=[group("wr1", "rm_c"), group("wr2", "rm_a")]))

    corp.leave("rm_c")

    assert corp.post("externalcontact/get_unassigned_list")["info"] == []
    assert corp.post(LIST, {"limit": 10, "status_filter": 1})["group_chat_list"] == [{"chat_id": "wr1", "status": 1}]
    assert owner(corp, "wr1") == "rm_c"


def test_each_status_of_a_departed_owners_group_has_its_filter() -> None:
    corp = Corp(small_world(groups=[group(f"wr{number}", "rm_a") for number in range(4)] + [group("wr9", "rm_c")]))
    corp.leave("rm_a")
    move(corp, RESIGNED, "rm_b", "wr3")
    corp.advance(600)
    move(corp, RESIGNED, "rm_b", "wr2")

    found = {
        number: [row["chat_id"] for row in corp.post(LIST, {"limit": 10, "status_filter": number})["group_chat_list"]]
        for number in (1, 2, 3)
    }

    assert found == {1: ["wr0", "wr1"], 2: ["wr2"], 3: ["wr3"]}
    assert corp.post(LIST, {"limit": 10, "status_filter": 4})["errcode"] == 40058


def test_a_returned_owner_owns_again_what_still_waited() -> None:
    corp = Corp()
    corp.leave("rm_a")
    move(corp, RESIGNED, "rm_b", "wr2")
    corp.advance(600)
    corp.hire("rm_a")

    assert (status(corp, "wr1"), status(corp, "wr2")) == (0, 3)
    assert move(corp, RESIGNED, "rm_c", "wr1") == {"wr1": 90500}
    assert move(corp, ONJOB, "rm_c", "wr1") == {}


def test_with_the_knob_a_returned_owners_groups_stay_with_the_departed_account() -> None:
    corp = Corp(returned_owner_regains_groups=False)
    corp.leave("rm_a")
    corp.hire("rm_a")

    assert status(corp, "wr1") == 1
    assert move(corp, ONJOB, "rm_c", "wr1") == {"wr1": 90502}
    assert move(corp, RESIGNED, "rm_c", "wr1") == {}
    corp.advance(600)
    assert (status(corp, "wr1"), owner(corp, "wr1")) == (3, "rm_c")


def test_an_owner_who_returns_and_leaves_while_a_group_is_on_its_way_does_not_stop_it() -> None:
    corp = Corp()
    corp.leave("rm_a")
    move(corp, RESIGNED, "rm_b", "wr1")
    corp.hire("rm_a")

    corp.leave("rm_a")
    corp.advance(600)

    assert (status(corp, "wr1"), owner(corp, "wr1")) == (3, "rm_b")
