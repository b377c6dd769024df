"""Recalling application messages, template cards, and changing a card once (content paper, 4.1 and 4.2)."""

from typing import Any

import pytest

from .builders import DAY, HOUR, Corp, Json, small_world

SEND, RECALL, UPDATE = "message/send", "message/recall", "message/update_template_card"
BUTTONS = {
    "card_type": "button_interaction",
    "task_id": "approve@77",
    "main_title": {"title": "群发审批"},
    "button_list": [{"text": "同意", "key": "ok:77"}, {"text": "详情", "type": 1, "url": "https://bank.example/77"}],
}
NOTICE = {
    "card_type": "text_notice",
    "main_title": {"title": "待确认群发"},
    "card_action": {"type": 1, "url": "https://bank.example/t/1"},
}
OPTIONS = [{"id": "a", "text": "甲"}]
SUBMIT = {"text": "提交", "key": "submit"}


def card(content: Json, touser: str = "rm_a|rm_b", **more: Any) -> Json:
    return {"touser": touser, "msgtype": "template_card", "agentid": 1000002, "template_card": content, **more}


def text(touser: str) -> Json:
    return {"touser": touser, "msgtype": "text", "agentid": 1000002, "text": {"content": "请确认群发"}}


def change(code: str, **more: Any) -> Json:
    button = {"replace_name": "已同意"}
    return {"agentid": 1000002, "response_code": code, "userids": ["RM_A"], "button": button, **more}


def with_second_app() -> Corp:
    world = small_world()
    world["apps"].append({"app": "second", "agent_id": 9, "secret": "second-secret"})
    return Corp(world)


def test_a_message_is_recalled_within_24_hours_and_stays_in_the_ledger_as_such() -> None:
    corp = Corp()
    early, late = (corp.post(SEND, text("rm_a|rm_b"))["msgid"] for _ in range(2))

    corp.advance(DAY)
    first, again = (corp.post(RECALL, {"msgid": early})["errcode"] for _ in range(2))
    corp.advance(1)
    too_late = corp.post(RECALL, {"msgid": late})["errcode"]

    messages = list(corp.simulator.simulation.state.messages)
    assert (first, again, too_late) == (0, 0, 41047)
    assert messages[0].recalled_at == messages[0].at + DAY
    assert (messages[0].receivers, messages[1].recalled_at) == (["rm_a", "rm_b"], None)


def test_what_cannot_be_recalled_says_so() -> None:
    corp = with_second_app()
    msgid = corp.post(SEND, text("rm_a"))["msgid"]

    assert corp.post(RECALL, {})["errcode"] == 41046
    assert corp.post(RECALL, {"msgid": "unknown"})["errcode"] == 41047
    assert corp.post(RECALL, {"msgid": msgid}, secret="second-secret")["errcode"] == 41047
    assert corp.post(RECALL, {"msgid": msgid})["errcode"] == 0


@pytest.mark.parametrize(
    "content",
    [
        NOTICE,
        {**NOTICE, "card_action": {"type": 2, "appid": "wx0"}, "main_title": {}, "sub_title_text": "副标题"},
        {**NOTICE, "card_type": "news_notice", "card_image": {"url": "https://bank.example/i.png"}},
        BUTTONS,
        {"card_type": "vote_interaction", "task_id": "v1", "main_title": {"title": "时间"}, "submit_button": SUBMIT,
         "checkbox": {"question_key": "q", "mode": 1, "option_list": OPTIONS}},
        {"card_type": "multiple_interaction", "task_id": "m1", "submit_button": SUBMIT,
         "select_list": [{"question_key": "q", "option_list": OPTIONS}]},
    ],
)  # fmt: skip
def test_every_kind_of_card_is_sent_when_it_has_what_it_needs(content: Json) -> None:
    reply = Corp().post(SEND, card(content))

    assert reply["errcode"] == 0
    assert ("response_code" in reply) == ("task_id" in content)


@pytest.mark.parametrize(
    ("content", "errcode"),
    [
        ({**BUTTONS, "task_id": None}, 42014),
        ({**BUTTONS, "task_id": "有中文"}, 42014),
        ({**BUTTONS, "task_id": "t" * 129}, 42014),
        ({**BUTTONS, "main_title": {}}, 40063),
        ({**BUTTONS, "button_list": []}, 40063),
        ({**BUTTONS, "button_list": [{"text": "好", "key": "k"}] * 7}, 40058),
        ({**BUTTONS, "button_list": [{"key": "k"}]}, 42020),
        ({**BUTTONS, "button_list": [{"text": "好"}]}, 42019),
        ({**BUTTONS, "button_list": [{"text": "好", "key": "键" * 342}]}, 42018),
        ({**BUTTONS, "button_list": [{"text": "好", "type": 1}]}, 40063),
        ({**BUTTONS, "horizontal_content_list": [{"keyname": "k"}] * 7}, 40058),
        ({**NOTICE, "card_action": {"type": 3}}, 40058),
        ({**NOTICE, "card_action": None}, 40063),
        ({**NOTICE, "jump_list": [{}] * 4}, 40058),
        ({**NOTICE, "action_menu": {"action_list": [SUBMIT]}}, 42014),
        ({**NOTICE, "action_menu": {"action_list": [SUBMIT] * 4}, "task_id": "t"}, 40058),
        ({**NOTICE, "card_type": "news_notice"}, 40063),
        ({"card_type": "vote_interaction", "task_id": "v", "main_title": {"title": "t"}, "submit_button": SUBMIT,
          "checkbox": {"question_key": "q", "option_list": OPTIONS * 21}}, 40058),
        ({"card_type": "multiple_interaction", "task_id": "m", "submit_button": SUBMIT,
          "select_list": [{"question_key": "q", "option_list": [{"id": "i" * 129, "text": "t"}]}]}, 40058),
        ({"card_type": "smoke"}, 40058),
    ],
)  # fmt: skip
def test_a_card_that_lacks_something_is_refused(content: Json, errcode: int) -> None:
    corp = Corp()

    assert corp.post(SEND, card(content))["errcode"] == errcode
    assert not list(corp.simulator.simulation.state.messages)


def test_a_task_id_serves_once_for_an_app_unless_the_request_is_a_known_duplicate() -> None:
    corp = Corp()
    body = card(BUTTONS, enable_duplicate_check=1)

    replies = [corp.post(SEND, body) for _ in range(2)]
    corp.advance(HOUR)

    assert replies[0]["response_code"] == replies[1]["response_code"]
    assert corp.post(SEND, body)["errcode"] == 42014


def test_an_app_without_a_callback_url_sends_no_card_that_can_be_answered() -> None:
    corp = with_second_app()

    codes = [
        corp.post(SEND, {**card(content), "agentid": 9}, secret="second-secret")["errcode"]
        for content in (BUTTONS, NOTICE)
    ]

    assert codes == [43012, 0]


def test_a_response_code_changes_the_card_once_for_those_named() -> None:
    corp = Corp()
    code = corp.post(SEND, card(BUTTONS))["response_code"]

    reply = corp.post(UPDATE, change(code, userids=["RM_A", "Rm_C"]))

    (message,) = corp.simulator.simulation.state.messages
    assert (reply["errcode"], reply["invaliduser"]) == (0, ["rm_c"])
    assert [(update.receivers, update.content) for update in message.updates] == [
        (["rm_a"], {"button": {"replace_name": "已同意"}})
    ]
    assert corp.post(UPDATE, change(code))["errcode"] == 42022


def test_a_whole_card_replaces_that_of_a_department_or_of_all() -> None:
    corp = Corp()
    codes = [corp.post(SEND, card({**BUTTONS, "task_id": name}, "rm_b|rm_c"))["response_code"] for name in "ab"]
    everyone = {"agentid": 1000002, "template_card": NOTICE}

    corp.post(UPDATE, {**everyone, "response_code": codes[0], "partyids": [20]})
    corp.post(UPDATE, {**everyone, "response_code": codes[1], "atall": 1})

    changed = [update.receivers for message in corp.simulator.simulation.state.messages for update in message.updates]
    assert changed == [["rm_c"], ["rm_b", "rm_c"]]


def test_a_change_that_is_refused_leaves_the_code_unused() -> None:
    corp = with_second_app()
    code = corp.post(SEND, card(BUTTONS))["response_code"]
    second = {"secret": "second-secret"}

    refused = [
        corp.post(UPDATE, change(code, agentid=9))["errcode"],
        corp.post(UPDATE, change(code, agentid=9), **second)["errcode"],
        corp.post(UPDATE, change("unknown"))["errcode"],
        corp.post(UPDATE, change(code, userids=["rm_c"]))["errcode"],
        corp.post(UPDATE, change(code, userids=[]))["errcode"],
        corp.post(UPDATE, change(code, button=None))["errcode"],
    ]

    assert refused == [301002, 42015, 40058, 81013, 40063, 40063]
    assert corp.post(UPDATE, change(code))["errcode"] == 0


def test_a_response_code_dies_after_72_hours_and_with_its_message() -> None:
    corp = Corp()
    code = corp.post(SEND, card(BUTTONS))["response_code"]
    recalled = corp.post(SEND, card({**BUTTONS, "task_id": "other"}))

    corp.post(RECALL, {"msgid": recalled["msgid"]})
    after_recall = corp.post(UPDATE, change(recalled["response_code"]))["errcode"]
    corp.advance(3 * DAY + 1)

    assert (after_recall, corp.post(UPDATE, change(code))["errcode"]) == (40058, 40058)
