"""What happens to members: moves, leaders, blocks and renames, and all that has to follow."""

import pytest

from local.simulator.corp_actions import UnknownThingError

from .builders import DAY, HOUR, Corp, Json, group, member, relation, small_world

GET_GROUP = "externalcontact/groupchat/get"
ONJOB_GROUPS, RESIGNED_GROUPS = "externalcontact/groupchat/onjob_transfer", "externalcontact/groupchat/transfer"


def told(corp: Corp) -> list[Json]:
    """The update_user events, without their common header."""
    corp.advance(0)
    header = {"ToUserName", "FromUserName", "CreateTime", "MsgType", "Event", "ChangeType"}
    events = [event for event in corp.http.events() if event["ChangeType"] == "update_user"]
    return [{name: value for name, value in event.items() if name not in header} for event in events]


# Departments


def test_a_move_tells_the_departments_and_the_main_one() -> None:
    corp = Corp()

    corp.simulator.actions.change_member("rm_a", {"department": [20, 10], "main_department": 20})

    assert told(corp) == [
        {"UserID": "rm_a", "Department": "20,10", "MainDepartment": "20", "IsLeaderInDept": "0,0"},
    ]
    shown = corp.get("user/get", userid="rm_a")
    assert (shown["department"], shown["main_department"]) == ([20, 10], 20)
    assert shown["is_leader_in_dept"] == shown["order"] == [0, 0]


def test_the_main_department_follows_a_move_that_does_not_name_it() -> None:
    corp = Corp(small_world(members=[member("rm_a", 10, main_department=10), member("rm_b"), member("rm_c")]))

    corp.simulator.actions.change_member("rm_a", {"department": [20]})

    assert corp.get("user/get", userid="rm_a")["main_department"] == 20
    assert told(corp)[0]["MainDepartment"] == "20"


def test_a_move_keeps_customers_groups_and_waiting_transfers() -> None:
    corp = Corp()
    corp.transfer("onjob", "rm_a", "rm_c", "wm1")

    corp.simulator.actions.change_member("rm_a", {"department": [20]})
    corp.advance(DAY)

    assert corp.followers("wm1") == ["rm_c"]
    assert corp.followers("wm2") == ["rm_a"]
    assert corp.post(GET_GROUP, {"chat_id": "wr1"})["group_chat"]["owner"] == "rm_a"


@pytest.mark.parametrize("changes", [{"department": [99]}, {"main_department": 20}])
def test_a_move_to_nowhere_is_refused_and_changes_nothing(changes: Json) -> None:
    corp = Corp()

    with pytest.raises(UnknownThingError):
        corp.simulator.actions.change_member("rm_a", changes)

    assert corp.get("user/get", userid="rm_a")["department"] == [10]
    assert told(corp) == []


def test_leaders_are_set_per_department_and_those_who_change_are_told() -> None:
    corp = Corp()
    corp.simulator.actions.set_leaders(10, ["rm_a"])

    corp.simulator.actions.set_leaders(10, ["RM_B"])

    (_, branch, _) = corp.get("department/list")["department"]
    assert branch["department_leader"] == ["rm_b"]
    assert corp.get("user/get", userid="rm_a")["is_leader_in_dept"] == [0]
    assert [(event["UserID"], event["IsLeaderInDept"]) for event in told(corp)] == [
        ("rm_a", "1"), ("rm_a", "0"), ("rm_b", "1"),
    ]  # fmt: skip


def test_nobody_leads_a_department_they_are_not_in() -> None:
    corp = Corp()
    corp.simulator.actions.set_leaders(10, ["rm_a", "rm_b"])

    corp.simulator.actions.change_member("rm_a", {"department": [20]})
    corp.leave("rm_b")

    (_, branch, _) = corp.get("department/list")["department"]
    assert "department_leader" not in branch
    with pytest.raises(UnknownThingError):
        corp.simulator.actions.set_leaders(10, ["rm_a"])


# Blocked members


@pytest.mark.parametrize(
    ("userid", "changes", "errcode"),
    [
        ("rm_c", {"status": 2}, 40098),
        ("rm_c", {"real_named": False}, 40098),
        ("rm_c", {"banned": True}, 40143),
        ("rm_a", {"banned": True}, 40143),
    ],
)
def test_a_blocked_member_takes_part_in_no_transfer_until_unblocked(userid: str, changes: Json, errcode: int) -> None:
    corp = Corp()
    before = {name: getattr(corp.simulator.actions.member(userid), name) for name in changes}

    corp.simulator.actions.change_member(userid, changes)
    blocked = corp.transfer("onjob", "rm_a", "rm_c", "wm1")["errcode"]
    corp.simulator.actions.change_member(userid, before)

    assert blocked == errcode
    assert corp.codes("onjob", "rm_a", "rm_c", "wm1") == [0]


# Renames


@pytest.mark.parametrize(("old", "new"), [("rm_a", "rm_x"), ("rm_c", "rm_x"), ("rm_a", "RM_A")])
def test_a_waiting_transfer_goes_on_after_either_side_was_renamed(old: str, new: str) -> None:
    corp = Corp()
    corp.transfer("onjob", "rm_a", "rm_c", "wm1", "wm2")
    handover, takeover = (new if userid == old else userid for userid in ("rm_a", "rm_c"))

    corp.simulator.actions.rename_userid(old, new)
    waiting = corp.statuses("onjob", handover, takeover)
    corp.advance(DAY)

    assert waiting == [("wm1", 2), ("wm2", 2)]
    assert corp.statuses("onjob", handover, takeover) == [("wm1", 1), ("wm2", 1)]
    assert corp.followers("wm1") == [takeover]
    assert [event["UserID"] for event in corp.http.events()[1:3]] == [takeover, handover]


def test_the_result_lists_of_a_renamed_member_keep_the_order_of_the_attempts() -> None:
    corp = Corp()
    corp.decide(wm1=["refuse", "ignore"])
    corp.transfer("onjob", "rm_a", "rm_c", "wm1")
    corp.advance(HOUR)
    corp.simulator.actions.rename_userid("rm_a", "rm_x")

    corp.transfer("onjob", "rm_x", "rm_c", "wm2", "wm1")

    assert corp.statuses("onjob", "rm_x", "rm_c") == [("wm1", 3), ("wm2", 2), ("wm1", 2)]
    assert (
        corp.post("externalcontact/transfer_result", {"handover_userid": "rm_a", "takeover_userid": "rm_c"})["errcode"]
        == 60111
    )


def test_a_renamed_member_who_leaves_voids_or_releases_what_waited() -> None:
    corp = Corp()
    corp.transfer("onjob", "rm_a", "rm_c", "wm1")
    corp.transfer("onjob", "rm_b", "rm_c", "wm3")
    corp.simulator.actions.rename_userid("rm_a", "rm_x")

    corp.leave("rm_x")

    assert corp.statuses("onjob", "rm_x", "rm_c") == [("wm1", 5)]
    rows = corp.post("externalcontact/get_unassigned_list")["info"]
    assert {row["handover_userid"] for row in rows} == {"rm_x"}
    assert corp.codes("resigned", "rm_x", "rm_b", "wm1") == [0]


def test_a_customer_who_comes_back_to_a_renamed_member_is_still_known() -> None:
    corp = Corp()
    corp.transfer("onjob", "rm_a", "rm_c", "wm1")
    corp.advance(DAY)
    corp.simulator.actions.rename_userid("rm_a", "rm_x")
    corp.transfer("onjob", "rm_c", "rm_x", "wm1")

    corp.advance(DAY)

    assert corp.followers("wm1") == ["rm_x"]
    assert corp.http.kinds().count("add_external_contact") == 1


def test_a_rename_reaches_groups_leaders_and_visible_ranges() -> None:
    world = small_world(
        members=[member("rm_a"), member("rm_b", direct_leader=["rm_a"]), member("rm_c", 20)],
        groups=[group("wr1", "rm_a"), group("wr2", "rm_b", admins=["rm_a"])],
        relations=[relation("rm_b", "wm1", oper_userid="rm_a")],
    )
    world["groups"][1]["members"] += [
        {"userid": "rm_a", "type": 1, "join_time": 1},
        {"userid": "wm1", "type": 2, "join_time": 1, "invitor": "rm_a"},
    ]
    world["departments"][1]["department_leader"] = ["rm_a"]
    world["apps"][0].update(visible_departments=[20], visible_userids=["rm_a", "rm_b"])
    corp = Corp(world)

    corp.simulator.actions.rename_userid("rm_a", "rm_x")

    assert corp.post(GET_GROUP, {"chat_id": "wr1"})["group_chat"]["owner"] == "rm_x"
    other = corp.post(GET_GROUP, {"chat_id": "wr2"})["group_chat"]
    assert other["admin_list"] == [{"userid": "rm_x"}]
    assert [row["userid"] for row in other["member_list"]] == ["rm_b", "rm_x", "wm1"]
    assert other["member_list"][2]["invitor"] == {"userid": "rm_x"}
    assert corp.get("user/get", userid="rm_b")["direct_leader"] == ["rm_x"]
    assert corp.get("externalcontact/get", external_userid="wm1")["follow_user"][0]["oper_userid"] == "rm_x"
    assert corp.simulator.simulation.world.departments[10].department_leader == ["rm_x"]
    assert corp.get("user/get", userid="rm_x")["errcode"] == 0


def test_a_group_on_its_way_reaches_its_renamed_new_owner() -> None:
    corp = Corp()
    corp.leave("rm_a")
    corp.post(RESIGNED_GROUPS, {"chat_id_list": ["wr1"], "new_owner": "rm_b"})

    corp.simulator.actions.rename_userid("rm_b", "rm_x")
    corp.advance(600)

    assert corp.post(GET_GROUP, {"chat_id": "wr1"})["group_chat"]["owner"] == "rm_x"


def test_the_daily_cap_of_an_owner_follows_their_rename() -> None:
    corp = Corp(group_transfers_per_day=1)
    corp.post(ONJOB_GROUPS, {"chat_id_list": ["wr1"], "new_owner": "rm_b"})

    corp.simulator.actions.rename_userid("rm_a", "rm_x")
    failed = corp.post(ONJOB_GROUPS, {"chat_id_list": ["wr2"], "new_owner": "rm_b"})["failed_chat_list"]

    assert [row["errcode"] for row in failed] == [45009]


def test_what_an_earlier_holder_of_the_userid_left_behind_stays_theirs() -> None:
    corp = Corp()
    corp.leave("rm_a")
    corp.hire("rm_a")
    corp.befriend("rm_a", "wm2")

    corp.simulator.actions.rename_userid("rm_a", "rm_x")

    assert corp.followers("wm2") == ["rm_x"]
    assert corp.codes("resigned", "rm_a", "rm_b", "wm1") == [0]


# Scripted customers


def test_a_customer_decides_anew_at_each_attempt() -> None:
    corp = Corp()
    corp.decide(wm1=["refuse", "full", "accept"])
    for _ in range(3):
        corp.transfer("onjob", "rm_a", "rm_c", "wm1")
        corp.advance(HOUR)

    assert corp.statuses("onjob", "rm_a", "rm_c") == [("wm1", 3), ("wm1", 4), ("wm1", 1)]
    assert corp.followers("wm1") == ["rm_c"]


def test_a_takeover_found_full_at_the_decision_is_told_and_nobody_moves() -> None:
    corp = Corp()
    corp.decide(wm1="full")
    corp.transfer("onjob", "rm_a", "rm_c", "wm1")

    corp.advance(HOUR)

    (event,) = corp.http.events()
    assert (event["ChangeType"], event["FailReason"]) == ("transfer_fail", "customer_limit_exceed")
    assert corp.followers("wm1") == ["rm_a"]
