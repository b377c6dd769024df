"""The transfer engine: starts, refusals, ends, and what is told (section 6)."""

import pytest

from local.simulator.decisions import DecisionScript

from .builders import DAY, HOUR, Corp, customer, member, relation, small_world

RESULT = "externalcontact/transfer_result"
UNASSIGNED = "externalcontact/get_unassigned_list"


# On-job


def test_a_silent_customer_moves_after_24_hours() -> None:
    corp = Corp()

    assert corp.codes("onjob", "rm_a", "rm_c", "wm1") == [0]
    assert corp.statuses("onjob", "rm_a", "rm_c") == [("wm1", 2)]
    corp.advance(DAY - 1)
    assert corp.followers("wm1") == ["rm_a"]
    corp.advance(1)

    assert corp.followers("wm1") == ["rm_c"]
    assert corp.statuses("onjob", "rm_a", "rm_c") == [("wm1", 1)]


def test_while_waiting_takeover_time_is_when_it_will_complete() -> None:
    corp = Corp()
    now = int(corp.simulator.simulation.now())
    corp.transfer("onjob", "rm_a", "rm_c", "wm1")
    body = {"handover_userid": "rm_a", "takeover_userid": "rm_c"}

    waiting = corp.post(RESULT, body)["customer"][0]["takeover_time"]
    corp.advance(DAY)
    done = corp.post(RESULT, body)["customer"][0]["takeover_time"]

    assert (waiting, done) == (now + DAY, now + DAY)


def test_a_customer_who_accepts_moves_early() -> None:
    corp = Corp()
    corp.decide(wm1="accept")
    corp.transfer("onjob", "rm_a", "rm_c", "wm1")

    corp.advance(HOUR)

    assert corp.followers("wm1") == ["rm_c"]


def test_a_customer_who_refuses_stays_and_it_is_told() -> None:
    corp = Corp()
    corp.decide(wm1="refuse")
    corp.transfer("onjob", "rm_a", "rm_c", "wm1")

    corp.advance(DAY)

    assert corp.followers("wm1") == ["rm_a"]
    assert corp.statuses("onjob", "rm_a", "rm_c") == [("wm1", 3)]
    (event,) = corp.http.events()
    assert (event["ChangeType"], event["UserID"], event["FailReason"]) == ("transfer_fail", "rm_c", "customer_refused")


def test_a_finished_transfer_tells_the_new_and_the_old_member() -> None:
    corp = Corp()
    corp.transfer("onjob", "rm_a", "rm_c", "wm1")

    corp.advance(DAY)

    added, removed = corp.http.events()
    assert (added["ChangeType"], added["UserID"], added["ExternalUserID"]) == ("add_external_contact", "rm_c", "wm1")
    assert (removed["ChangeType"], removed["UserID"]) == ("del_external_contact", "rm_a")
    assert removed["Source"] == "DELETE_BY_TRANSFER"
    assert "WelcomeCode" not in added
    assert added["CreateTime"] == removed["CreateTime"] == str(1_800_000_000 + DAY)


def test_the_new_relation_is_marked_as_assigned_and_keeps_remark_and_tags() -> None:
    corp = Corp()
    corp.transfer("onjob", "rm_a", "rm_c", "wm1")
    corp.advance(DAY)

    (follower,) = corp.get("externalcontact/get", external_userid="wm1")["follow_user"]

    assert (follower["add_way"], follower["remark"]) == (202, "老客户")
    assert [tag["tag_id"] for tag in follower["tags"]] == ["et1"]


def test_without_carry_over_remark_and_tags_stay_behind() -> None:
    corp = Corp(copy_remark=False, keep_corp_tags=False)
    corp.transfer("onjob", "rm_a", "rm_c", "wm1")
    corp.advance(DAY)

    (follower,) = corp.get("externalcontact/get", external_userid="wm1")["follow_user"]

    assert (follower["remark"], follower["tags"]) == ("客wm1", [])


def test_a_takeover_who_already_was_a_friend_gets_no_add_event() -> None:
    corp = Corp()
    corp.transfer("onjob", "rm_a", "rm_b", "wm3")

    corp.advance(DAY)

    assert corp.followers("wm3") == ["rm_b"]
    assert corp.http.kinds() == ["del_external_contact"]


def test_a_customer_who_comes_back_gives_no_add_event() -> None:
    corp = Corp()
    corp.transfer("onjob", "rm_a", "rm_c", "wm1")
    corp.advance(DAY)
    corp.transfer("onjob", "rm_c", "rm_a", "wm1")

    corp.advance(DAY)

    assert corp.followers("wm1") == ["rm_a"]
    assert corp.http.kinds() == ["add_external_contact", "del_external_contact", "del_external_contact"]


@pytest.mark.parametrize(
    ("handover", "takeover", "changes", "errcode"),
    [
        ("rm_a", "RM_A", {}, 40130),
        ("nobody", "rm_b", {}, 60111),
        ("rm_a", "nobody", {}, 60111),
        ("rm_a", "rm_b", {"contact_service": False}, 84083),
        ("rm_a", "rm_b", {"real_named": False}, 40098),
        ("rm_a", "rm_b", {"status": 4}, 40098),
        ("rm_a", "rm_b", {"last_login_at": 1_700_000_000.0}, 40098),
        ("rm_a", "rm_b", {"team_account": True}, 40132),
    ],
)
def test_a_fault_of_a_member_refuses_the_whole_call(
    handover: str, takeover: str, changes: dict[str, object], errcode: int
) -> None:
    corp = Corp()
    corp.simulator.actions.change_member("rm_b", changes)

    reply = corp.transfer("onjob", handover, takeover, "wm1")

    assert (reply["errcode"], reply["customer"]) == (errcode, [])


def test_a_banned_member_cannot_hand_over() -> None:
    corp = Corp()
    corp.simulator.actions.change_member("rm_a", {"banned": True})

    assert corp.transfer("onjob", "rm_a", "rm_b", "wm1")["errcode"] == 40143


def test_a_departed_member_cannot_hand_over_on_the_job() -> None:
    corp = Corp()
    corp.leave("rm_a")

    assert corp.transfer("onjob", "rm_a", "rm_b", "wm1")["errcode"] == 60111


def test_a_fault_of_one_customer_is_only_theirs() -> None:
    corp = Corp()
    corp.transfer("onjob", "rm_a", "rm_c", "wm2")

    codes = corp.codes("onjob", "rm_a", "rm_c", "wm1", "wmX", "wm2", "wm1")

    assert codes == [0, 40096, 40129, 40129]


def test_a_customer_of_somebody_else_is_40131() -> None:
    corp = Corp()

    assert corp.codes("onjob", "rm_b", "rm_c", "wm1") == [40131]


def test_a_customer_of_two_members_is_locked_while_one_relation_moves() -> None:
    locked, free = Corp(), Corp(transfer_lock="relation")
    for corp in (locked, free):
        corp.transfer("onjob", "rm_a", "rm_c", "wm3")

    assert locked.codes("onjob", "rm_b", "rm_c", "wm3") == [40129]
    assert free.codes("onjob", "rm_b", "rm_c", "wm3") == [0]


def test_a_third_on_job_transfer_within_90_days_is_40128_and_later_allowed() -> None:
    corp = Corp()
    for handover, takeover in (("rm_a", "rm_b"), ("rm_b", "rm_c")):
        assert corp.codes("onjob", handover, takeover, "wm1") == [0]
        corp.advance(DAY)

    assert corp.codes("onjob", "rm_c", "rm_a", "wm1") == [40128]
    corp.advance(88 * DAY)
    assert corp.codes("onjob", "rm_c", "rm_a", "wm1") == [40128]
    corp.advance(DAY)
    assert corp.codes("onjob", "rm_c", "rm_a", "wm1") == [0]


def test_refusals_use_the_quota_only_when_the_knob_says_so() -> None:
    for counts, expected in ((False, 0), (True, 40128)):
        corp = Corp(refusals_use_quota=counts)
        corp.decide(wm1="refuse")
        for _ in range(2):
            corp.transfer("onjob", "rm_a", "rm_c", "wm1")
            corp.advance(DAY)

        assert corp.codes("onjob", "rm_a", "rm_c", "wm1") == [expected]


def test_a_capped_member_is_40099_at_once_but_keeps_taking_friends() -> None:
    corp = Corp()
    corp.simulator.actions.change_member("rm_b", {"customer_cap": 1})

    assert corp.codes("onjob", "rm_a", "rm_b", "wm1", "wm3") == [40099, 0]


def test_a_cap_reached_while_waiting_ends_in_status_4() -> None:
    corp = Corp(default_customer_cap=1)
    assert corp.codes("onjob", "rm_a", "rm_c", "wm1", "wm2") == [0, 0]

    corp.advance(DAY)

    assert corp.statuses("onjob", "rm_a", "rm_c") == [("wm1", 1), ("wm2", 4)]
    assert corp.followers("wm2") == ["rm_a"]
    failed = [event for event in corp.http.events() if event["ChangeType"] == "transfer_fail"]
    assert [(event["UserID"], event["FailReason"]) for event in failed] == [("rm_c", "customer_limit_exceed")]


def test_all_five_states_and_a_row_for_each_attempt() -> None:
    names = [f"wm{number}" for number in range(5)]
    world = small_world(
        customers=[customer(name) for name in names],
        relations=[relation("rm_a", name) for name in names],
        tag_groups=[],
    )
    corp = Corp(world)
    corp.decide(wm0="accept", wm1="refuse", wm2="vanish", wm4="accept")
    corp.simulator.actions.change_member("rm_c", {"customer_cap": 1})
    corp.transfer("onjob", "rm_a", "rm_c", *names[:3], "wm4")
    corp.advance(2 * HOUR)
    corp.simulator.actions.change_member("rm_c", {"customer_cap": None})
    corp.transfer("onjob", "rm_a", "rm_c", "wm3", "wm1")

    assert corp.statuses("onjob", "rm_a", "rm_c") == [
        ("wm0", 1), ("wm1", 3), ("wm2", 5), ("wm4", 4), ("wm3", 2), ("wm1", 2),
    ]  # fmt: skip


def test_a_customer_who_had_deleted_the_old_member_ends_as_refused() -> None:
    corp = Corp()
    corp.simulator.actions.remove_by_customer("rm_a", "wm1")
    assert corp.codes("onjob", "rm_a", "rm_c", "wm1") == [0]

    corp.advance(DAY)

    assert corp.statuses("onjob", "rm_a", "rm_c") == [("wm1", 3)]


def test_a_takeover_who_leaves_voids_what_was_on_its_way_to_them() -> None:
    corp = Corp()
    corp.transfer("onjob", "rm_a", "rm_c", "wm1")

    corp.leave("rm_c")
    corp.advance(DAY)

    assert corp.followers("wm1") == ["rm_a"]
    assert corp.statuses("onjob", "rm_a", "rm_c") == [("wm1", 5)]
    assert corp.codes("onjob", "rm_a", "rm_b", "wm1") == [0]


def test_a_handover_member_who_leaves_puts_the_customer_on_the_unassigned_list() -> None:
    corp = Corp()
    corp.transfer("onjob", "rm_a", "rm_c", "wm1")

    corp.leave("rm_a")
    corp.advance(DAY)

    assert corp.followers("wm1") == []
    assert corp.codes("resigned", "rm_a", "rm_c", "wm1") == [0]


def test_results_older_than_the_lag_only() -> None:
    corp = Corp(result_lag_seconds=30)
    corp.transfer("onjob", "rm_a", "rm_c", "wm1")

    assert corp.statuses("onjob", "rm_a", "rm_c") == []
    corp.advance(30)
    assert corp.statuses("onjob", "rm_a", "rm_c") == [("wm1", 2)]


def test_results_come_in_pages_of_a_thousand() -> None:
    names = [f"wm{number:05d}" for number in range(1001)]
    world = small_world(
        customers=[customer(name) for name in names],
        relations=[relation("rm_a", name) for name in names],
        tag_groups=[],
    )
    corp = Corp(world)
    for start in range(0, 1001, 100):
        corp.transfer("onjob", "rm_a", "rm_c", *names[start : start + 100])
    body = {"handover_userid": "rm_a", "takeover_userid": "rm_c"}

    first = corp.post(RESULT, body)
    second = corp.post(RESULT, {**body, "cursor": first["next_cursor"]})

    assert (len(first["customer"]), len(second["customer"]), second["next_cursor"]) == (1000, 1, "")


def test_decisions_by_percentage_repeat_with_the_seed() -> None:
    script = DecisionScript(accept_percent=30, refuse_percent=20, seed=5)
    drawn = [script.decide(f"wm{number}", 1).decision for number in range(2000)]

    assert drawn == [script.decide(f"wm{number}", 1).decision for number in range(2000)]
    assert drawn.count("accept") == pytest.approx(600, abs=80)
    assert drawn.count("refuse") == pytest.approx(400, abs=80)


def test_a_decision_can_be_made_at_once() -> None:
    corp = Corp()
    corp.transfer("onjob", "rm_a", "rm_c", "wm1")

    ended = corp.simulator.transfers.decide("wm1", "accept")
    corp.advance(DAY)

    assert len(ended) == 1
    assert corp.followers("wm1") == ["rm_c"]
    assert corp.http.kinds() == ["add_external_contact", "del_external_contact"]


def test_refusals_can_go_untold() -> None:
    corp = Corp(transfer_fail_loss_percent=100)
    corp.decide(wm1="refuse")
    corp.transfer("onjob", "rm_a", "rm_c", "wm1")

    corp.advance(DAY)

    assert corp.http.events() == []
    assert corp.statuses("onjob", "rm_a", "rm_c") == [("wm1", 3)]


# Resigned


def test_a_leaver_tells_delete_user_and_leaves_customers_unassigned() -> None:
    corp = Corp()
    now = int(corp.simulator.simulation.now())

    corp.leave("rm_a")
    corp.advance(0)

    rows = corp.post(UNASSIGNED)["info"]
    assert [(row["handover_userid"], row["external_userid"], row["dimission_time"]) for row in rows] == [
        ("rm_a", "wm1", now), ("rm_a", "wm2", now), ("rm_a", "wm3", now),
    ]  # fmt: skip
    assert [(event["ChangeType"], event["UserID"]) for event in corp.http.events()] == [("delete_user", "rm_a")]
    assert corp.get("user/get", userid="rm_a")["errcode"] == 60111
    assert corp.followers("wm3") == ["rm_b"]


def test_a_resigned_transfer_moves_the_customer_and_empties_the_list() -> None:
    corp = Corp()
    corp.leave("rm_a")
    corp.transfer("resigned", "rm_a", "rm_c", "wm1")
    assert len(corp.post(UNASSIGNED)["info"]) == 3

    corp.advance(DAY)

    assert [row["external_userid"] for row in corp.post(UNASSIGNED)["info"]] == ["wm2", "wm3"]
    assert corp.followers("wm1") == ["rm_c"]
    assert corp.statuses("resigned", "rm_a", "rm_c") == [("wm1", 1)]
    assert corp.http.kinds() == ["delete_user", "add_external_contact"]


def test_the_resigned_api_refuses_a_member_who_has_not_left() -> None:
    corp = Corp()

    assert corp.transfer("resigned", "rm_a", "rm_c", "wm1")["errcode"] == 40097
    assert corp.transfer("resigned", "nobody", "rm_c", "wm1")["errcode"] == 60111


def test_a_resigned_customer_in_transfer_is_40100_and_once_moved_40131() -> None:
    corp = Corp()
    corp.leave("rm_a")
    corp.transfer("resigned", "rm_a", "rm_c", "wm1")

    assert corp.codes("resigned", "rm_a", "rm_b", "wm1") == [40100]
    corp.advance(DAY)
    assert corp.codes("resigned", "rm_a", "rm_b", "wm1") == [40131]


def test_a_customer_who_refuses_after_a_resignation_is_lost() -> None:
    corp = Corp()
    corp.leave("rm_a")
    corp.decide(wm1="refuse")
    corp.transfer("resigned", "rm_a", "rm_c", "wm1")

    corp.advance(DAY)

    assert corp.followers("wm1") == []
    assert corp.statuses("resigned", "rm_a", "rm_c") == [("wm1", 3)]
    assert len(corp.post(UNASSIGNED)["info"]) == 2
    assert corp.http.kinds() == ["delete_user", "transfer_fail", "del_external_contact"]


def test_with_the_knob_a_refusal_leaves_them_on_the_list() -> None:
    corp = Corp(refusal_loses_resigned_customer=False)
    corp.leave("rm_a")
    corp.decide(wm1="refuse")
    corp.transfer("resigned", "rm_a", "rm_c", "wm1")

    corp.advance(DAY)

    assert len(corp.post(UNASSIGNED)["info"]) == 3
    assert corp.codes("resigned", "rm_a", "rm_b", "wm1") == [0]


def test_a_resigned_attempt_whose_takeover_leaves_shows_no_row_and_can_be_repeated() -> None:
    corp = Corp()
    corp.leave("rm_a")
    corp.transfer("resigned", "rm_a", "rm_c", "wm1")

    corp.leave("rm_c")
    corp.advance(DAY)

    assert corp.statuses("resigned", "rm_a", "rm_c") == []
    assert corp.codes("resigned", "rm_a", "rm_b", "wm1") == [0]


def test_after_a_year_a_leavers_customers_cannot_be_assigned() -> None:
    corp = Corp()
    corp.leave("rm_a")

    corp.advance(366 * DAY)

    assert corp.transfer("resigned", "rm_a", "rm_c", "wm1")["errcode"] == 60111


def test_the_quota_of_on_job_transfers_does_not_bind_resigned_ones() -> None:
    corp = Corp()
    for handover, takeover in (("rm_a", "rm_b"), ("rm_b", "rm_c")):
        corp.transfer("onjob", handover, takeover, "wm1")
        corp.advance(DAY)
    corp.leave("rm_c")

    assert corp.codes("resigned", "rm_c", "rm_a", "wm1") == [0]


def test_the_unassigned_list_is_paged_by_cursor_and_by_the_old_page_number() -> None:
    names = [f"wm{number:04d}" for number in range(25)]
    world = small_world(
        members=[member("rm_a"), member("rm_b")],
        customers=[customer(name) for name in names],
        relations=[relation("rm_a", name) for name in names],
        tag_groups=[],
    )
    corp = Corp(world)
    corp.leave("rm_a")

    first = corp.post(UNASSIGNED, {"page_size": 20})
    second = corp.post(UNASSIGNED, {"page_size": 20, "cursor": first["next_cursor"]})
    numbered = corp.post(UNASSIGNED, {"page_size": 20, "page_id": 1})

    assert [row["external_userid"] for row in first["info"] + second["info"]] == names
    assert (first["is_last"], second["is_last"], second["next_cursor"]) == (False, True, "")
    assert (numbered["info"], "next_cursor" in numbered) == (second["info"], False)


def test_the_frozen_call_moves_one_customer_of_present_and_departed_members() -> None:
    corp = Corp()
    body = {"handover_userid": "rm_a", "takeover_userid": "rm_c", "external_userid": "wm1"}

    onjob = corp.post("externalcontact/transfer", body)["errcode"]
    corp.advance(DAY)
    result = corp.post("externalcontact/get_transfer_result", body)
    corp.leave("rm_a")
    resigned = corp.post("externalcontact/transfer", {**body, "external_userid": "wm2"})["errcode"]
    again = corp.post("externalcontact/transfer", {**body, "external_userid": "wm2"})["errcode"]

    assert (onjob, result["status"], resigned, again) == (0, 1, 0, 40100)


# Login ages, half-added customers, and customers who deleted the member


@pytest.mark.parametrize("stale", ["rm_a", "rm_c"])
def test_on_the_job_both_members_must_have_logged_in_within_a_year(stale: str) -> None:
    corp = Corp()
    now = corp.simulator.simulation.now()

    corp.simulator.actions.change_member(stale, {"last_login_at": now - 366 * DAY})
    refused = corp.transfer("onjob", "rm_a", "rm_c", "wm1")
    corp.simulator.actions.change_member(stale, {"last_login_at": now - 364 * DAY})
    accepted = corp.transfer("onjob", "rm_a", "rm_c", "wm1")

    assert (refused["errcode"], accepted["errcode"]) == (40098, 0)


def test_a_leaver_must_have_logged_in_within_the_year_before_leaving() -> None:
    corp = Corp(stale_login_errcode=60111)
    now = corp.simulator.simulation.now()
    corp.simulator.actions.change_member("rm_a", {"last_login_at": now - 366 * DAY})
    corp.simulator.actions.change_member("rm_b", {"last_login_at": now - 200 * DAY})
    corp.leave("rm_a")
    corp.leave("rm_b")

    corp.advance(300 * DAY)

    assert corp.transfer("resigned", "rm_a", "rm_c", "wm1")["errcode"] == 60111
    assert corp.codes("resigned", "rm_b", "rm_c", "wm3") == [0]


@pytest.mark.parametrize("kind", ["onjob", "resigned"])
def test_a_half_added_customer_is_84061_and_on_no_list_in_either_api(kind: str) -> None:
    corp = Corp(small_world(relations=[relation("rm_a", "wm1", standing="half"), relation("rm_a", "wm2")]))
    if kind == "resigned":
        corp.leave("rm_a")

    assert corp.codes(kind, "rm_a", "rm_c", "wm1", "wm2") == [84061, 0]
    corp.advance(DAY)

    assert corp.post(UNASSIGNED)["info"] == []
    assert corp.statuses(kind, "rm_a", "rm_c") == [("wm2", 1)]


@pytest.mark.parametrize("kind", ["onjob", "resigned"])
def test_a_customer_who_deleted_the_member_starts_and_ends_as_refused(kind: str) -> None:
    corp = Corp()
    corp.simulator.actions.remove_by_customer("rm_a", "wm1")
    if kind == "resigned":
        corp.leave("rm_a")

    assert corp.codes(kind, "rm_a", "rm_c", "wm1") == [0]
    assert corp.statuses(kind, "rm_a", "rm_c") == [("wm1", 2)]
    corp.advance(DAY)

    assert corp.statuses(kind, "rm_a", "rm_c") == [("wm1", 3)]
    assert "rm_c" not in corp.followers("wm1")


@pytest.mark.parametrize("kind", ["onjob", "resigned"])
def test_with_the_knob_a_customer_who_deleted_the_member_is_refused_at_once(kind: str) -> None:
    corp = Corp(deleted_by_customer_errcode=84061)
    corp.simulator.actions.remove_by_customer("rm_a", "wm1")
    if kind == "resigned":
        corp.leave("rm_a")

    assert corp.codes(kind, "rm_a", "rm_c", "wm1", "wm2") == [84061, 0]
    assert [name for name, _ in corp.statuses(kind, "rm_a", "rm_c")] == ["wm2"]


def test_a_banned_member_takes_over_only_when_the_knob_lets_them() -> None:
    for errcode, expected in ((40143, 40143), (None, 0)):
        corp = Corp(banned_takeover_errcode=errcode)
        corp.simulator.actions.change_member("rm_c", {"banned": True})

        assert corp.transfer("onjob", "rm_a", "rm_c", "wm1")["errcode"] == expected


def test_a_refusal_goes_untold_for_the_named_customers_only() -> None:
    corp = Corp()
    corp.decide(wm1="refuse", wm2="refuse", untold=["wm1"])
    corp.transfer("onjob", "rm_a", "rm_c", "wm1", "wm2")

    corp.advance(DAY)

    assert [event["ExternalUserID"] for event in corp.http.events()] == ["wm2"]
    assert corp.statuses("onjob", "rm_a", "rm_c") == [("wm1", 3), ("wm2", 3)]
