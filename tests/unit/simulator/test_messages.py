"""Application messages (message/send)."""

from typing import Any

import pytest

from .builders import DAY, HOUR, Corp, Json

SEND = "message/send"


def text(touser: str, content: str = "您有一位待接替客户", **more: Any) -> Json:
    return {"touser": touser, "msgtype": "text", "agentid": 1000002, "text": {"content": content}, **more}


def received(corp: Corp) -> list[list[str]]:
    return [message.receivers for message in corp.simulator.simulation.state.messages]


def test_a_message_reaches_its_members_and_names_the_unknown_in_lower_case() -> None:
    corp = Corp()

    reply = corp.post(SEND, text("RM_A|Ghost|rm_b"))

    assert (reply["errcode"], reply["invaliduser"]) == (0, "ghost")
    assert reply["msgid"]
    assert received(corp) == [["rm_a", "rm_b"]]


def test_departments_and_everybody_are_expanded() -> None:
    corp = Corp()

    corp.post(SEND, {**text(""), "toparty": "20|99"})
    corp.post(SEND, text("@all"))

    assert received(corp) == [["rm_c"], ["rm_a", "rm_b", "rm_c"]]


@pytest.mark.parametrize(
    ("body", "errcode"),
    [
        (text("ghost"), 81013),
        (text(""), 40063),
        ({**text("rm_a"), "agentid": 7}, 301002),
        (text("rm_a", content=""), 44004),
        ({**text("rm_a"), "msgtype": "smoke"}, 40008),
        (text("|".join(f"u{n}" for n in range(1001))), 40058),
        ({"touser": "rm_a", "agentid": 1000002, "msgtype": "textcard", "textcard": {"title": "t"}}, 40063),
        ({"touser": "rm_a", "agentid": 1000002, "msgtype": "news", "news": {"articles": [{}] * 9}}, 40058),
        ({"touser": "rm_a", "agentid": 1000002, "msgtype": "template_card", "template_card": {}}, 40058),
    ],
)
def test_bad_messages_are_refused(body: Json, errcode: int) -> None:
    assert Corp().post(SEND, body)["errcode"] == errcode


def test_a_card_with_all_it_needs_is_sent() -> None:
    corp = Corp()
    card = {"title": "客户接替", "description": "请在 24 小时内确认", "url": "https://example.invalid/c"}

    reply = corp.post(SEND, {"touser": "rm_a", "agentid": 1000002, "msgtype": "textcard", "textcard": card})

    assert reply["errcode"] == 0


def test_over_long_text_is_cut_by_bytes_between_characters() -> None:
    corp = Corp()

    corp.post(SEND, text("rm_a", content="客" * 1000))

    (message,) = corp.simulator.simulation.state.messages
    assert message.content["content"] == "客" * 682


def test_more_than_30_a_minute_to_one_member_are_dropped_in_silence() -> None:
    corp = Corp()

    codes = {corp.post(SEND, text("rm_a", content=str(n)))["errcode"] for n in range(31)}
    corp.advance(60)
    corp.post(SEND, text("rm_a"))

    assert codes == {0}
    assert received(corp)[29:] == [["rm_a"], [], ["rm_a"]]


def test_accounts_times_200_a_day_and_no_more() -> None:
    corp = Corp()
    corp.simulator.simulation.world.departed.clear()
    for n in range(200):
        assert corp.post(SEND, text("rm_a|rm_b|rm_c", content=str(n)))["errcode"] == 0
        corp.advance(60)

    assert corp.post(SEND, text("rm_a"))["errcode"] == 45009
    corp.advance(DAY)
    assert corp.post(SEND, text("rm_a"))["errcode"] == 0


def test_the_same_request_within_the_interval_is_sent_once() -> None:
    corp = Corp()
    body = text("rm_a", enable_duplicate_check=1, duplicate_check_interval=HOUR)

    first, second = corp.post(SEND, body)["msgid"], corp.post(SEND, body)["msgid"]
    corp.advance(HOUR + 1)
    third = corp.post(SEND, body)["msgid"]

    assert first == second != third
    assert len(received(corp)) == 2


def test_what_a_member_was_sent_is_kept_with_its_content_and_what_was_spared_them() -> None:
    corp = Corp()
    card = {"title": "客户承接", "description": "您有 12 位客户待承接", "url": "https://scrm.example/c/1"}
    digest = {
        "touser": "rm_a|rm_b", "agentid": 1000002, "msgtype": "textcard", "textcard": card, "enable_duplicate_check": 1,
    }  # fmt: skip
    for n in range(30):
        corp.post(SEND, text("rm_b", content=str(n)))
    for _ in range(3):
        corp.post(SEND, digest)

    (message,) = corp.simulator.simulation.state.messages.of_member("RM_A")

    assert (message.msgtype, message.content) == ("textcard", card)
    assert (message.receivers, message.dropped) == (["rm_a"], ["rm_b"])
    assert len(message.duplicates) == 2


def test_the_limit_of_a_member_follows_their_rename() -> None:
    corp = Corp()
    for n in range(30):
        corp.post(SEND, text("rm_a", content=str(n)))

    corp.simulator.actions.rename_userid("rm_a", "rm_x")
    corp.post(SEND, text("rm_x"))

    assert received(corp)[-1] == []
