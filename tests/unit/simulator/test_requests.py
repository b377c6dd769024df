"""Envelope, validation, cursors, quirks of the JSON (1.1, checklist 5 and 11)."""

from typing import Any

import pytest

from .builders import Corp, Json, customer, relation, small_world

LIST, BATCH = "externalcontact/list", "externalcontact/batch/get_by_user"
TRANSFER, GROUPS = "externalcontact/transfer_customer", "externalcontact/groupchat/list"


def test_a_failed_call_is_http_200_with_code_hint_source_and_link() -> None:
    reply = Corp().raw("GET", LIST, {"access_token": "made-up"})

    assert reply["errcode"] == 40014
    assert "hint: [1800000000_" in reply["errmsg"]
    assert "from ip: 127.0.0.1" in reply["errmsg"]
    assert reply["errmsg"].endswith("query?e=40014")


def test_a_failed_list_call_still_carries_its_empty_list() -> None:
    assert Corp().get(LIST, userid="rm_c")["external_userid"] == []


def test_a_get_to_a_post_endpoint_is_40058() -> None:
    assert Corp().get(BATCH, userid_list="rm_a")["errcode"] == 40058


def test_malformed_json_is_named_in_the_text() -> None:
    reply = Corp().post(BATCH, b"{not json")

    assert reply["errcode"] == 40063
    assert "Warning: wrong json format." in reply["errmsg"]


def test_an_unknown_path_is_http_404() -> None:
    corp = Corp()

    corp.get("externalcontact/no_such_call")

    assert corp.simulator.simulation.ledger.calls[-1].http_status == 404


@pytest.mark.parametrize(
    ("path", "body", "errcode"),
    [
        (BATCH, {}, 40063),
        (BATCH, {"userid_list": ["u"] * 101}, 40058),
        (BATCH, {"userid_list": "rm_a"}, 40058),
        (BATCH, {"userid_list": ["rm_a"], "limit": 0}, 40058),
        (BATCH, {"userid_list": ["nobody"]}, 60111),
        (TRANSFER, {"takeover_userid": "rm_b", "external_userid": ["wm1"]}, 40063),
        (TRANSFER, {"handover_userid": "rm_a", "takeover_userid": "rm_b"}, 41035),
        (TRANSFER, {"handover_userid": "rm_a", "takeover_userid": "rm_b", "external_userid": []}, 41035),
        (TRANSFER, {"handover_userid": "rm_a", "takeover_userid": "rm_b", "external_userid": "wm1"}, 40058),
        (TRANSFER, {"handover_userid": "rm_a", "takeover_userid": "rm_b", "external_userid": ["w"] * 101}, 40058),
        (TRANSFER, {"handover_userid": "x" * 65, "takeover_userid": "rm_b", "external_userid": ["wm1"]}, 40003),
        (
            TRANSFER,
            {"handover_userid": "rm_a", "takeover_userid": "rm_b", "external_userid": ["wm1"],
             "transfer_success_msg": "长" * 201},
            40058,
        ),
        (GROUPS, {}, 40063),
        (GROUPS, {"limit": 1001}, 40058),
        (GROUPS, {"limit": 10, "status_filter": 4}, 40058),
        (GROUPS, {"limit": 10, "owner_filter": {"userid_list": ["u"] * 101}}, 40058),
        ("externalcontact/transfer", {"handover_userid": "rm_a", "takeover_userid": "rm_b",
                                      "external_userid": ["wm1"]}, 41035),
        ("externalcontact/remark", {"userid": "rm_a", "external_userid": "wm1"}, 40063),
        ("externalcontact/remark", {"userid": "rm_a", "external_userid": "wm1", "remark": "长" * 21}, 40058),
        ("externalcontact/remark", {"external_userid": "wm1", "remark": "x"}, 41009),
    ],
)  # fmt: skip
def test_wrong_parameters_have_their_codes(path: str, body: Json, errcode: int) -> None:
    assert Corp().post(path, body)["errcode"] == errcode


@pytest.mark.parametrize(
    ("path", "query", "errcode"),
    [
        (LIST, {}, 41009),
        (LIST, {"userid": "nobody"}, 60111),
        ("externalcontact/get", {}, 41035),
        ("externalcontact/get", {"external_userid": "wmX"}, 40096),
        ("user/get", {"userid": "nobody"}, 60111),
        ("user/list", {"department_id": "99"}, 60123),
        ("user/simplelist", {}, 40063),
    ],
)
def test_wrong_query_parameters_have_their_codes(path: str, query: Json, errcode: int) -> None:
    assert Corp().get(path, **query)["errcode"] == errcode


def many_customers(count: int = 250) -> Corp:
    names = [f"wm{number:04d}" for number in range(count)]
    world = small_world(
        customers=[customer(name) for name in names],
        relations=[relation("rm_a", name) for name in names] + [relation("rm_b", names[0])],
        groups=[],
        tag_groups=[],
    )
    return Corp(world)


def scan(corp: Corp, userids: list[str], **body: Any) -> list[list[tuple[str, str]]]:
    """Pages of (member, customer)."""
    pages, cursor = [], ""
    while True:
        reply = corp.post(BATCH, {"userid_list": userids, "cursor": cursor, **body})
        assert reply["errcode"] == 0, reply
        rows = reply["external_contact_list"]
        pages.append([(row["follow_info"]["userid"], row["external_contact"]["external_userid"]) for row in rows])
        cursor = reply["next_cursor"]
        if cursor == "":
            return pages


def test_a_scan_by_cursor_gives_every_relation_once() -> None:
    pages = scan(many_customers(), ["rm_a", "rm_b"])

    rows = [row for page in pages for row in page]
    assert [len(page) for page in pages] == [50, 50, 50, 50, 50, 1]
    assert len(set(rows)) == len(rows) == 251


def test_a_page_size_above_100_is_cut_to_100() -> None:
    pages = scan(many_customers(), ["rm_a"], limit=1000)

    assert [len(page) for page in pages] == [100, 100, 50]


def test_short_pages_still_lead_to_the_end() -> None:
    corp = many_customers()
    corp.set_knobs(short_pages=True)

    pages = scan(corp, ["rm_a"], limit=100)

    assert [len(page) for page in pages] == [50, 50, 50, 50, 50]


def test_rows_that_go_between_two_pages_do_not_shift_the_others() -> None:
    corp = many_customers(120)
    first = corp.post(BATCH, {"userid_list": ["rm_a"], "limit": 100})
    for number in range(50, 100):
        corp.simulator.actions.remove_by_member("rm_a", f"wm{number:04d}")

    second = corp.post(BATCH, {"userid_list": ["rm_a"], "limit": 100, "cursor": first["next_cursor"]})

    assert len(second["external_contact_list"]) == 20


@pytest.mark.parametrize("cursor", ["forged", "AAAA", "é", "x" * 200])
def test_a_forged_cursor_is_50100(cursor: str) -> None:
    assert many_customers().post(BATCH, {"userid_list": ["rm_a"], "cursor": cursor})["errcode"] == 50100


def test_a_cursor_belongs_to_one_scan() -> None:
    corp = many_customers()
    cursor = corp.post(BATCH, {"userid_list": ["rm_a"]})["next_cursor"]

    other_members = corp.post(BATCH, {"userid_list": ["rm_a", "rm_b"], "cursor": cursor})
    other_path = corp.post(GROUPS, {"limit": 10, "cursor": cursor})
    changed = corp.post(BATCH, {"userid_list": ["rm_a"], "cursor": cursor[:-4] + "AAA="})

    assert (other_members["errcode"], other_path["errcode"], changed["errcode"]) == (50100, 50100, 50100)


def test_a_page_can_be_asked_again_after_a_lost_reply() -> None:
    corp = many_customers()
    body = {"userid_list": ["rm_a"], "cursor": corp.post(BATCH, {"userid_list": ["rm_a"]})["next_cursor"]}

    assert corp.post(BATCH, body)["external_contact_list"] == corp.post(BATCH, body)["external_contact_list"]


def test_an_old_cursor_is_50100_when_the_knob_says_so() -> None:
    corp = many_customers()
    corp.set_knobs(cursor_ttl_seconds=60)
    cursor = corp.post(BATCH, {"userid_list": ["rm_a"]})["next_cursor"]
    corp.advance(61)

    assert corp.post(BATCH, {"userid_list": ["rm_a"], "cursor": cursor})["errcode"] == 50100


def every_object(value: Any) -> list[Json]:
    if isinstance(value, dict):
        return [value] + [found for inner in value.values() for found in every_object(inner)]
    return [found for inner in value for found in every_object(inner)] if isinstance(value, list) else []


def test_every_object_carries_a_field_nobody_knows() -> None:
    corp = Corp(extra_fields=True)

    reply = corp.get("externalcontact/get", external_userid="wm1")

    objects = every_object(reply)
    assert len(objects) == 4
    assert all("x_reserved" in found for found in objects)


def test_optional_fields_can_be_left_out() -> None:
    corp = Corp(omit_optional_fields=True)

    reply = corp.get("user/get", userid="rm_a")

    assert reply["userid"] == "rm_a"
    assert not {"telephone", "extattr", "order"} & reply.keys()


def test_the_ledger_has_every_call_and_no_token() -> None:
    corp = Corp()
    token = corp.token()
    corp.transfer("onjob", "rm_a", "rm_b", "wm1", "wm2")

    calls = corp.simulator.simulation.ledger.calls

    assert [(call.seq, call.path, call.app, call.ids, call.errcode) for call in calls[-1:]] == [
        (3, TRANSFER, "contacts", 2, 0)
    ]
    assert token not in repr(calls)
    assert "contacts-secret" not in repr(calls)
