"""Members, departments, customers, remarks, tags as the API shows them (sections 4 and 5)."""

import pytest

from .builders import DAY, Corp, customer, member, relation, small_world

MARK = "externalcontact/mark_tag"


def test_a_member_is_found_in_any_case_and_without_sensitive_fields() -> None:
    reply = Corp().get("user/get", userid="RM_A")

    assert (reply["userid"], reply["status"], reply["main_department"]) == ("rm_a", 1, 10)
    assert not {"mobile", "email", "avatar", "gender", "biz_mail", "qr_code", "address"} & reply.keys()


def test_lists_of_members_are_direct_or_of_the_whole_tree() -> None:
    corp = Corp()

    direct = corp.get("user/simplelist", department_id=1)["userlist"]
    tree = corp.get("user/list", department_id=1, fetch_child=1)["userlist"]

    assert direct == []
    assert [row["userid"] for row in tree] == ["rm_a", "rm_b", "rm_c"]


def test_list_id_has_one_row_per_member_and_department() -> None:
    world = small_world()
    world["apps"].append({"app": "sync", "agent_id": 3, "secret": "sync-secret", "kind": "contacts_sync"})
    world["members"].append(member("rm_d", 10, 20))
    corp = Corp(world)

    first = corp.post("user/list_id", {"limit": 3}, secret="sync-secret")
    second = corp.post("user/list_id", {"limit": 3, "cursor": first["next_cursor"]}, secret="sync-secret")

    rows = [(row["userid"], row["department"]) for row in first["dept_user"] + second["dept_user"]]
    assert rows == [("rm_a", 10), ("rm_b", 10), ("rm_c", 20), ("rm_d", 10), ("rm_d", 20)]
    assert second["next_cursor"] == ""


def test_departments_come_with_their_leaders() -> None:
    world = small_world()
    world["departments"][1]["department_leader"] = ["rm_b"]

    reply = Corp(world).get("department/get", id=10)

    assert reply["department"]["department_leader"] == ["rm_b"]


def test_a_member_with_no_customers_is_84061_and_not_an_empty_list() -> None:
    corp = Corp()

    assert corp.get("externalcontact/list", userid="rm_a")["external_userid"] == ["wm1", "wm2", "wm3"]
    assert corp.get("externalcontact/list", userid="rm_c")["errcode"] == 84061


def test_a_half_added_customer_is_no_relation_for_the_api() -> None:
    corp = Corp(small_world(relations=[relation("rm_a", "wm1", standing="half")], tag_groups=[]))

    assert corp.get("externalcontact/list", userid="rm_a")["errcode"] == 84061
    assert corp.post("externalcontact/batch/get_by_user", {"userid_list": ["rm_a"]})["external_contact_list"] == []
    assert corp.get("externalcontact/get", external_userid="wm1")["errcode"] == 84061
    assert corp.codes("onjob", "rm_a", "rm_b", "wm1") == [84061]


def test_a_member_without_the_customer_function_is_84083_and_no_follow_user() -> None:
    world = small_world()
    world["members"].append(member("mgr", contact_service=False))
    corp = Corp(world)

    assert corp.get("externalcontact/list", userid="mgr")["errcode"] == 84083
    assert "mgr" not in corp.get("externalcontact/get_follow_user_list")["follow_user"]


def test_get_shows_tags_by_name_and_batch_by_id() -> None:
    world = small_world()
    world["relations"][0]["personal_tags"] = ["球友"]
    corp = Corp(world)

    (follower,) = corp.get("externalcontact/get", external_userid="wm1")["follow_user"]
    rows = corp.post("externalcontact/batch/get_by_user", {"userid_list": ["rm_a"]})["external_contact_list"]

    assert [(tag["tag_name"], tag["type"]) for tag in follower["tags"]] == [("钻石", 1), ("球友", 2)]
    assert rows[0]["follow_info"]["tag_id"] == ["et1"]
    assert "tags" not in rows[0]["follow_info"]


def test_wechat_and_wecom_customers_have_different_optional_fields() -> None:
    world = small_world(
        customers=[customer("wm1", unionid="o1"), customer("wm2", type=2, corp_name="示例公司"), customer("wm3")]
    )
    corp = Corp(world)

    shown = [
        corp.get("externalcontact/get", external_userid=name)["external_contact"] for name in ("wm1", "wm2", "wm3")
    ]

    assert [("unionid" in row, "corp_name" in row) for row in shown] == [(True, False), (False, True), (False, False)]


def test_a_corp_without_an_open_account_is_shown_no_unionid() -> None:
    world = small_world(customers=[customer("wm1", unionid="o1"), customer("wm2"), customer("wm3")])
    bound, unbound = Corp(world), Corp(world, shows_unionids=False)

    def shown(corp: Corp) -> list[str | None]:
        alone = corp.get("externalcontact/get", external_userid="wm1")["external_contact"]
        rows = corp.post("externalcontact/batch/get_by_user", {"userid_list": ["rm_a"]})["external_contact_list"]
        return [alone.get("unionid"), rows[0]["external_contact"].get("unionid")]

    assert (shown(bound), shown(unbound)) == (["o1", "o1"], [None, None])


def test_more_than_500_followers_come_by_cursor() -> None:
    members = [member(f"rm{number:04d}") for number in range(501)]
    relations = [relation(row["userid"], "wm1") for row in members]
    corp = Corp(small_world(members=members, relations=relations, groups=[], tag_groups=[]))

    first = corp.get("externalcontact/get", external_userid="wm1")
    second = corp.get("externalcontact/get", external_userid="wm1", cursor=first["next_cursor"])

    assert (len(first["follow_user"]), len(second["follow_user"])) == (500, 1)
    assert "next_cursor" not in second


def test_a_remark_is_set_and_phone_numbers_cleared() -> None:
    world = small_world()
    world["relations"][0]["remark_mobiles"] = ["10012345678"]
    corp = Corp(world)

    corp.post(
        "externalcontact/remark",
        {"userid": "rm_a", "external_userid": "wm1", "remark": "陈", "remark_mobiles": [""]},
    )

    (follower,) = corp.get("externalcontact/get", external_userid="wm1")["follow_user"]
    assert (follower["remark"], follower["remark_mobiles"]) == ("陈", [])


def test_tags_are_marked_and_unmarked_per_relation() -> None:
    corp = Corp()
    body = {"userid": "rm_a", "external_userid": "wm2"}

    added = corp.post(MARK, {**body, "add_tag": ["et1"]})["errcode"]
    unknown = corp.post(MARK, {**body, "add_tag": ["et-none"]})["errcode"]
    nothing = corp.post(MARK, body)["errcode"]

    relations = {row.external_userid: row.tag_ids for row in corp.simulator.simulation.world.relations_of("rm_a")}
    assert (added, unknown, nothing) == (0, 40068, 40063)
    assert (relations["wm2"], relations["wm3"]) == (["et1"], [])


def test_tags_are_added_renamed_and_deleted_with_their_group() -> None:
    corp = Corp()
    group = corp.post(
        "externalcontact/add_corp_tag", {"group_name": "偏好", "tag": [{"name": "基金"}, {"name": "基金"}]}
    )
    (tag,) = group["tag_group"]["tag"]

    corp.post("externalcontact/edit_corp_tag", {"id": tag["id"], "name": "基金定投"})
    corp.post(MARK, {"userid": "rm_a", "external_userid": "wm2", "add_tag": [tag["id"]]})
    corp.post("externalcontact/del_corp_tag", {"tag_id": [tag["id"]]})

    names = [row["group_name"] for row in corp.post("externalcontact/get_corp_tag_list")["tag_group"]]
    asked = corp.post("externalcontact/get_corp_tag_list", {"tag_id": [tag["id"]]})["tag_group"]
    assert names == ["等级"]
    assert (asked[0]["tag"][0]["name"], asked[0]["tag"][0]["deleted"], asked[0]["deleted"]) == ("基金定投", True, True)
    world = corp.simulator.simulation.world
    assert [row.tag_ids for row in world.relations_of("rm_a")] == [["et1"], [], []]


@pytest.mark.parametrize(
    ("body", "errcode"),
    [
        ({"group_name": "x"}, 40063),
        ({"group_name": "x", "tag": [{"name": "长" * 31}]}, 40072),
        ({"group_id": "etNONE", "tag": [{"name": "y"}]}, 40068),
    ],
)
def test_bad_tags_are_refused(body: dict[str, object], errcode: int) -> None:
    assert Corp().post("externalcontact/add_corp_tag", body)["errcode"] == errcode


def test_a_name_in_use_is_refused_for_a_tag_and_reused_for_a_group() -> None:
    corp = Corp()
    added = corp.post("externalcontact/add_corp_tag", {"group_name": "等级", "tag": [{"name": "金卡"}]})["tag_group"]

    renamed = corp.post("externalcontact/edit_corp_tag", {"id": "et1", "name": "金卡"})

    assert added["group_id"] == "etG"
    assert renamed["errcode"] == 40071


def test_the_corp_holds_3000_tags_at_most() -> None:
    corp = Corp()

    reply = corp.post(
        "externalcontact/add_corp_tag", {"group_name": "x", "tag": [{"name": str(n)} for n in range(3000)]}
    )

    assert reply["errcode"] == 40126


# After a transfer


def test_remark_and_tags_written_after_a_transfer_are_read_back() -> None:
    corp = Corp(copy_remark=False, keep_corp_tags=False)
    corp.transfer("onjob", "rm_a", "rm_c", "wm1")
    corp.advance(DAY)
    new = {"userid": "rm_c", "external_userid": "wm1"}
    before = corp.get("externalcontact/get", external_userid="wm1")["follow_user"][0]

    corp.post("externalcontact/remark", {**new, "remark": "老客户", "remark_mobiles": ["10012345678"]})
    corp.post("externalcontact/mark_tag", {**new, "add_tag": ["et1"]})

    after = corp.get("externalcontact/get", external_userid="wm1")["follow_user"][0]
    (batch,) = corp.post("externalcontact/batch/get_by_user", {"userid_list": ["rm_c"]})["external_contact_list"]
    assert (before["remark"], before["tags"]) == ("客wm1", [])
    assert (after["remark"], after["remark_mobiles"]) == ("老客户", ["10012345678"])
    assert [tag["tag_id"] for tag in after["tags"]] == batch["follow_info"]["tag_id"] == ["et1"]
    assert corp.post("externalcontact/remark", {**new, "userid": "rm_a", "remark": "x"})["errcode"] == 84061


@pytest.mark.parametrize("kind", ["onjob", "resigned"])
def test_personal_tags_show_in_get_alone_and_no_transfer_copies_them(kind: str) -> None:
    corp = Corp(small_world(relations=[relation("rm_a", "wm1", tag_ids=["et1"], personal_tags=["爱喝茶"])]))
    shown = corp.get("externalcontact/get", external_userid="wm1")["follow_user"][0]["tags"]
    (batch,) = corp.post("externalcontact/batch/get_by_user", {"userid_list": ["rm_a"]})["external_contact_list"]
    if kind == "resigned":
        corp.leave("rm_a")

    corp.transfer(kind, "rm_a", "rm_c", "wm1")
    corp.advance(DAY)

    moved = corp.get("externalcontact/get", external_userid="wm1")["follow_user"][0]["tags"]
    assert [(tag["tag_name"], tag["type"]) for tag in shown] == [("钻石", 1), ("爱喝茶", 2)]
    assert "tag_id" not in shown[1]
    assert batch["follow_info"]["tag_id"] == ["et1"]
    assert [(tag["tag_name"], tag["type"]) for tag in moved] == [("钻石", 1)]


def test_a_colleague_who_already_was_a_friend_keeps_what_they_wrote() -> None:
    relations = [relation("rm_a", "wm1", remark="甲", tag_ids=["et1"]), relation("rm_b", "wm1", remark="乙")]
    corp = Corp(small_world(relations=relations))
    corp.transfer("onjob", "rm_a", "rm_b", "wm1")
    corp.advance(DAY)

    (follower,) = corp.get("externalcontact/get", external_userid="wm1")["follow_user"]

    assert (follower["userid"], follower["remark"], follower["tags"]) == ("rm_b", "乙", [])
