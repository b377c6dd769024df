"""The simulator's own sealing, against the vectors of section 2.5, and the XML of section 3."""

from urllib.parse import parse_qs
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.simulator.crypto import EncodingAesKeyError, decrypt, encrypt, seal, seal_echo, signature
from local.simulator.events import Event, inner_xml

from .builders import AES_KEY, CORP_ID, TOKEN

RECEIVER = "wx5823bf96d3bd56c7"
D2_MESSAGE = b"""<xml>
<MsgType><![CDATA[text]]></MsgType>
<Content><![CDATA[test]]></Content>
<FromUserName><![CDATA[wx49f0ab532d5d035a]]></FromUserName>
<ToUserName><![CDATA[messense]]></ToUserName>
<AgentID>1</AgentID>
<CreateTime>1411525903</CreateTime>
</xml>"""


@pytest.mark.parametrize(
    ("message", "encrypted", "signed"),
    [
        (
            b"A" * 26,
            "sKqRbbiSUnDhFHOvPjtUMSY0kKMJACXmUsdvggAlOWACHrYvL7ZZ57832oUEaSRZXhRz6zPbpE7uRuxBavqFwVtjnhXa998zjENLpmXFC6f"
            "pvF+B2F0F1NcPQ5DnKeVL",
            "94e4755bffa9399f6e097e5a3701cb296ef22bc3",
        ),
        (
            "客户客户客户".encode(),
            "sKqRbbiSUnDhFHOvPjtUMTcP6CPuyZ/9l7ZIxUMqHUf62vqRPECDEBhqqjbJvnVooDQK5IlIbWoSNxq0dbw/Ig==",
            "bd2c318fad15321b7693f188081e3e3ee106daff",
        ),
        (
            b"",
            "sKqRbbiSUnDhFHOvPjtUMU5qwF3QTRQT35ZLQKNzkIFzNtEiqzhRA2bjiTq/aLNxdb+TySor6nIW5pigQ2NbKg==",
            "d2043ce3fe2b774bf608a77b4f4d74990ca1a637",
        ),
    ],
)
def test_edge_vectors_are_met_byte_for_byte(message: bytes, encrypted: str, signed: str) -> None:
    assert encrypt(AES_KEY, message, RECEIVER, b"0123456789abcdef") == encrypted
    assert signature(TOKEN, "1700000000", "nonce-0002", encrypted) == signed


def test_the_deterministic_vector_of_wechatpy_is_met() -> None:
    encrypted = encrypt(
        "kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR", D2_MESSAGE, "wx49f0ab532d5d035a", b"1234567890123456"
    )

    assert encrypted.startswith("9s4gMv99m88kKTh/H8IdkOiMg6bisoy3ypwy9H4hvSPe9nsGaqyw5hhSjdYbcrKk")
    assert signature("123456", "1411525903", "461056294", encrypted) == "407518b7649e86ef23978113f92d27afa9296533"


def test_the_official_url_check_vector_opens() -> None:
    echo = "P9nAzCzyDtyTWESHep1vC5X9xho/qYX3Zpb4yKa9SKld1DsH3Iyt3tP3zNdtp+4RPcs8TgAE7OaBO+FZXvnaqQ=="

    assert signature(TOKEN, "1409659589", "263014780", echo) == "5c45ff5e21c57e6ad56bac8758b79b1d9ac89fd3"
    assert decrypt(AES_KEY, echo) == (b"1616140317555161061", RECEIVER)


@given(st.binary(max_size=300))
def test_what_is_sealed_opens_and_its_signature_holds(message: bytes) -> None:
    sealed = seal(TOKEN, AES_KEY, message, receive_id=CORP_ID, agent_id=1, now=1_700_000_000.5)

    query = {name: values[0] for name, values in parse_qs(sealed.query).items()}
    encrypted = ElementTree.fromstring(sealed.body).findtext("Encrypt") or ""
    assert query["timestamp"] == "1700000000"
    assert query["msg_signature"] == signature(TOKEN, query["timestamp"], query["nonce"], encrypted)
    assert decrypt(AES_KEY, encrypted) == (message, CORP_ID)


def test_a_url_check_carries_an_encrypted_echo() -> None:
    query = parse_qs(seal_echo(TOKEN, AES_KEY, b"123", receive_id=CORP_ID, now=1.0))

    assert decrypt(AES_KEY, query["echostr"][0]) == (b"123", CORP_ID)


@pytest.mark.parametrize("key", ["", "a" * 42, "a" * 44, "a" * 42 + "=", "a" * 42 + "$"])
def test_bad_keys_are_refused(key: str) -> None:
    with pytest.raises(EncodingAesKeyError):
        encrypt(key, b"", RECEIVER)


def test_an_event_is_written_as_in_the_papers() -> None:
    event = Event(
        "change_external_contact",
        "del_external_contact",
        {"UserID": "rm_wang", "ExternalUserID": "wmA1", "Source": "DELETE_BY_TRANSFER"},
    )

    assert inner_xml(event, "wwSIMCORP", 1760000000) == (
        b"<xml><ToUserName><![CDATA[wwSIMCORP]]></ToUserName><FromUserName><![CDATA[sys]]></FromUserName>"
        b"<CreateTime>1760000000</CreateTime><MsgType><![CDATA[event]]></MsgType>"
        b"<Event><![CDATA[change_external_contact]]></Event><ChangeType><![CDATA[del_external_contact]]></ChangeType>"
        b"<UserID><![CDATA[rm_wang]]></UserID><ExternalUserID><![CDATA[wmA1]]></ExternalUserID>"
        b"<Source><![CDATA[DELETE_BY_TRANSFER]]></Source></xml>"
    )


def test_lists_become_items_numbers_stay_bare_and_nesting_is_kept() -> None:
    event = Event(
        "change_external_chat",
        "update",
        {
            "JoinScene": 3,
            "MemChangeList": ["wm1", "rm_a"],
            "ExtAttr": [{"Name": "工号", "Type": 0, "Text": {"Value": "A1"}}],
        },
    )

    xml = inner_xml(event, CORP_ID, 1).decode()

    assert "<JoinScene>3</JoinScene>" in xml
    assert "<MemChangeList><Item><![CDATA[wm1]]></Item><Item><![CDATA[rm_a]]></Item></MemChangeList>" in xml
    assert "<ExtAttr><Item><Name><![CDATA[工号]]></Name><Type>0</Type><Text><Value><![CDATA[A1]]></Value>" in xml


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=40))
def test_any_text_survives_the_xml(text: str) -> None:
    xml = inner_xml(Event("e", "c", {"Name": f"{text}]]>"}), CORP_ID, 1).decode()

    assert ElementTree.fromstring(xml).findtext("Name") in {f"{text}]]>", f"{text}]]>".replace("\r", "\n")}
