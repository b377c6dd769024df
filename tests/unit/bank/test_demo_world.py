"""The demo bank: its figures, its reproducibility, and that the simulator takes it."""

import json
from collections import Counter

import pytest

from local.bank import BankSize, bank_world, demo_world, tier_tags
from local.bank.quirks import almost_full_rm, awkward_rms
from local.simulator.crypto import aes_key
from local.simulator.world import World

WORLD = demo_world()


def test_the_demo_bank_has_the_figures_of_the_issue() -> None:
    branches = [row for row in WORLD["departments"] if row["parentid"] == 1]
    rms = [member for member in WORLD["members"] if member["contact_service"]]

    assert [row["name"] for row in branches] == ["杭州分行", "宁波分行", "温州分行"]
    assert (len(rms), len(WORLD["customers"]), len(WORLD["groups"])) == (30, 2_000, 60)
    assert all(member["position"] == "客户经理" for member in rms)


def test_managers_lead_departments_and_follow_nobody() -> None:
    managers = {member["userid"] for member in WORLD["members"] if not member["contact_service"]}
    leaders = {userid for row in WORLD["departments"] for userid in row.get("department_leader", [])}

    assert leaders == managers
    assert len(managers) == 9
    assert not managers & {relation["userid"] for relation in WORLD["relations"]}


def test_some_customers_follow_two_rms_of_one_branch() -> None:
    branch_of = {member["userid"]: member["main_department"] // 1_000 for member in WORLD["members"]}
    followers: dict[str, list[str]] = {}
    for relation in WORLD["relations"]:
        followers.setdefault(relation["external_userid"], []).append(relation["userid"])

    counts = Counter(len(found) for found in followers.values())
    assert set(counts) == {1, 2}
    assert 60 <= counts[2] <= 180
    assert all(len({branch_of[userid] for userid in found}) == 1 for found in followers.values())


def test_one_rm_of_every_branch_has_half_added_customers_and_some_who_deleted_them() -> None:
    standings = Counter((row["userid"], row.get("standing", "mutual")) for row in WORLD["relations"])
    awkward = [member["userid"] for member in awkward_rms(WORLD)]

    assert len(awkward) == 3
    assert {key: count for key, count in standings.items() if key[1] != "mutual"} == {
        (userid, standing): 2 for userid in awkward for standing in ("half", "customer_deleted")
    }


def test_a_half_added_customer_is_somebody_elses() -> None:
    half = {row["external_userid"] for row in WORLD["relations"] if row.get("standing") == "half"}
    mutual = {row["external_userid"] for row in WORLD["relations"] if row.get("standing", "mutual") == "mutual"}

    assert half <= mutual


def test_one_rm_has_room_for_three_customers_more() -> None:
    member = almost_full_rm(WORLD)
    followed = sum(row["userid"] == member["userid"] for row in WORLD["relations"])

    assert [row["userid"] for row in WORLD["members"] if row.get("customer_cap") is not None] == [member["userid"]]
    assert member["customer_cap"] == followed + 3


def test_the_tier_of_most_customers_is_in_their_corp_tags() -> None:
    tiers = tier_tags(WORLD)
    tagged = [[tag for tag in row.get("tag_ids", []) if tag in tiers] for row in WORLD["relations"]]

    assert list(tiers.values()) == ["普通客户", "金卡客户", "白金客户", "钻石客户", "私人银行客户"]
    assert {len(tags) for tags in tagged} == {0, 1}
    assert 0.6 < sum(map(len, tagged)) / len(tagged) < 0.8


def test_every_rm_has_customers_and_two_groups_to_hand_over() -> None:
    customers = Counter(relation["userid"] for relation in WORLD["relations"])
    groups = Counter(group["owner"] for group in WORLD["groups"])

    assert min(customers.values()) >= 30
    assert set(groups.values()) == {2}
    assert len(customers) == len(groups) == 30


def test_ids_look_like_wecoms() -> None:
    assert all(row["external_userid"][:2] == "wm" and len(row["external_userid"]) == 32 for row in WORLD["customers"])
    assert all(row["chat_id"][:2] == "wr" and len(row["chat_id"]) == 32 for row in WORLD["groups"])
    assert all(member["userid"].split("_")[0] in {"rm", "mgr"} for member in WORLD["members"])
    assert len({row["external_userid"] for row in WORLD["customers"]}) == 2_000


def test_optional_fields_are_there_for_some_and_missing_for_others() -> None:
    with_unionid = sum("unionid" in row for row in WORLD["customers"])
    with_mobiles = sum("remark_mobiles" in row for row in WORLD["relations"])

    assert 0 < with_unionid < 2_000
    assert 0 < with_mobiles < len(WORLD["relations"])
    assert {row.get("type", 1) for row in WORLD["customers"]} == {1, 2}


def test_the_same_seed_gives_the_same_bank_and_another_seed_another() -> None:
    assert demo_world() == WORLD
    assert demo_world(seed=1)["customers"] != WORLD["customers"]


def test_a_callback_url_brings_a_token_and_a_usable_key() -> None:
    (app, _) = demo_world(callback_url="http://127.0.0.1:1/wecom/callback/contacts")["apps"]

    assert app["callback"]["url"] == "http://127.0.0.1:1/wecom/callback/contacts"
    assert app["callback"]["token"].isalnum()
    assert len(aes_key(app["callback"]["encoding_aes_key"])) == 32
    assert "callback" not in WORLD["apps"][0]


@pytest.mark.parametrize(
    "size",
    [
        BankSize(),
        BankSize(branches=1, sub_branches=1, rms=1, customers=3, groups=1),
        BankSize(branches=8, sub_branches=5, rms=100, customers=500, groups=10, shared_percent=100),
        BankSize(customers=0, groups=0),
    ],
)
def test_a_bank_of_any_size_is_a_world_that_the_simulator_takes(size: BankSize) -> None:
    document = bank_world(size, seed=3)

    world = World.from_json(json.loads(json.dumps(document)))

    assert len(world.customers) == size.customers
    assert len(world.departments) == 1 + size.branches * (1 + 2 * size.sub_branches)
    assert len({department.id for department in world.departments.values()}) == len(world.departments)
