"""The transfer engine for members who left (section 6)."""

from .builders import DAY, Corp, customer, member, relation, small_world

RESULT = "externalcontact/transfer_result"
UNASSIGNED = "externalcontact/get_unassigned_list"


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
