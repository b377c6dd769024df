"""Archived messages of every kind that WeCom documents, and of kinds that it does not."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrm.archive import message as messages
from scrm.archive.message import MessageKind, Party, PartyKind

FILE = {"md5sum": "0123456789ABCDEF0123456789abcdef", "filesize": 20480, "sdkfileid": "SDKF"}


def sent(wire_kind: str, /, **more: Any) -> dict[str, Any]:
    """A message as the library gives it, from a member to a customer."""
    return {
        "msgid": "m_1763000000123_external",
        "action": "send",
        "from": "RM_Li",
        "tolist": ["wmA1"],
        "roomid": "",
        "msgtime": 1763000000123,
        "msgtype": wire_kind,
        **more,
    }


def packed(**body: Any) -> str:
    return json.dumps(body, ensure_ascii=False)


# One of every kind: (message, what a person reads, kinds of the files it names).
KINDS: list[tuple[dict[str, Any], tuple[str, ...], tuple[str, ...]]] = [
    (sent("text", text={"content": "您好"}), ("您好",), ()),
    (sent("image", image=FILE), (), ("image",)),
    (sent("revoke", action="recall", revoke={"pre_msgid": "m0"}), (), ()),
    (sent("agree", agree={"userid": "wmA1", "agree_time": 1763000000123}), (), ()),
    (sent("disagree", disagree={"userid": "wmA1", "disagree_time": 1763000000123}), (), ()),
    (sent("voice", voice={"md5sum": "0", "voice_size": 6000, "play_length": 5, "sdkfileid": "S"}), (), ("voice",)),
    (sent("video", video={**FILE, "play_length": 12}), (), ("video",)),
    (sent("card", card={"corpname": "示例银行", "userid": "rm_wu"}), ("示例银行",), ()),
    (
        sent("location", location={"longitude": 1.5, "latitude": 2, "address": "福田", "title": "网点", "zoom": 15}),
        ("网点", "福田"),
        (),
    ),
    (sent("emotion", emotion={"type": 2, "imagesize": 3000, "md5sum": "0", "sdkfileid": "S"}), (), ("emotion",)),
    (sent("file", file={**FILE, "filename": "合同.pdf", "fileext": "PDF"}), ("合同.pdf",), ("file",)),
    (
        sent(
            "link", link={"title": "新品", "description": "理财", "link_url": "https://bank.example", "image_url": "i"}
        ),
        ("新品", "理财", "https://bank.example"),
        (),
    ),
    (
        sent("weapp", weapp={"title": "转账", "description": "d", "displayname": "手机银行"}),
        ("手机银行", "转账", "d"),
        (),
    ),
    (
        sent(
            "chatrecord",
            chatrecord={
                "title": "聊天记录",
                "item": [
                    {"type": "ChatRecordText", "msgtime": 1763000000, "content": packed(content="保本吗")},
                    {"type": "ChatRecordImage", "msgtime": 1763000000, "content": packed(**FILE)},
                    {
                        "type": "ChatRecordMixed",
                        "content": packed(item=[{"type": "text", "content": packed(content="内层")}]),
                    },
                ],
            },
        ),
        ("聊天记录", "保本吗", "内层"),
        ("image",),
    ),
    (sent("todo", todo={"title": "来源", "content": "回访"}), ("来源", "回访"), ()),
    (sent("vote", vote={"votetitle": "时间", "voteitem": ["周一", "周二"]}), ("时间", "周一", "周二"), ()),
    (sent("vote", votetitle="时间", voteitem=["周一"], votetype=101, voteid="v1"), ("时间", "周一"), ()),
    (
        sent("collect", collect={"title": "表", "details": [{"id": 1, "ques": "姓名", "type": "Text"}]}),
        ("表", "姓名"),
        (),
    ),
    (sent("redpacket", redpacket={"type": 1, "wish": "恭喜", "totalamount": 100}), ("恭喜",), ()),
    (sent("external_redpacket", redpacket={"type": 1, "wish": "恭喜", "totalcnt": 1}), ("恭喜",), ()),
    (sent("meeting", meeting={"topic": "周会", "address": "", "remarks": "", "meetingid": 2**60}), ("周会",), ()),
    (
        sent(
            "meeting_notification", info={"meeting_id": 6 * 10**18, "content": "已结束"}, time="2025-11-13 10:00:00:123"
        ),
        ("已结束",),
        (),
    ),
    (sent("docmsg", doc={"title": "纪要", "doc_creator": "rm_li", "link_url": "https://d"}), ("纪要", "https://d"), ()),
    (sent("markdown", info={"content": "**提醒**"}), ("**提醒**",), ()),
    (sent("news", info={"item": [{"title": "t", "description": "d", "url": "u", "picurl": "p"}]}), ("t", "d", "u"), ()),
    (sent("calendar", calendar={"title": "拜访", "creatorname": "小李", "place": "", "remarks": ""}), ("拜访",), ()),
    (
        sent(
            "mixed",
            mixed={
                "item": [
                    {"type": "text", "content": packed(content="看图")},
                    {"type": "image", "content": packed(**FILE)},
                ]
            },
        ),
        ("看图",),
        ("image",),
    ),
    (
        sent("meeting_voice_call", voiceid="gr1", meeting_voice_call={"endtime": 1763000100, "sdkfileid": "S"}),
        (),
        ("meeting_voice_call",),
    ),
    (
        sent("voip_doc_share", voipid="gr2", voip_doc_share={"filename": "a.pdf", "filesize": 4000, "sdkfileid": "S"}),
        ("a.pdf",),
        ("voip_doc_share",),
    ),
    (sent("sphfeed", sphfeed={"feed_type": "4", "sph_name": "号", "feed_desc": "述"}), ("号", "述"), ()),
    (sent("voiptext", info={"callduration": 9, "invitetype": 2}), (), ()),
    (sent("qydiskfile", info={"filename": "a.xlsx", "url": "https://d"}), ("a.xlsx", "https://d"), ()),
    (sent("solitaire", info={"solitaire_type": 101, "solitaire_content": "#接龙"}), ("#接龙",), ()),
    (sent("note", info={"items": [{"msg_type": "text", "content": packed(content="笔记")}]}), ("笔记",), ()),
    ({"msgid": "m", "action": "switch", "time": 1763000000123, "user": "rm_li"}, (), ()),
]


@pytest.mark.parametrize(
    ("raw", "texts", "files"), KINDS, ids=[f"{n}-{each[0].get('msgtype')}" for n, each in enumerate(KINDS)]
)
def test_every_kind_is_known_and_what_a_person_reads_is_found(
    raw: dict[str, Any], texts: tuple[str, ...], files: tuple[str, ...]
) -> None:
    message = messages.read(raw)

    assert message.kind is MessageKind(raw.get("msgtype", "switch"))
    assert message.texts == texts
    assert tuple(media.kind for media in message.media) == files
    assert message.sent_at_ms == 1763000000123
    assert message.sender == Party(PartyKind.MEMBER, "rm_li")


def test_the_samples_hold_every_kind_but_the_unknown() -> None:
    assert {messages.read(raw).kind for raw, _, _ in KINDS} == set(MessageKind) - {MessageKind.UNKNOWN}


def test_a_recall_names_what_it_takes_back() -> None:
    assert messages.read(sent("revoke", action="recall", revoke={"pre_msgid": "m0"})).recalls == "m0"


def test_a_file_is_described_for_its_download_and_its_secret_is_not_printed() -> None:
    (file,) = messages.read(sent("file", file={**FILE, "filename": "合同.pdf", "fileext": "PDF"})).media

    assert (file.part, file.md5, file.size, file.extension) == (0, "0123456789abcdef0123456789abcdef", 20480, "pdf")
    assert file.sdk_file_id == "SDKF"
    assert "SDKF" not in repr(file)


def test_files_are_counted_in_the_order_of_reading() -> None:
    two = {"item": [{"type": "image", "content": packed(**FILE)}, {"type": "file", "content": packed(**FILE)}]}

    assert [(each.part, each.kind) for each in messages.read(sent("mixed", mixed=two)).media] == [
        (0, "image"),
        (1, "file"),
    ]


def test_both_directions_of_two_people_are_one_conversation_and_a_group_is_its_room() -> None:
    there = messages.read(sent("text", text={"content": "a"}))
    back = messages.read({**sent("text", text={"content": "b"}), "from": "wmA1", "tolist": ["rm_li"]})
    group = messages.read({**sent("text", text={"content": "c"}), "roomid": "wrR1"})
    other_sender = messages.read({**sent("text", text={"content": "d"}), "from": "wmB2", "roomid": "wrR1"})

    assert there.conversation_id == back.conversation_id != group.conversation_id
    assert group.conversation_id == other_sender.conversation_id


def test_customers_members_and_robots_are_told_apart() -> None:
    message = messages.read(sent("text", text={"content": "a"}) | {"tolist": ["wmA1", "woB2", "wbC3", "RM_Wu"]})

    assert [party.kind for party in message.recipients] == [
        PartyKind.CUSTOMER,
        PartyKind.CUSTOMER,
        PartyKind.ROBOT,
        PartyKind.MEMBER,
    ]
    assert message.has_customer


def test_a_time_of_zero_is_no_time() -> None:
    assert messages.read(sent("image", image=FILE, msgtime=0)).sent_at_ms is None


def test_an_unknown_kind_is_kept_with_all_its_texts_and_files_but_never_its_secret() -> None:
    raw = sent("hologram", hologram={"caption": "保本", "shape": {"label": "稳赚"}, **FILE})

    message = messages.read(raw)

    assert (message.kind, message.wire_kind) == (MessageKind.UNKNOWN, "hologram")
    assert message.texts == ("保本", "稳赚")
    assert [media.sdk_file_id for media in message.media] == ["SDKF"]


def test_a_forwarded_item_of_an_unknown_kind_is_read_too() -> None:
    record = {"title": "记录", "item": [{"type": "ChatRecordHologram", "content": packed(caption="保本")}]}

    assert messages.read(sent("chatrecord", chatrecord=record)).texts == ("记录", "保本")


def test_content_that_is_not_the_json_it_should_be_is_read_as_a_text() -> None:
    record = {"title": "", "item": [{"type": "ChatRecordText", "content": "{broken"}]}

    assert messages.read(sent("chatrecord", chatrecord=record)).texts == ("{broken",)


def test_records_inside_records_are_opened_to_a_depth_and_not_beyond() -> None:
    inner = packed(content="底")
    for _ in range(11):  # each level escapes the one below, so the text doubles
        inner = packed(title="层", item=[{"type": "ChatRecordChatRecord", "content": inner}])

    texts = messages.read(sent("chatrecord", chatrecord=json.loads(inner))).texts

    assert len(texts) == 9


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
BODY_FIELDS = ("item", "items", "details", "content", "title", "type", "msg_type", "sdkfileid", "voteitem", "fileext")
BODIES = st.dictionaries(st.sampled_from(BODY_FIELDS), JSON_VALUES, max_size=5)


@given(kind=st.sampled_from([*MessageKind]), body=BODIES | JSON_VALUES, envelope=BODIES, people=JSON_VALUES)
def test_no_message_is_so_strange_that_it_cannot_be_read(
    kind: MessageKind, body: Any, envelope: Any, people: Any
) -> None:
    names = {kind.value, "info", "redpacket", "doc"}
    raw = {
        **envelope,
        **dict.fromkeys(names, body),
        "msgtype": kind.value,
        "from": people,
        "tolist": people,
        "msgtime": people,
    }

    message = messages.read(raw)

    assert all(isinstance(text, str) and text for text in message.texts)
    assert [media.part for media in message.media] == list(range(len(message.media)))
