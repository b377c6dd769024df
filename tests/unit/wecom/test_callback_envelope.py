from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrm.wecom.envelope import MAX_BODY_BYTES, MalformedBodyError, encrypted_text, message_fields

BOMB = (
    '<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol">'
    + "".join(f'<!ENTITY lol{n} "{f"&lol{n - 1 if n else str()};" * 10}">' for n in range(1, 10))
    + "]><xml><Encrypt>&lol9;</Encrypt></xml>"
)
EXTERNAL = '<!DOCTYPE xml [<!ENTITY x SYSTEM "file:///etc/passwd">]><xml><Encrypt>&x;</Encrypt></xml>'


@pytest.mark.parametrize(
    "body",
    [
        "<xml><Encrypt><![CDATA[AbC+/=]]></Encrypt></xml>",
        "<xml><Encrypt>AbC+/=</Encrypt></xml>",
        "<xml><ToUserName>ww</ToUserName>\n<Encrypt>\n  <![CDATA[ AbC+/= ]]>\n</Encrypt>\n<AgentID>1</AgentID></xml>",
        '<?xml version="1.0" encoding="UTF-8"?>\n<xml><Encrypt>AbC+/=</Encrypt></xml>\n',
    ],
)
def test_encrypted_text_is_found_and_stripped(body: str) -> None:
    assert encrypted_text(body.encode()) == "AbC+/="


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{}",
        "<xml></xml>",
        "<xml><Encrypt></Encrypt></xml>",
        "<xml><Encrypt><![CDATA[  ]]></Encrypt></xml>",
        "<xml></Encrypt>AbC<Encrypt></xml>",
        "<html><Encrypt>AbC</Encrypt></html>",
        "<xml><Encrypt>客户</Encrypt></xml>",
        BOMB,
        EXTERNAL,
        " " * 300 + "<xml><Encrypt>AbC</Encrypt></xml>",
    ],
)
def test_body_that_is_no_envelope_is_refused(body: str) -> None:
    with pytest.raises(MalformedBodyError, match="envelope"):
        encrypted_text(body.encode())


def test_body_over_the_limit_is_refused_before_it_is_read() -> None:
    with pytest.raises(MalformedBodyError, match="too_large"):
        encrypted_text(b"x" * (MAX_BODY_BYTES + 1))


@pytest.mark.parametrize("message", [BOMB, EXTERNAL, "", "text", "<xml>", "<xml><A>&lol;</A></xml>", "<xml></XML>"])
def test_message_with_a_document_type_or_no_xml_is_refused(message: str) -> None:
    with pytest.raises(MalformedBodyError, match="message"):
        message_fields(message.encode())


def test_doctype_inside_a_text_is_a_text() -> None:
    fields = message_fields(b"<xml><Name><![CDATA[<!DOCTYPE x [<!ENTITY y 'z'>]>&y;]]></Name></xml>")

    assert fields == {"Name": "<!DOCTYPE x [<!ENTITY y 'z'>]>&y;"}


def test_texts_lists_and_parts_keep_their_shape() -> None:
    fields = message_fields(
        b"<xml><CreateTime>1760000000</CreateTime><Event><![CDATA[x]]></Event><Empty></Empty>"
        b"<MemChangeList><Item>a</Item><Item><![CDATA[b]]></Item></MemChangeList>"
        b"<ExtAttr><Item><Name>n</Name><Text><Value>v</Value></Text></Item></ExtAttr><Twice>1</Twice><Twice>2</Twice></xml>"
    )

    assert fields == {
        "CreateTime": "1760000000",
        "Event": "x",
        "Empty": "",
        "MemChangeList": ["a", "b"],
        "ExtAttr": [{"Name": "n", "Text": {"Value": "v"}}],
        "Twice": ["1", "2"],
    }


def outcome[Source](read: Callable[[Source], Any], source: Source) -> Any:
    """What ``read`` gives, or the error that it may raise; any other error is the test's."""
    try:
        return read(source)
    except MalformedBodyError as error:
        return error


@given(
    st.binary(max_size=300) | st.text(max_size=300).map(lambda text: f"<xml><Encrypt>{text}</Encrypt></xml>".encode())
)
def test_any_body_yields_a_stripped_text_or_a_refusal(body: bytes) -> None:
    found = outcome(encrypted_text, body)

    assert isinstance(found, MalformedBodyError) or (
        found and found.isascii() and found.encode() == found.encode().strip()
    )


@given(
    st.text(max_size=200).map(lambda text: f"<xml>{text}</xml>".encode())
    | st.binary().map(lambda raw: b"<xml>%b</xml>" % raw)
)
def test_any_message_yields_fields_or_a_refusal(message: bytes) -> None:
    assert isinstance(outcome(message_fields, message), dict | MalformedBodyError)
