"""Who may call what from where, and whom they see (section 8)."""

import pytest

from .builders import Corp, Json, small_world

CUSTOMER, BOOK, IDS = "externalcontact/get_follow_user_list", "department/list", "user/list_id"


def corp_with(**app: object) -> Corp:
    world = small_world()
    world["apps"].append({"app": "other", "agent_id": 7, "secret": "other-secret", **app})
    return Corp(world)


@pytest.mark.parametrize(
    ("app", "path", "errcode"),
    [
        ({"kind": "self_built"}, CUSTOMER, 0),
        ({"kind": "self_built"}, BOOK, 0),
        ({"kind": "self_built"}, IDS, 48002),
        ({"kind": "self_built", "external_contact_listed": False}, CUSTOMER, 48002),
        ({"kind": "self_built", "external_contact_listed": False}, BOOK, 0),
        ({"kind": "contacts_sync"}, IDS, 0),
        ({"kind": "contacts_sync"}, BOOK, 48009),
        ({"kind": "contacts_sync"}, CUSTOMER, 48002),
        ({"kind": "archive"}, CUSTOMER, 48002),
        ({"kind": "archive"}, BOOK, 48002),
        ({"kind": "archive"}, "getcallbackip", 0),
        ({"kind": "external_contact_system"}, CUSTOMER, 48002),
    ],
)
def test_each_kind_of_app_may_call_only_its_own_apis(app: Json, path: str, errcode: int) -> None:
    corp = corp_with(**app)

    reply = corp.post(path, secret="other-secret") if path == IDS else corp.get(path, secret="other-secret")

    assert reply["errcode"] == errcode


def test_an_old_corp_may_still_use_the_system_secret() -> None:
    corp = corp_with(kind="external_contact_system")
    corp.set_knobs(system_secret_allowed=True)

    assert corp.get(CUSTOMER, secret="other-secret")["errcode"] == 0


def test_a_source_that_is_not_trusted_is_60020_until_a_minute_after_it_was_added() -> None:
    corp = corp_with(trusted_ips=["127.0.0.5"])

    assert corp.post(IDS, source="127.0.0.1", secret="other-secret")["errcode"] == 60020
    corp.simulator.actions.change_trusted_ips("other", ["127.0.0.1"])
    corp.advance(59)
    assert corp.post(IDS, source="127.0.0.1", secret="other-secret")["errcode"] == 60020
    corp.advance(1)
    assert corp.post(IDS, source="127.0.0.1", secret="other-secret")["errcode"] == 48002


def seeing_only_hangzhou() -> Corp:
    world = small_world()
    world["apps"][0]["visible_departments"] = [10]
    world["relations"].append({"userid": "rm_c", "external_userid": "wm1", "createtime": 1})
    world["groups"].append({"chat_id": "wr9", "name": "x", "owner": "rm_c", "create_time": 1})
    return Corp(world)


def test_follow_users_and_departments_end_at_the_visible_range() -> None:
    corp = seeing_only_hangzhou()

    assert corp.get(CUSTOMER)["follow_user"] == ["rm_a", "rm_b"]
    assert [row["id"] for row in corp.get(BOOK)["department"]] == [10]
    assert corp.get("department/get", id=20)["errcode"] == 60011
    assert corp.get("user/get", userid="rm_c")["errcode"] == 60011


def test_followers_outside_the_range_are_silently_missing() -> None:
    corp = seeing_only_hangzhou()

    followers = corp.get("externalcontact/get", external_userid="wm1")["follow_user"]

    assert [row["userid"] for row in followers] == ["rm_a"]


def test_customers_groups_and_transfers_of_invisible_members_are_refused() -> None:
    corp = seeing_only_hangzhou()

    assert corp.get("externalcontact/list", userid="rm_c")["errcode"] == 60111
    assert corp.post("externalcontact/groupchat/get", {"chat_id": "wr9"})["errcode"] == 60011
    groups = corp.post("externalcontact/groupchat/list", {"limit": 10})["group_chat_list"]
    assert [row["chat_id"] for row in groups] == ["wr1", "wr2"]
    assert corp.transfer("onjob", "rm_a", "rm_c", "wm1")["errcode"] == 60111


def test_a_customer_whose_followers_are_all_invisible_is_40096() -> None:
    world = small_world()
    world["apps"][0]["visible_departments"] = [20]
    corp = Corp(world)

    assert corp.get("externalcontact/get", external_userid="wm1")["errcode"] == 40096


def test_single_members_can_be_visible_without_their_department() -> None:
    world = small_world()
    world["apps"][0] |= {"visible_departments": [10], "visible_userids": ["RM_C"]}

    assert Corp(world).get(CUSTOMER)["follow_user"] == ["rm_a", "rm_b", "rm_c"]


def test_a_moved_member_leaves_the_range() -> None:
    corp = seeing_only_hangzhou()

    corp.simulator.actions.change_member("rm_b", {"department": [20]})

    assert corp.get(CUSTOMER)["follow_user"] == ["rm_a"]
