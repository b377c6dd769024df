"""A flat and plain message is read without the parser, and exactly as the parser reads it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrm.wecom import envelope
from scrm.wecom.envelope import MAX_BODY_BYTES, MalformedBodyError, message_fields

_NAMES = st.sampled_from(["Event", "UserID", "State", "a", "xml", "Item_1"])
_TEXTS = st.text(st.sampled_from("ab 0<>&]['\"!-/\t\r\n\x00\x7f\u00e9\u5ba2\uffff"), max_size=8)
_ELEMENTS = st.builds(
    lambda name, text, end, form: form.format(name=name, text=text, end=end),
    _NAMES,
    _TEXTS,
    st.just("") | st.just("x"),
    st.sampled_from(["<{name}><![CDATA[{text}]]></{name}{end}>", "<{name}>{text}</{name}>", "<{name}/>", "{text}"]),
)
_MESSAGES = st.lists(_ELEMENTS, max_size=5).map(lambda elements: f"<xml>{''.join(elements)}</xml>".encode())


@given(_MESSAGES)
def test_the_way_past_the_parser_finds_what_the_parser_finds(message: bytes) -> None:
    flat = envelope._flat_fields(message)

    assert flat is None or flat == envelope._parsed_fields(message)


def test_an_event_takes_it() -> None:
    message = b"<xml><Event><![CDATA[a <b> &c; d]]></Event><CreateTime>1700000000</CreateTime><State></State></xml>"

    found = envelope._flat_fields(message)

    assert found == {"Event": "a <b> &c; d", "CreateTime": "1700000000", "State": ""}
    assert found == envelope._parsed_fields(message)


@pytest.mark.parametrize(
    "message",
    [
        b"<xml></xml>",
        b"<xml><a>&lt;</a></xml>",
        b"<xml><a>1</a>\n<b>2</b></xml>",
        b"<xml><a>1</a><a>2</a></xml>",
        b"<xml><a><Item>1</Item></a></xml>",
        b"<xml><a x='1'>1</a></xml>",
        b"<?xml version='1.0'?><xml><a>1</a></xml>",
        "<xml><a>\u5ba2</a></xml>".encode(),
    ],
)
def test_what_is_not_flat_and_plain_is_left_to_the_parser(message: bytes) -> None:
    assert envelope._flat_fields(message) is None
    assert message_fields(message) == envelope._parsed_fields(message)


@pytest.mark.parametrize("unit", [b"<a>", b"<a></a>", b"<a><![CDATA[", b"a", b"<a></b>"])
def test_a_long_message_that_almost_fits_is_refused_or_read(unit: bytes) -> None:
    message = b"<xml>" + unit * (MAX_BODY_BYTES // len(unit)) + b"</xm>"

    with pytest.raises(MalformedBodyError):
        message_fields(message)
