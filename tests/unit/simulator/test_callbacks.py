"""Deliveries: who is told what, repeats, and misbehaviour on demand (2.3, 3, checklist 8)."""

from typing import Any

import pytest

from local.simulator.delivery_policy import CallbackPolicy, DeliveryRule
from local.simulator.events import Event
from local.simulator.model import Customer, Department, GroupMember, Member, Relation

from .builders import AES_KEY, DAY, HOUR, TOKEN, Corp, query_of, small_world


def policy(corp: Corp, **rule: Any) -> None:
    corp.simulator.simulation.state.policy = CallbackPolicy(seed=1, rules=[DeliveryRule(**rule)])


def outcomes(corp: Corp) -> list[tuple[int, str]]:
    return [(row.attempt, row.outcome) for row in corp.simulator.simulation.ledger.deliveries]


def new_customer(corp: Corp, name: str, userid: str = "rm_c", **more: Any) -> str | None:
    relation = Relation(userid=userid, external_userid=name, createtime=1, **more)
    return corp.simulator.actions.add_customer(relation, Customer(external_userid=name, name=name))


def test_a_failed_delivery_is_repeated_three_times_with_the_same_event_signed_anew() -> None:
    corp = Corp()
    corp.http.answer = lambda _url: 500
    corp.leave("rm_c")

    corp.advance(60)

    assert outcomes(corp) == [(1, "failed"), (2, "failed"), (3, "failed"), (4, "abandoned")]
    events = corp.http.events()
    assert all(event == events[0] for event in events)
    nonces = {query_of(url)["nonce"] for url, _ in corp.http.requests}
    assert len(nonces) == 4


def test_with_the_knob_a_repeat_has_the_same_bytes() -> None:
    corp = Corp(callback_resign=False)
    corp.http.answer = lambda _url: 500
    corp.leave("rm_c")

    corp.advance(60)

    assert len(set(corp.http.requests)) == 1


def test_a_receiver_that_recovers_gets_the_event_once_more_only() -> None:
    corp = Corp()
    answers = iter([500, 200])
    corp.http.answer = lambda _url: next(answers)
    corp.leave("rm_c")

    corp.advance(60)

    assert outcomes(corp) == [(1, "failed"), (2, "delivered")]


def test_no_reply_counts_as_a_failure() -> None:
    corp = Corp(callback_retries=0)

    def refuse(_url: str) -> int:
        raise ConnectionError("refused")

    corp.http.answer = refuse
    corp.leave("rm_c")

    corp.advance(60)

    (row,) = corp.simulator.simulation.ledger.deliveries
    assert (row.outcome, row.status, row.error) == ("abandoned", None, "refused")


def test_lost_events_are_never_sent_but_stand_in_the_ledger() -> None:
    corp = Corp()
    policy(corp, lose_next=1)

    corp.leave("rm_c")
    corp.leave("rm_b")
    corp.advance(60)

    assert [event["UserID"] for event in corp.http.events()] == ["rm_b"]
    assert outcomes(corp) == [(1, "lost"), (1, "delivered")]


def test_a_percentage_is_lost_or_doubled_the_same_way_for_the_same_seed() -> None:
    counts = []
    for _ in range(2):
        corp = Corp()
        policy(corp, lose_percent=30, duplicate_percent=50)
        for number in range(200):
            new_customer(corp, f"wmN{number}")
        corp.advance(1)
        counts.append([event["ExternalUserID"] for event in corp.http.events()])

    assert counts[0] == counts[1]
    assert len(set(counts[0])) == pytest.approx(140, abs=25)
    assert len(counts[0]) == pytest.approx(210, abs=40)


def test_reordering_delivers_the_same_events_in_another_order() -> None:
    corp = Corp()
    policy(corp, reorder_seconds=100)
    names = [f"wmN{number}" for number in range(30)]
    for name in names:
        new_customer(corp, name)

    corp.advance(101)

    received = [event["ExternalUserID"] for event in corp.http.events()]
    assert sorted(received) == sorted(names)
    assert received != names


def test_delayed_events_keep_the_time_of_what_happened() -> None:
    corp = Corp()
    policy(corp, delay_seconds=HOUR)
    corp.leave("rm_c")

    corp.advance(HOUR - 1)
    assert corp.http.events() == []
    corp.advance(1)

    (event,) = corp.http.events()
    assert event["CreateTime"] == "1800000000"
    assert query_of(corp.http.requests[0][0])["timestamp"] == str(1_800_000_000 + HOUR)


def test_held_events_come_when_the_rules_are_lifted() -> None:
    corp = Corp()
    policy(corp, hold=True)
    corp.leave("rm_c")
    corp.advance(DAY)
    assert corp.http.events() == []

    corp.simulator.simulation.state.policy = CallbackPolicy()
    corp.simulator.dispatcher.release_held()
    corp.advance(0)

    assert corp.http.kinds() == ["delete_user"]


def test_a_rule_applies_to_the_events_it_names() -> None:
    corp = Corp()
    policy(corp, match="*:change_contact.*", lose_percent=100)

    corp.leave("rm_b")
    new_customer(corp, "wmN")
    corp.advance(1)

    assert corp.http.kinds() == ["add_external_contact"]


def test_a_burst_within_one_second_shares_its_create_time() -> None:
    corp = Corp(callback_concurrency=4)
    for number in range(20):
        new_customer(corp, f"wmN{number}")

    corp.advance(0)

    events = corp.http.events()
    assert len(events) == 20
    assert len({event["CreateTime"] for event in events}) == 1


def test_events_of_members_outside_the_range_are_not_told() -> None:
    world = small_world()
    world["apps"][0]["visible_departments"] = [10]
    corp = Corp(world)

    new_customer(corp, "wmN", "rm_c")
    new_customer(corp, "wmM", "rm_b")
    corp.advance(0)

    assert [event["UserID"] for event in corp.http.events()] == ["rm_b"]


def test_an_app_hears_only_the_families_it_asked_for() -> None:
    world = small_world()
    world["apps"][0]["callback"]["events"] = ["change_contact"]
    corp = Corp(world)

    new_customer(corp, "wmN")
    corp.leave("rm_b")
    corp.advance(0)

    assert corp.http.kinds() == ["delete_user"]


def test_the_contacts_sync_app_hears_a_cut_down_form() -> None:
    world = small_world()
    world["apps"][0] |= {"kind": "contacts_sync"}
    corp = Corp(world)

    corp.simulator.actions.create_member(Member(userid="rm_n", name="新人", department=[10], position="客户经理"))
    corp.advance(0)

    (event,) = corp.http.events()
    assert (event["UserID"], event["Department"]) == ("rm_n", "10")
    assert not {"Name", "Position"} & event.keys()


def test_writes_through_the_api_are_not_told_unless_the_knob_says_so() -> None:
    for knob, expected in ((False, []), (True, ["edit_external_contact", "edit_external_contact"])):
        corp = Corp(api_write_events=knob)
        body = {"userid": "rm_a", "external_userid": "wm2"}
        corp.post("externalcontact/remark", {**body, "remark": "x"})
        corp.post("externalcontact/mark_tag", {**body, "add_tag": ["et1"]})
        corp.advance(0)

        assert corp.http.kinds() == expected


def test_what_people_do_in_the_client_is_told() -> None:
    corp = Corp()
    actions = corp.simulator.actions

    actions.create_member(Member(userid="rm_n", name="新人", department=[10], is_leader_in_dept=[0]))
    actions.change_member("rm_n", {"department": [10, 20]})
    actions.change_member("rm_n", {"customer_cap": 3})
    actions.rename_userid("rm_n", "rm_neu")
    actions.put_department(Department(id=30, name="温州分行", parentid=1))
    actions.put_department(Department(id=30, name="温州", parentid=1))
    actions.delete_department(30)
    actions.change_relation("rm_a", "wm1", {"remark": "陈"})
    actions.change_relation("rm_a", "wm1", {"remark_mobiles": ["10000000000"]})
    actions.remove_by_customer("rm_a", "wm1")
    actions.remove_by_member("rm_a", "wm2")
    corp.advance(0)

    assert corp.http.kinds() == [
        "create_user", "update_user", "update_user", "create_party", "update_party", "delete_party",
        "edit_external_contact", "del_follow_user", "del_external_contact",
    ]  # fmt: skip
    assert corp.http.events()[1]["Department"] == "10,20"
    assert corp.http.events()[2]["NewUserID"] == "rm_neu"


def test_a_renamed_member_keeps_customers_and_groups() -> None:
    corp = Corp()

    corp.simulator.actions.rename_userid("rm_a", "rm_z")

    assert corp.get("externalcontact/list", userid="rm_z")["external_userid"] == ["wm1", "wm2", "wm3"]
    assert [group.chat_id for group in corp.simulator.simulation.world.groups.owned_by("rm_z")] == ["wr1", "wr2"]


def test_what_people_do_with_groups_is_told_with_versions() -> None:
    corp = Corp()
    groups = corp.simulator.group_actions

    groups.join("wr1", [GroupMember(userid="wm1", type=2, join_time=1, join_scene=3)])
    groups.leave("wr1", ["wm1"])
    groups.rename("wr1", "新名")
    groups.change_notice("wr1", "公告")
    groups.change_owner("wr1", "rm_b")
    groups.dismiss("wr1")
    corp.advance(0)

    events = corp.http.events()
    details = [event.get("UpdateDetail", event["ChangeType"]) for event in events]
    assert details == ["add_member", "del_member", "change_name", "change_notice", "change_owner", "dismiss"]
    assert (events[0]["JoinScene"], events[1]["QuitScene"]) == ("3", "0")
    assert "QuitScene" not in events[0]
    assert events[0]["LastMemVer"] == events[1]["CurMemVer"] != events[0]["CurMemVer"]


def test_a_new_customer_comes_with_state_and_a_welcome_code() -> None:
    corp = Corp()
    code = new_customer(corp, "wmN", state="qr-1")
    new_customer(corp, "wmH", standing="half")

    corp.advance(0)

    added, half = corp.http.events()
    assert (added["State"], added["WelcomeCode"]) == ("qr-1", code)
    assert half["ChangeType"] == "add_half_external_contact"


def test_any_event_can_be_sent_to_named_apps() -> None:
    corp = Corp()
    event = Event("brand_new_event", None, {"Anything": "x"})

    queued = corp.simulator.dispatcher.emit(event, apps=["contacts"])
    corp.advance(0)

    assert queued == 1
    assert corp.http.events()[0]["Event"] == "brand_new_event"
    assert "ChangeType" not in corp.http.events()[0]


def test_the_envelope_names_corp_and_agent() -> None:
    corp = Corp()
    corp.leave("rm_c")
    corp.advance(0)

    ((_, body),) = corp.http.requests

    assert body.startswith(b"<xml><ToUserName><![CDATA[wwSIMCORP0000001]]></ToUserName><AgentID><![CDATA[1000002]]>")
    assert TOKEN.encode() not in body
    assert AES_KEY.encode() not in body
