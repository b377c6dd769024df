"""Contact ways and temporary sessions (contacts paper, 5.8)."""

from typing import Any

import pytest

from local.simulator.contact_actions import Scanned
from local.simulator.corp_actions import UnknownThingError
from local.simulator.model import Customer

from .builders import DAY, HOUR, Corp, Json, member, small_world

ADD, GET = "externalcontact/add_contact_way", "externalcontact/get_contact_way"
LIST, UPDATE = "externalcontact/list_contact_way", "externalcontact/update_contact_way"
DELETE, CLOSE = "externalcontact/del_contact_way", "externalcontact/close_temp_chat"
OF_ONE: Json = {"type": 1, "scene": 2, "user": ["rm_c"], "state": "branch-hz"}


def added(corp: Corp, **more: Any) -> str:
    reply = corp.post(ADD, {**OF_ONE, **more})
    assert reply["errcode"] == 0, reply
    config_id: str = reply["config_id"]
    return config_id


def scan(corp: Corp, config_id: str, name: str = "wmNEW") -> Scanned:
    return corp.simulator.contacts.scan(config_id, name, Customer(external_userid=name, name="新客户"))


def test_who_scans_it_is_added_with_its_state_and_can_be_greeted() -> None:
    corp = Corp()

    found = scan(corp, added(corp))
    corp.advance(1)

    (event,) = corp.http.events()
    assert (event["ChangeType"], event["UserID"], event["State"]) == ("add_external_contact", "rm_c", "branch-hz")
    assert event["WelcomeCode"] == found.welcome_code
    (follower,) = corp.get("externalcontact/get", external_userid="wmNEW")["follow_user"]
    assert (follower["state"], follower["add_way"]) == ("branch-hz", 1)


def test_it_is_read_changed_and_deleted() -> None:
    corp = Corp()
    config_id = added(corp, remark="大堂", style=1)

    before = corp.post(GET, {"config_id": config_id})["contact_way"]
    corp.post(UPDATE, {"config_id": config_id, "user": ["rm_a"], "state": "branch-nb"})
    after = corp.post(GET, {"config_id": config_id})["contact_way"]
    corp.post(DELETE, {"config_id": config_id})

    assert (before["user"], before["remark"], before["skip_verify"], before["style"]) == (["rm_c"], "大堂", True, 1)
    assert before["qr_code"]
    assert (after["user"], after["remark"], after["state"]) == (["rm_a"], "", "branch-nb")
    assert corp.post(GET, {"config_id": config_id})["errcode"] == 41044


def test_a_mini_program_button_has_no_code() -> None:
    assert "qr_code" not in Corp().post(ADD, {**OF_ONE, "scene": 1})


def test_several_take_turns_departments_expanded_and_leavers_passed_over() -> None:
    corp = Corp()
    config_id = added(corp, type=2, user=["rm_c"], party=[10])
    corp.leave("rm_b")

    met = [scan(corp, config_id, f"wm_{number}").userid for number in range(4)]

    assert met == ["rm_a", "rm_c", "rm_a", "rm_c"]


def test_the_list_has_pages_and_no_temporary_ones() -> None:
    corp = Corp()
    old = added(corp)
    corp.advance(91 * DAY)
    ids = [added(corp) for _ in range(3)]
    added(corp, is_temp=True)

    first = corp.post(LIST, {"limit": 2})
    rest = corp.post(LIST, {"limit": 2, "cursor": first["next_cursor"]})
    everything = corp.post(LIST, {"start_time": 1})

    assert [row["config_id"] for row in first["contact_way"] + rest["contact_way"]] == ids
    assert "next_cursor" not in rest
    assert [row["config_id"] for row in everything["contact_way"]] == [old, *ids]


def test_a_temporary_one_opens_a_session_that_ends_or_is_closed() -> None:
    corp = Corp()
    config_id = added(corp, is_temp=True, expires_in=HOUR, chat_expires_in=600)

    found = scan(corp, config_id)
    closed = [corp.post(CLOSE, {"userid": "RM_C", "external_userid": "wmNEW"})["errcode"] for _ in range(2)]
    scan(corp, config_id)
    corp.advance(600)

    assert (found.temporary, found.welcome_code) == (True, None)
    assert closed == [0, 84061]
    assert corp.post(CLOSE, {"userid": "rm_c", "external_userid": "wmNEW"})["errcode"] == 84061
    assert corp.followers("wmNEW") == []
    corp.advance(HOUR)
    with pytest.raises(UnknownThingError):
        scan(corp, config_id)


def test_it_follows_a_rename() -> None:
    corp = Corp()
    config_id = added(corp)

    corp.simulator.actions.rename_userid("rm_c", "rm_x")

    assert scan(corp, config_id).userid == "rm_x"
    assert corp.post(GET, {"config_id": config_id})["contact_way"]["user"] == ["rm_x"]


def test_more_than_100_people_are_too_many() -> None:
    corp = Corp(small_world(members=[member(f"rm_{n}") for n in range(101)], relations=[], groups=[]))

    assert corp.post(ADD, {"type": 2, "scene": 2, "party": [10]})["errcode"] == 41041
    assert corp.post(ADD, {"type": 2, "scene": 2, "user": [f"rm_{n}" for n in range(100)]})["errcode"] == 0


@pytest.mark.parametrize(
    ("change", "errcode"),
    [
        ({"type": None}, 41037),
        ({"scene": None}, 41038),
        ({"type": 3}, 41039),
        ({"scene": 3}, 41040),
        ({"style": 9}, 41042),
        ({"user": ["rm_a", "rm_c"]}, 40058),
        ({"party": [10]}, 40058),
        ({"type": 2, "user": []}, 40063),
        ({"user": ["ghost"]}, 60111),
        ({"type": 2, "party": [99]}, 60123),
        ({"state": "s" * 31}, 40058),
        ({"remark": "r" * 31}, 40058),
        ({"is_temp": True, "expires_in": 15 * DAY}, 40058),
        ({"conclusions": {"text": {"content": "长" * 1_334}}}, 40058),
        ({"conclusions": {"image": {"media_id": "unknown"}}}, 40007),
    ],
)
def test_bad_contact_ways_are_refused(change: Json, errcode: int) -> None:
    assert Corp().post(ADD, {**OF_ONE, **change})["errcode"] == errcode


@pytest.mark.parametrize(("body", "errcode"), [({}, 41043), ({"config_id": "made-up"}, 41044)])
def test_unknown_contact_ways_are_refused(body: Json, errcode: int) -> None:
    corp = Corp()

    assert {corp.post(path, body)["errcode"] for path in (GET, UPDATE, DELETE)} == {errcode}


def test_a_member_who_is_not_real_named_has_no_contact_way() -> None:
    corp = Corp()
    corp.simulator.actions.change_member("rm_c", {"real_named": False})

    assert corp.post(ADD, OF_ONE)["errcode"] == 41054
