"""Mass messages: created, distributed, confirmed by members, reminded of and taken back (content paper, section 1)."""

from typing import Any

import pytest

from local.simulator.confirmations import NEVER, ConfirmationScript, ScriptedConfirmation
from local.simulator.faults import Fault
from local.simulator.mass_book import MassMessage

from .builders import DAY, HOUR, Corp, Json, customer, member, relation, small_world

CREATE = "externalcontact/add_msg_template"
LIST = "externalcontact/get_groupmsg_list_v2"
MEMBERS = "externalcontact/get_groupmsg_task"
RESULTS = "externalcontact/get_groupmsg_send_result"
REMIND = "externalcontact/remind_groupmsg_send"
CANCEL = "externalcontact/cancel_groupmsg_send"
TEXT = {"text": {"content": "本周理财沙龙"}}
LINK = {"msgtype": "link", "link": {"title": "沙龙", "url": "https://bank.example/s"}}
NOBODY_TO_SEND_TO, CANCELLED, TOO_OFTEN, DISTRIBUTING = 41048, 41093, 41094, 41063


def created(corp: Corp, *targets: str, sender: str = "rm_a", **more: Any) -> str:
    """Create for these customers of the sender and let WeCom distribute it; the msgid."""
    reply = corp.post(CREATE, {"sender": sender, "external_userid": list(targets), **TEXT, **more})
    assert reply["errcode"] == 0, reply
    corp.advance(10)
    msgid: str = reply["msgid"]
    return msgid


def message_of(corp: Corp, msgid: str) -> MassMessage:
    return corp.simulator.simulation.state.mass.by_msgid[msgid]


def confirm(corp: Corp, msgid: str, userid: str = "rm_a", **more: Any) -> bool:
    message = message_of(corp, msgid)
    task = message.task_of(userid)
    return task is not None and corp.simulator.mass_messages.confirm(message, task, **more)


def script(corp: Corp, **by_member: ScriptedConfirmation | list[ScriptedConfirmation]) -> None:
    corp.simulator.simulation.state.confirmations = ConfirmationScript(by_member=by_member)


def members(corp: Corp, msgid: str) -> dict[str, int]:
    reply = corp.post(MEMBERS, {"msgid": msgid})
    assert reply["errcode"] == 0, reply
    return {row["userid"]: row["status"] for row in reply["task_list"]}


def results(corp: Corp, msgid: str, userid: str = "rm_a") -> dict[str, int]:
    reply = corp.post(RESULTS, {"msgid": msgid, "userid": userid})
    assert reply["errcode"] == 0, reply
    return {row.get("external_userid") or row["chat_id"]: row["status"] for row in reply["send_list"]}


def listed(corp: Corp, **more: Any) -> list[Json]:
    now = int(corp.simulator.simulation.now())
    span = {"start_time": now - DAY, "end_time": now, "chat_type": "single"}
    reply = corp.post(LIST, {**span, **more})
    assert reply["errcode"] == 0, reply
    rows: list[Json] = reply["group_msg_list"]
    return rows


def test_nothing_reaches_a_customer_before_the_member_confirms() -> None:
    corp = Corp()
    msgid = created(corp, "wm1", "wm2")
    before = members(corp, msgid), results(corp, msgid)

    assert confirm(corp, msgid)

    assert before == ({"rm_a": 0}, {"wm1": 0, "wm2": 0})
    assert (members(corp, msgid), results(corp, msgid)) == ({"rm_a": 2}, {"wm1": 1, "wm2": 1})
    assert [row.target_id for row in corp.simulator.simulation.state.mass.deliveries] == ["wm1", "wm2"]
    assert not confirm(corp, msgid)


def test_send_time_is_there_only_once_it_was_sent() -> None:
    corp = Corp()
    msgid = created(corp, "wm1", "wm2")
    corp.simulator.actions.remove_by_customer("rm_a", "wm2")
    (waiting,) = corp.post(MEMBERS, {"msgid": msgid})["task_list"]

    confirm(corp, msgid)

    (done,) = corp.post(MEMBERS, {"msgid": msgid})["task_list"]
    sent, failed = corp.post(RESULTS, {"msgid": msgid, "userid": "rm_a"})["send_list"]
    assert "send_time" not in waiting
    assert done["send_time"] == sent["send_time"]
    assert "send_time" not in failed


def test_members_and_results_are_41063_while_wecom_distributes() -> None:
    corp = Corp()
    msgid = corp.post(CREATE, {"sender": "rm_a", "external_userid": ["wm1"], **TEXT})["msgid"]

    at_once = [corp.post(path, {"msgid": msgid, "userid": "rm_a"})["errcode"] for path in (MEMBERS, RESULTS)]
    corp.advance(10)

    assert at_once == [DISTRIBUTING, DISTRIBUTING]
    assert members(corp, msgid) == {"rm_a": 0}
    assert [row["msgid"] for row in listed(corp)] == [msgid]


def test_who_cannot_be_sent_to_is_in_the_fail_list_and_all_of_them_refuse_the_call() -> None:
    corp = Corp()
    corp.befriend("rm_b", "wm2", standing="half")

    some = corp.post(CREATE, {"sender": "rm_b", "external_userid": ["wm1", "wm2", "wm3", "wmX"], **TEXT})
    none = corp.post(CREATE, {"sender": "rm_b", "external_userid": ["wm1"], **TEXT})
    corp.set_knobs(mass_nobody_errcode=None)
    accepted = corp.post(CREATE, {"sender": "rm_b", "external_userid": ["wm1"], **TEXT})

    assert (some["errcode"], some["fail_list"]) == (0, ["wm1", "wm2", "wmX"])
    assert none["errcode"] == NOBODY_TO_SEND_TO
    assert (accepted["errcode"], accepted["fail_list"]) == (0, ["wm1"])


@pytest.mark.parametrize(
    ("choice", "given", "dropped"),
    [
        ("sender", {"rm_a": ["wm2", "wm3"]}, []),
        ("last_chat", {"rm_a": ["wm2"], "rm_b": ["wm3"]}, []),
        ("dropped", {"rm_a": ["wm2"]}, ["wm3"]),
    ],
)
def test_a_customer_of_several_members_goes_by_the_knob(
    choice: str, given: dict[str, list[str]], dropped: list[str]
) -> None:
    corp = Corp(mass_recipient_choice=choice)
    corp.simulator.actions.change_relation("rm_b", "wm3", {"last_chat_at": corp.simulator.simulation.now()})

    message = message_of(corp, created(corp, "wm2", "wm3"))

    assert {task.userid: [row.target_id for row in task.recipients] for task in message.tasks} == given
    assert (message.failed, message.dropped) == ([], dropped)


def test_without_a_sender_each_customer_goes_to_the_member_of_the_last_chat() -> None:
    corp = Corp()
    corp.simulator.actions.change_relation("rm_b", "wm3", {"last_chat_at": corp.simulator.simulation.now()})

    reply = corp.post(CREATE, {"external_userid": ["wm1", "wm3"], **TEXT})
    corp.advance(10)

    assert members(corp, reply["msgid"]) == {"rm_a": 0, "rm_b": 0}
    assert results(corp, reply["msgid"], "rm_b") == {"wm3": 0}


def test_a_sender_alone_is_all_of_his_customers_and_tags_narrow_them() -> None:
    corp = Corp()
    tagged: Json = {"tag_filter": {"group_list": [{"tag_list": ["et1"]}]}}

    everybody = message_of(corp, corp.post(CREATE, {"sender": "rm_a", **TEXT})["msgid"])
    narrowed = message_of(corp, corp.post(CREATE, {"sender": "rm_a", **tagged, **TEXT})["msgid"])
    ignored = message_of(corp, created(corp, "wm2", **tagged))

    found = [[row.target_id for row in message.tasks[0].recipients] for message in (everybody, narrowed, ignored)]
    assert found == [["wm1", "wm2", "wm3"], ["wm1"], ["wm2"]]


def test_members_confirm_promptly_late_in_part_or_never_as_they_are_scripted() -> None:
    names = ["rm_a", "rm_b", "rm_c", "rm_d"]
    world = small_world(
        members=[member(name) for name in names],
        customers=[customer(f"wm{number}") for number in range(40)],
        relations=[relation(name, f"wm{number}") for name in names for number in range(40)],
        groups=[],
    )
    corp = Corp(world)
    script(
        corp,
        rm_a=ScriptedConfirmation(),
        rm_b=ScriptedConfirmation(after_seconds=3 * DAY),
        rm_c=ScriptedConfirmation(share_percent=40),
        rm_d=NEVER,
    )
    targets = [f"wm{number}" for number in range(40)]
    msgids = {name: created(corp, *targets, sender=name) for name in names}

    corp.advance(HOUR)
    after_an_hour = {name: members(corp, msgid)[name] for name, msgid in msgids.items()}
    partly = list(results(corp, msgids["rm_c"], "rm_c").values())
    corp.advance(3 * DAY)

    assert after_an_hour == {"rm_a": 2, "rm_b": 0, "rm_c": 2, "rm_d": 0}
    assert set(partly) == {0, 1}
    assert members(corp, msgids["rm_b"]) == {"rm_b": 2}
    assert members(corp, msgids["rm_d"]) == {"rm_d": 0}


def test_the_script_has_turns_and_percentages() -> None:
    corp = Corp()
    script(corp, RM_A=[NEVER, ScriptedConfirmation(after_seconds=60)])
    first, second = created(corp, "wm1"), created(corp, "wm2")
    corp.advance(60)
    in_turn = members(corp, first)["rm_a"], members(corp, second)["rm_a"]

    drawn = ConfirmationScript(prompt_percent=30, late_percent=30, partly_percent=20, seed=3)
    plans = [drawn.plan(f"rm_{number}", 1) for number in range(1_000)]

    assert in_turn == (0, 2)
    kinds = [plan.after_seconds if plan.confirms else None for plan in plans]
    assert [kinds.count(2 * DAY), kinds.count(None)] == pytest.approx([300, 200], abs=50)
    assert sum(plan.share_percent < 100 for plan in plans) == pytest.approx(200, abs=50)


def test_a_reminder_moves_a_member_who_waits_for_one() -> None:
    corp = Corp()
    script(corp, rm_a=ScriptedConfirmation(upon="reminder", after_seconds=600))
    msgid = created(corp, "wm1")
    corp.advance(2 * DAY)
    before = members(corp, msgid)

    corp.post(REMIND, {"msgid": msgid})
    corp.advance(600)

    assert (before, members(corp, msgid)) == ({"rm_a": 0}, {"rm_a": 2})


def test_three_reminders_in_24_hours_and_no_more() -> None:
    corp = Corp()
    msgid = created(corp, "wm1")

    codes = [corp.post(REMIND, {"msgid": msgid})["errcode"] for _ in range(4)]
    corp.advance(DAY + 1)

    assert codes == [0, 0, 0, TOO_OFTEN]
    assert corp.post(REMIND, {"msgid": msgid})["errcode"] == 0


def test_a_cancelled_message_stops_who_has_not_sent_and_recalls_nothing() -> None:
    corp = Corp()
    corp.befriend("rm_b", "wm1")
    corp.set_knobs(mass_recipient_choice="last_chat")
    corp.simulator.actions.change_relation("rm_b", "wm3", {"last_chat_at": corp.simulator.simulation.now()})
    msgid = created(corp, "wm2", "wm3")
    confirm(corp, msgid)

    codes = [corp.post(path, {"msgid": msgid})["errcode"] for path in (CANCEL, CANCEL, REMIND)]
    late = confirm(corp, msgid, "rm_b")

    assert codes == [0, CANCELLED, CANCELLED]
    assert not late
    assert (results(corp, msgid), results(corp, msgid, "rm_b")) == ({"wm2": 1}, {"wm3": 0})
    corp.set_knobs(mass_cancel_hides_unsent=True)
    assert (results(corp, msgid), results(corp, msgid, "rm_b")) == ({"wm2": 1}, {})


def test_what_was_confirmed_before_the_cancellation_is_told_after_it() -> None:
    corp = Corp()
    script(corp, rm_a=ScriptedConfirmation(after_seconds=HOUR, told_after_seconds=DAY))
    msgid = created(corp, "wm1")
    corp.advance(2 * HOUR)
    corp.post(CANCEL, {"msgid": msgid})
    before = members(corp, msgid)

    corp.advance(DAY)

    assert (before, members(corp, msgid)) == ({"rm_a": 0}, {"rm_a": 2})
    (row,) = corp.post(RESULTS, {"msgid": msgid, "userid": "rm_a"})["send_list"]
    assert row["send_time"] < corp.simulator.simulation.now() - DAY


def test_customers_who_went_meanwhile_are_no_friends_and_leavers_never_confirm() -> None:
    corp = Corp()
    script(corp, rm_a=ScriptedConfirmation(after_seconds=2 * DAY), rm_b=ScriptedConfirmation(after_seconds=2 * DAY))
    of_a, of_b = created(corp, "wm1", "wm2", "wm3"), created(corp, "wm3", sender="rm_b")
    corp.simulator.actions.remove_by_customer("rm_a", "wm2")
    corp.transfer("onjob", "rm_a", "rm_c", "wm1")
    corp.advance(DAY)
    corp.leave("rm_b")

    corp.advance(2 * DAY)

    assert results(corp, of_a) == {"wm1": 2, "wm2": 2, "wm3": 1}
    assert (members(corp, of_b), results(corp, of_b, "rm_b")) == ({"rm_b": 0}, {"wm3": 0})


def test_a_member_keeps_what_he_has_to_send_under_a_new_userid() -> None:
    corp = Corp()
    script(corp, rm_a=ScriptedConfirmation())
    msgid = created(corp, "wm1")

    corp.simulator.actions.rename_userid("rm_a", "rm_x")
    corp.advance(HOUR)

    assert members(corp, msgid) == {"rm_x": 2}
    assert results(corp, msgid, "RM_X") == {"wm1": 1}


def test_a_group_message_lists_only_the_groups_it_was_sent_to() -> None:
    corp = Corp()
    body = {"chat_type": "group", "sender": "rm_a", "chat_id_list": ["wr1", "wr2", "wrX"], **TEXT}
    reply = corp.post(CREATE, body)
    corp.advance(10)
    before = results(corp, reply["msgid"])
    corp.simulator.group_actions.dismiss("wr2")

    confirm(corp, reply["msgid"])

    assert reply["fail_list"] == ["wrX"]
    assert (before, results(corp, reply["msgid"])) == ({}, {"wr1": 1})
    (row,) = corp.post(RESULTS, {"msgid": reply["msgid"], "userid": "rm_a"})["send_list"]
    assert "external_userid" not in row
    assert [row["msgid"] for row in listed(corp, chat_type="group")] == [reply["msgid"]]
    assert listed(corp) == []


def test_a_group_message_without_groups_is_for_all_of_the_owner() -> None:
    corp = Corp()

    message = message_of(corp, corp.post(CREATE, {"chat_type": "group", "sender": "rm_a", **TEXT})["msgid"])
    nobody = corp.post(CREATE, {"chat_type": "group", "sender": "rm_b", **TEXT})["errcode"]
    foreign = corp.post(CREATE, {"chat_type": "group", "sender": "rm_b", "chat_id_list": ["wr1"], **TEXT})["errcode"]

    assert [row.target_id for row in message.tasks[0].recipients] == ["wr1", "wr2"]
    assert (nobody, foreign) == (NOBODY_TO_SEND_TO, NOBODY_TO_SEND_TO)


def test_the_list_shows_what_was_created_without_its_creator_and_personal_messages_with_him() -> None:
    corp = Corp()
    media_id = corp.lend()
    image = {"msgtype": "image", "image": {"media_id": media_id, "pic_url": "https://p.example/1"}}
    page = {"title": "t", "pic_media_id": media_id, "appid": "wxA", "page": "p"}
    of_corp = created(corp, "wm1", attachments=[image, {"msgtype": "miniprogram", "miniprogram": page}])
    personal = corp.simulator.mass_messages.send_personally("rm_a", "single", ["wm1"], "早").msgid

    (first,), (second,) = listed(corp, filter_type=0), listed(corp, filter_type=1)

    assert (first["msgid"], first["create_type"], first["text"]) == (of_corp, 0, TEXT["text"])
    assert "creator" not in first
    assert first["attachments"][0]["image"] == {"media_id": media_id}
    assert "pic_media_id" not in first["attachments"][1]["miniprogram"]
    assert (second["msgid"], second["creator"], second["create_type"]) == (personal, "rm_a", 1)
    assert [row["msgid"] for row in listed(corp, creator="rm_a")] == [personal]
    assert [row["msgid"] for row in listed(corp)] == [of_corp, personal]
    assert corp.post(CANCEL, {"msgid": personal})["errcode"] == 41047
    corp.set_knobs(mass_personal_reachable=True)
    assert corp.post(CANCEL, {"msgid": personal})["errcode"] == 0


def test_a_list_that_lags_shows_a_message_later() -> None:
    corp = Corp(mass_list_lag_seconds=60)
    msgid = created(corp, "wm1")
    before = listed(corp)

    corp.advance(60)

    assert (before, [row["msgid"] for row in listed(corp)]) == ([], [msgid])


@pytest.mark.parametrize(("limit", "pages"), [(2, 3), (100, 1), (101, 1)])
def test_lists_go_by_pages_and_too_large_a_limit_is_the_default(limit: int, pages: int) -> None:
    corp = Corp()
    msgids = [created(corp, "wm1") for _ in range(5)]
    now = int(corp.simulator.simulation.now())
    body = {"chat_type": "single", "start_time": now - DAY, "end_time": now, "limit": limit, "cursor": ""}
    seen, count = [], 0

    while True:
        reply = corp.post(LIST, body)
        seen += [row["msgid"] for row in reply["group_msg_list"]]
        count += 1
        if not reply["next_cursor"]:
            break
        body["cursor"] = reply["next_cursor"]

    assert (seen, count) == (msgids, pages)


def test_results_go_by_pages_of_500_unless_asked() -> None:
    names = [f"wm{number:04}" for number in range(1_100)]
    world = small_world(
        customers=[customer(name) for name in names], relations=[relation("rm_a", name) for name in names], groups=[]
    )
    corp = Corp(world)
    msgid = created(corp, *names)

    sizes = [
        len(corp.post(RESULTS, {"msgid": msgid, "userid": "rm_a", "limit": n})["send_list"]) for n in (1_000, 2_000)
    ]
    first = corp.post(RESULTS, {"msgid": msgid, "userid": "rm_a", "limit": 1_000})
    rest = corp.post(RESULTS, {"msgid": msgid, "userid": "rm_a", "limit": 1_000, "cursor": first["next_cursor"]})

    assert sizes == [1_000, 500]
    assert [row["external_userid"] for row in first["send_list"] + rest["send_list"]] == names
    assert rest["next_cursor"] == ""


@pytest.mark.parametrize(
    ("body", "errcode"),
    [
        (TEXT, 40063),
        ({"chat_type": "group", **TEXT}, 40063),
        ({"chat_type": "moment", "sender": "rm_a", **TEXT}, 40058),
        ({"sender": "rm_a"}, 40063),
        ({"sender": "ghost", **TEXT}, 60111),
        ({"sender": "rm_a", "external_userid": ["wm"] * 10_001, **TEXT}, 40058),
        ({"chat_type": "group", "sender": "rm_a", "chat_id_list": ["wr"] * 2_001, **TEXT}, 40058),
        ({"sender": "rm_a", "allow_select": "yes", **TEXT}, 40058),
        ({"sender": "rm_a", "text": {"content": "长" * 1_334}}, 40058),
        ({"sender": "rm_a", "attachments": [LINK] * 10}, 41064),
        ({"sender": "rm_a", "attachments": [{"msgtype": "voice", "voice": {"media_id": "M"}}]}, 41065),
        ({"sender": "rm_a", "attachments": [{"msgtype": "image", "link": {}}]}, 41065),
        ({"sender": "rm_a", "attachments": [{"msgtype": "image", "image": {}}]}, 41006),
        ({"sender": "rm_a", "attachments": [{"msgtype": "file", "file": {}}]}, 41006),
        ({"sender": "rm_a", "attachments": [{"msgtype": "link", "link": {"title": "t"}}]}, 40063),
        ({"sender": "rm_a", "attachments": [{"msgtype": "link", "link": {"title": "题" * 43, "url": "u"}}]}, 40058),
        ({"tag_filter": {"group_list": [{"tag_list": ["gone"]}]}, **TEXT}, 40068),
        ({"tag_filter": {"group_list": [{"tag_list": ["et1"] * 101}]}, **TEXT}, 40058),
    ],
)
def test_bad_messages_are_refused(body: Json, errcode: int) -> None:
    assert Corp().post(CREATE, body)["errcode"] == errcode


@pytest.mark.parametrize(
    ("path", "body", "errcode"),
    [
        (LIST, {"start_time": 1, "end_time": 2}, 40063),
        (LIST, {"chat_type": "single", "start_time": 1, "end_time": 32 * DAY}, 40058),
        (MEMBERS, {}, 41046),
        (MEMBERS, {"msgid": "made-up"}, 41047),
        (RESULTS, {"msgid": "made-up", "userid": "rm_a"}, 41047),
        (REMIND, {"msgid": "made-up"}, 41047),
        (CANCEL, {}, 41046),
    ],
)
def test_bad_questions_are_refused(path: str, body: Json, errcode: int) -> None:
    assert Corp().post(path, body)["errcode"] == errcode


def test_results_of_a_member_who_has_nothing_to_send_are_refused() -> None:
    corp = Corp()

    reply = corp.post(RESULTS, {"msgid": created(corp, "wm1"), "userid": "rm_b"})

    assert (reply["errcode"], reply["send_list"]) == (40003, [])


def test_a_dropped_answer_leaves_a_message_that_the_list_names() -> None:
    corp = Corp()
    with_fault = corp.simulator.simulation.state.faults
    with_fault.add(Fault(fault_id="", kind="drop_after", path=CREATE, count=1))
    lost = corp.post(CREATE, {"sender": "rm_a", "external_userid": ["wm1"], **TEXT})
    with_fault.add(Fault(fault_id="", kind="drop_before", path=CREATE, count=1))
    unheard = corp.post(CREATE, {"sender": "rm_a", "external_userid": ["wm1"], **TEXT})

    assert (lost, unheard) == ({}, {})
    assert len(listed(corp)) == 1
